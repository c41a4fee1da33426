// `chain diff A [B]`: what has changed between two states of a program, in the language's terms.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/output.h"
#include "cli/program_difference.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"

namespace chain::cli {
namespace {

struct Words {
  std::string before, now;
};

/// "REV.." and "REV..REV", and what a missing second word means.
Words words_of(const std::vector<std::string>& given) {
  if (given.size() == 2) return {given[0], given[1]};
  const std::string& only = given[0];
  if (const size_t dots = only.find("..");
      dots != std::string::npos && dots > 0 && only[dots - 1] != '/' && only.find(':') > dots) {
    const std::string now = only.substr(dots + 2);
    return {only.substr(0, dots), now.empty() ? "." : now};
  }
  const size_t colon = only.find(':');  // REV:FILE, against the file as it is
  return {only, colon == std::string::npos ? "." : only.substr(colon + 1)};
}

/// The declaration called `name`, or `name@1.0`; of several versions the highest. Null, with all said, if
/// there is none.
const Declared* chosen(const Side& side, const std::string& name) {
  const Declared* found = nullptr;
  std::vector<std::string_view> names;
  for (const auto& [key, declared] : side.declared) {
    names.push_back(declared.title);
    const bool alike = declared.title == name || declared.name == name;
    if (alike && (!found || found->version < declared.version)) found = &declared;
  }
  if (!found) usage_error("diff", fmt::format("`{}` has no `{}`{}", side.what, name, meant(name, names)));
  return found;
}

std::optional<ProgramDifference> difference_of(const Words& words, int& exit) {
  std::string first, second;
  const std::optional<Side> before = side_of(words.before, first);
  exit = kWrongFile;
  if (!before) return std::nullopt;
  // A name with a version alone is one of the same file.
  const bool same_file = !first.empty() && words.now.find(".chain") == std::string::npos;
  if (same_file) second = words.now;
  const std::optional<Side> now = same_file ? *before : side_of(words.now, second);
  if (!now) return std::nullopt;
  if (first.empty() && second.empty()) return difference(*before, *now);
  const Declared* one = chosen(*before, first.empty() ? second : first);
  const Declared* other = one ? chosen(*now, second.empty() ? first : second) : nullptr;
  exit = kUsage;
  if (!one || !other) return std::nullopt;
  return difference(*one, *before, *other, *now);
}

}  // namespace

int diff(Arguments arguments) {
  CLI::App app(
      "Says what has changed between two states of a program: versions (`FILE:name@1.0 name@1.1`), files, "
      "folders, "
      "and revisions of git (`main..`, `HEAD~1:FILE`).",
      "chain diff");
  std::vector<std::string> given;
  bool json = false, markdown = false;
  app.add_option("states", given, "what to compare; with one alone, with what is there now")
      ->required()
      ->expected(1, 2)
      ->option_text("A [B]");
  auto* as_object = app.add_flag("--json", json, "print one JSON object");
  app.add_flag("--markdown", markdown, "print Markdown, for a pull request")->excludes(as_object);
  if (const auto code = read_options(app, arguments)) return *code;
  int exit = kOk;
  const auto difference = difference_of(words_of(given), exit);
  if (!difference) return exit;
  const bool written = json       ? answer_json(as_json(*difference))
                       : markdown ? answer_text(as_markdown(*difference))
                                  : answer_text(as_text(*difference));
  return written ? kOk : kFailed;
}

}  // namespace chain::cli
