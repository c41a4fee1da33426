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
  for (const Passed& each : found.skipped) sink.skipped(each.path, each.why, each.is_folder());
  if (found.files.empty() && sink.has_some()) {
    sink.skipped(quoted_list(from.patterns), "no file matches any more, and what was there is dropped",
                 false);
  } else if (found.files.empty()) {
    error = "no file matches " + quoted_list(from.patterns) + " under the project's folder";
    if (!found.skipped.empty())
      error += " that can be read; `" + found.skipped.front().path + "`: " + found.skipped.front().why;
    return false;
  }
  uint64_t done = 0;
  for (const std::string& path : found.files) {
    if (around.stop != nullptr && *around.stop) break;
    load_file(path, around, sink);
    sink.progress(++done, found.files.size());
  }
  return true;
}

}  // namespace chain::documents
