// `chain log FILE:NAME`: the history of one prompt, chain, tool or agent through git.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <iterator>

#include "cli/git.h"
#include "cli/output.h"
#include "cli/program_difference.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"

namespace chain::cli {
namespace {

struct Commit {
  std::string id, day, author, subject;
};

/// Those in which some `.chain` file or the lock has changed, the newest first.
std::optional<std::vector<Commit>> commits_of(const Repository& repository, std::string& error) {
  const auto log = repository.ask({"log", "--first-parent", "--date=short", "--format=%H%x1f%ad%x1f%an%x1f%s",
                                   "--", "*.chain", "*.schema.json"},
                                  error);
  if (!log) return std::nullopt;
  std::vector<Commit> commits;
  for (size_t at = 0; at < log->size();) {
    const size_t end = std::min(log->find('\n', at), log->size());
    std::string line = log->substr(at, end - at);
    at = end + 1;
    std::vector<std::string> fields(4);
    for (size_t i = 0; i < 3; ++i) {
      const size_t mark = std::min(line.find('\x1f'), line.size());
      fields[i] = line.substr(0, mark);
      line.erase(0, std::min(mark + 1, line.size()));
    }
    fields[3] = line;
    commits.push_back({fields[0], fields[1], fields[2], fields[3]});
  }
  return commits;
}

/// A file at one commit, with what it declares; nothing in it if it was not there, or was wrong.
Side side_at(const Repository& repository, const std::string& commit, const std::string& file) {
  Side side{.what = commit};
  const auto checked = checked_at(&repository, commit, file);
  if (checked && checked->module) add_to(side, *checked);
  return side;
}

const Declared* newest(const Side& side, const std::string& name) {
  const Declared* found = nullptr;
  for (const auto& [key, declared] : side.declared) {
    const bool alike = !declared.interface.empty() && (declared.title == name || declared.name == name);
    if (alike && (!found || found->version < declared.version)) found = &declared;
  }
  return found;
}

std::string entry(const Commit& commit, const Declared* before, const Side& in, const Declared* now,
                  const Side& with) {
  std::string text = one_line(fmt::format("{} {} {}  {}", commit.id.substr(0, 10), commit.day, commit.author,
                                          commit.subject)) +
                     '\n';
  if (!before) return text + fmt::format("+ {} {}\n\n", now->kind, now->title);
  if (!now) return text + fmt::format("- {} {}\n\n", before->kind, before->title);
  return text + as_text(difference(*before, in, *now, with)) + '\n';
}

int show(const Repository& repository, const Target& target, size_t most) {
  std::string error;
  const auto commits = commits_of(repository, error);
  if (!commits) return say_error("git: " + error), kFailed;
  size_t shown = 0;
  bool known = false;
  Side now = commits->empty() ? Side() : side_at(repository, commits->front().id, target.file);
  for (size_t i = 0; i < commits->size() && shown < most; ++i) {
    Side before = i + 1 < commits->size() ? side_at(repository, (*commits)[i + 1].id, target.file) : Side();
    const Declared* first = newest(before, target.name);
    const Declared* second = newest(now, target.name);
    known = known || first || second;
    const bool same = first && second && first->content == second->content && first->title == second->title;
    if (!same && (first || second)) {
      if (!answer_text(entry((*commits)[i], first, before, second, now))) return kFailed;
      ++shown;
    }
    now = std::move(before);
  }
  if (known) return kOk;
  return usage_error("log", fmt::format("git has no `{}` in `{}`", target.name, target.file));
}

}  // namespace

int log(Arguments arguments) {
  CLI::App app(
      "Shows how one prompt, chain, tool or agent has changed in git, the newest commit first: its versions, "
      "what "
      "callers see, and its words.",
      "chain log");
  std::string word;
  size_t most = 20;
  app.add_option("target", word, "a file, a colon and a name: `support.chain:classify`")
      ->required()
      ->option_text("FILE:NAME");
  app.add_option("-n,--number", most, "at most so many changes")
      ->capture_default_str()
      ->option_text("N")
      ->check(CLI::Range(size_t{1}, size_t{1'000'000}));
  if (const auto code = read_options(app, arguments)) return *code;
  const Target target = split_target(word);
  if (target.name.empty()) return usage_error("log", missing_name(target, "classify"));
  const auto repository = Repository::of(".");
  if (!repository) return say_error("this is no repository of git, or there is no `git` here"), kFailed;
  return show(*repository, target, most);
}

}  // namespace chain::cli
