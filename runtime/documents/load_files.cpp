#include <algorithm>

#include "runtime/access/project_files.h"
#include "runtime/documents/convert.h"
#include "runtime/documents/load.h"
#include "runtime/documents/reading.h"
#include "runtime/documents/walk.h"
#include "runtime/value/digest.h"

namespace chain::documents {
namespace {

std::string quoted_list(const std::vector<std::string>& patterns) {
  std::string list;
  for (const std::string& pattern : patterns) list += (list.empty() ? "`" : ", `") + pattern + "`";
  return list;
}

std::string why_empty(const FromFiles& from, const Walk& found) {
  const bool left_out = found.skipped.empty() && std::ranges::any_of(found.unmatched, &Unmatched::left_out);
  if (left_out)
    return "every file that matches " + quoted_list(from.patterns) + " is left out by `except:` (" +
           quoted_list(from.except) + ')';
  std::string why = "no file matches " + quoted_list(from.patterns) + " under the project's folder";
  if (!found.skipped.empty())
    why += " that can be read; `" + found.skipped.front().path + "`: " + found.skipped.front().why;
  return why;
}

void load_file(const std::string& path, const Surroundings& around, Sink& sink) {
  const Reading reading = read_file(*around.files, path, around.limits.file);
  if (!reading.why.empty()) return sink.skipped(path, reading.why, reading.keep);
  const std::string digest = value::hex(value::sha256(reading.bytes));
  if (sink.known(path, digest)) return;
  convert(
      {.source = path, .bytes = reading.bytes, .digest = digest, .kind = kind_of_path(path), .charset = {}},
      {}, around, sink);
}

}  // namespace

bool load(const FromFiles& from, const Surroundings& around, Sink& sink, std::string& error) {
  if (around.files == nullptr || !around.files->open())
    return error = "the project's folder cannot be read", false;
  const Walk found = walk(*around.files, from.patterns, from.except, around.stop);
  if (around.stop != nullptr && *around.stop) return true;
  for (const Passed& each : found.skipped) sink.skipped(each.path, each.why, each.is_folder());
  if (found.files.empty()) {
    sink.empty();
    error = why_empty(from, found);
    return false;
  }
  for (const Unmatched& each : found.unmatched)
    sink.noted('`' + each.pattern + '`',
               each.left_out ? "all that matches it is left out by `except:`" : "no file matches it");
  uint64_t done = 0;
  for (const std::string& path : found.files) {
    if (around.stop != nullptr && *around.stop) break;
    load_file(path, around, sink);
    sink.progress(++done, found.files.size());
  }
  return true;
}

}  // namespace chain::documents
