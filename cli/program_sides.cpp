#include "cli/program_sides.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/output.h"
#include "cli/report.h"
#include "cli/target.h"
#include "compiler/versions/release.h"

namespace chain::cli {
namespace {

namespace fs = std::filesystem;

/// The label of a part is its kind and its name in backquotes.
void add_part(Side& side, const graph::ContentPart& part, const SourceMap& sources) {
  const size_t quote = part.label.find(" `");
  if (quote == std::string::npos) return;  // its own text
  Declared declared;
  declared.kind = part.label.substr(0, quote);
  declared.name = part.label.substr(quote + 2, part.label.rfind('`') - quote - 2);
  declared.title = declared.name;
  declared.text = sources.text(part.span);
  declared.hash = part.hash;
  side.declared.emplace(declared.kind + ' ' + declared.title, std::move(declared));
}

void add_content(Side& side, const graph::Content& content, const Checked& checked) {
  Declared declared;
  declared.kind = content.kind;
  declared.title = versions::parse_key(content.key).shown();
  declared.name = content.name;
  declared.version = content.version;
  declared.text = checked.sources.text(content.parts.front().span);
  declared.hash = content.parts.front().hash;
  declared.content = content.content;
  declared.interface = content.interface;
  for (const graph::Chain& chain : checked.module->chains) {
    if (chain.span == content.span) declared.artifact = chain.artifact;
  }
  for (const std::string& callee : content.callees)
    declared.callees.push_back(versions::parse_key(callee).shown());
  for (const graph::ContentPart& part : content.parts) {
    declared.parts[part.label] = part.hash;
    add_part(side, part, checked.sources);
  }
  const std::string key = declared.kind + ' ' + declared.title;
  side.declared.insert_or_assign(key, std::move(declared));
}

bool add_file(Side& side, const Repository* repository, const std::string& commit, const std::string& path) {
  const auto checked = checked_at(repository, commit, path);
  if (!checked) {
    say_error(fmt::format("there is no `{}` in `{}`", path, side.what));
    return false;
  }
  if (!checked->module) {
    say_error(fmt::format("`{}` is wrong in `{}`:", path, side.what));
    report(checked->diagnostics, checked->sources);
    return false;
  }
  add_to(side, *checked);
  return true;
}

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if ((name.starts_with('.') || name == "node_modules") && entry->is_directory(ignored))
      entry.disable_recursion_pending();
    if (name.ends_with(".chain") && entry->is_regular_file(ignored)) files.push_back(entry->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool add_all(Side& side, const Repository* repository, const std::string& commit,
             const std::vector<std::string>& files) {
  if (files.empty()) say_error(fmt::format("there is no `.chain` file in `{}`", side.what));
  bool good = !files.empty();
  for (const std::string& file : files) good = add_file(side, repository, commit, file) && good;
  return good;
}

/// "REV" or "REV:PATH", relative to the working directory.
std::optional<Side> of_revision(const std::string& word, std::string& only) {
  const auto repository = Repository::of(".");
  const size_t colon = word.find(':');
  const std::string revision = word.substr(0, colon);
  const auto commit = repository ? repository->commit(revision.empty() ? "HEAD" : revision) : std::nullopt;
  if (!commit) {
    say_error(repository
                  ? fmt::format("`{}` is no file, no folder and no revision of git", word)
                  : fmt::format("`{}` is no file and no folder, and this is no repository of git", word));
    return std::nullopt;
  }
  Side side{.what = word};
  const std::string path = colon == std::string::npos ? "." : word.substr(colon + 1);
  const Target target = split_target(path);
  only = target.name;
  const std::string file = target.name.empty() ? path : target.file;
  const bool good = file.ends_with(".chain")
                        ? add_file(side, &*repository, *commit, file)
                        : add_all(side, &*repository, *commit, repository->files(*commit, file, ".chain"));
  return good ? std::optional(std::move(side)) : std::nullopt;
}

}  // namespace

void add_to(Side& side, const Checked& checked) {
  for (const graph::Content& content : checked.module->contents) {
    if (!content.key.starts_with("std.") && !content.parts.empty()) add_content(side, content, checked);
  }
  for (const program::Model& model : checked.module->models)
    side.models.emplace(model.name, ModelState{model.provider, model.id, model.options_json});
  for (const graph::Resource& resource : checked.module->resources)
    side.resources.emplace(resource.kind + ' ' + resource.name,
                           ModelState{resource.provider.name, "", resource.provider.options_json});
}

std::optional<Side> side_of(const std::string& word, std::string& only) {
  std::error_code error;
  const Target target = split_target(word);
  if (fs::is_directory(word, error)) {
    Side side{.what = word};
    return add_all(side, nullptr, {}, files_in(word)) ? std::optional(std::move(side)) : std::nullopt;
  }
  if (fs::exists(target.file, error)) {
    only = target.name;
    Side side{.what = word};
    return add_file(side, nullptr, {}, target.file) ? std::optional(std::move(side)) : std::nullopt;
  }
  return of_revision(word, only);
}

}  // namespace chain::cli
