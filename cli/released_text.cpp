#include "cli/released_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>

#include "cli/line_difference.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "compiler/driver/compile.h"
#include "compiler/versions/release.h"

namespace chain::cli {
namespace {

constexpr size_t kMostCommits = 8;  // that are looked into for one version
constexpr size_t kAround = 1;       // lines around a change

using versions::Finding;
using versions::Verdict;

std::map<std::string, std::string> texts_of(const graph::Content& content, const SourceMap& sources) {
  std::map<std::string, std::string> texts;
  for (const graph::ContentPart& part : content.parts) texts[part.label] = sources.text(part.span);
  return texts;
}

const graph::Content* content_of(const Checked& checked, const std::string& key) {
  if (!checked.module) return nullptr;
  const auto found = std::ranges::find(checked.module->contents, key, &graph::Content::key);
  return found == checked.module->contents.end() ? nullptr : &*found;
}

/// The commits in which the lock came to hold a hash, the oldest first, and then the newest of all.
std::vector<std::string> commits_of(const Repository& repository, const std::string& lock,
                                    const std::string& hash) {
  std::vector<std::string> commits;
  std::string ignored;
  const auto log = repository.ask(
      {"log", "--format=%H", "--no-textconv", "--no-ext-diff", "-S" + hash, "--", repository.inside(lock)},
      ignored);
  for (size_t at = 0; log && at < log->size();) {
    const size_t end = std::min(log->find('\n', at), log->size());
    commits.insert(commits.begin(), log->substr(at, end - at));
    at = end + 1;
  }
  if (const auto head = repository.commit("HEAD")) commits.push_back(*head);
  if (commits.size() > kMostCommits) commits.resize(kMostCommits);
  return commits;
}

/// The texts of a version as it was released; nothing if git does not have them.
std::optional<std::map<std::string, std::string>> released_texts(const std::string& path,
                                                                 const std::string& lock,
                                                                 const std::string& key,
                                                                 const std::string& hash) {
  const auto repository = Repository::of(std::filesystem::path(lock).parent_path().string());
  if (!repository) return std::nullopt;
  for (const std::string& commit : commits_of(*repository, lock, hash)) {
    const auto checked = checked_at(&*repository, commit, path);
    const graph::Content* content = checked ? content_of(*checked, key) : nullptr;
    if (content && content->content == hash) return texts_of(*content, checked->sources);
  }
  return std::nullopt;
}

std::string changes(const std::map<std::string, std::string>& before,
                    const std::map<std::string, std::string>& now, const std::vector<std::string>& parts,
                    const std::string& name) {
  std::string text;
  const auto text_of = [](const std::map<std::string, std::string>& texts, const std::string& label) {
    const auto found = texts.find(label);
    return found == texts.end() ? std::string() : found->second;
  };
  for (const std::string& label : parts) {
    fmt::format_to(std::back_inserter(text), "{}, {}:\n", name, label);
    for (const LineDifference& line : line_differences(text_of(before, label), text_of(now, label), kAround))
      fmt::format_to(std::back_inserter(text), "  {}{}\n", line.mark, one_line(line.text));
  }
  return text;
}

}  // namespace

std::optional<Checked> checked_at(const Repository* repository, const std::string& commit,
                                  const std::string& path) {
  Checked checked;
  driver::CompileOptions options{.tests = false, .transform = false, .contents = true, .released = false};
  if (repository) {
    if (!repository->file(commit, path)) return std::nullopt;
    options.read = [&](const std::string& wanted) { return repository->file(commit, wanted); };
  }
  checked.module = driver::compile_graph(path, checked.sources, checked.diagnostics, options);
  return checked;
}

void show_released_changes(const std::string& path, std::set<std::string>& shown) {
  const auto now = checked_at(nullptr, {}, path);
  const std::string lock_path = driver::lock_path(path);
  SourceMap sources;
  Diagnostics ignored;
  std::string error;
  auto text = read_file(lock_path, error);
  const auto lock =
      text ? lock::read_lock(sources, sources.add(lock_path, *std::move(text)), ignored) : std::nullopt;
  if (!now || !now->module || !lock) return;
  for (const Finding& finding : versions::judge(lock->released, now->module->contents)) {
    const graph::Content& content = *finding.content;
    if (finding.verdict != Verdict::Changed || !shown.insert(content.key).second) continue;
    const std::string& hash = lock->released.at(content.key).content;
    const auto before = released_texts(path, lock_path, content.key, hash);
    const std::string name = versions::parse_key(content.key).shown();
    if (before) {
      say(changes(*before, texts_of(content, now->sources), finding.parts, name));
    } else {
      say(fmt::format("{}: git does not have the text that was released, so no difference can be shown\n",
                      name));
    }
  }
}

}  // namespace chain::cli
