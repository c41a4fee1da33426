#include "cli/git.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "runtime/process/environment.h"
#include "runtime/process/process.h"
#include "runtime/sched/event_loop.h"

namespace chain::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostBytes = size_t{64} << 20;
constexpr int64_t kPatience = 60'000'000'000;  // nanoseconds

/// Collects what a program prints, until it ends.
class Answer final : public process::Listener {
 public:
  explicit Answer(EventLoop& loop) : loop_(loop) {}

  void wrote(std::string_view bytes) override {
    too_much = too_much || out.size() + bytes.size() > kMostBytes;
    if (!too_much) out += bytes;
  }
  void wrote_error(std::string_view bytes) override { errors += bytes; }
  void ended(process::Ended how) override {
    code = how.code;
    loop_.stop();
  }

  std::string out, errors;
  int code = -1;
  bool too_much = false;

 private:
  EventLoop& loop_;
};

std::optional<std::string> run_git(const std::string& folder, std::vector<std::string> words,
                                   std::string& error) {
  process::Settings settings;
  // Nothing of the repository's own configuration is run on the way.
  settings.arguments = {"git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "--no-pager"};
  settings.arguments.insert(settings.arguments.end(), words.begin(), words.end());
  settings.environment = process::environment_with({{"GIT_OPTIONAL_LOCKS", "0"}, {"LC_ALL", "C"}});
  settings.folder = folder;
  EventLoop loop;
  Answer answer(loop);
  const auto process = process::start(loop, std::move(settings), answer, error);
  if (!process) return std::nullopt;
  process->close_input();
  loop.after(kPatience, [&] { loop.stop(); });
  loop.run();
  if (answer.code == 0 && !answer.too_much) return std::move(answer.out);
  error = answer.too_much ? "it printed more than 64 MiB" : std::move(answer.errors);
  while (error.ends_with('\n')) error.pop_back();
  if (error.empty()) error = fmt::format("it ended with code {}", answer.code);
  return std::nullopt;
}

std::string first_line(std::string text) {
  text.resize(std::min(text.find('\n'), text.size()));
  return text;
}

std::string resolved(const std::string& path) {
  std::error_code error;
  return fs::weakly_canonical(fs::absolute(path, error), error).lexically_normal().string();
}

}  // namespace

std::optional<Repository> Repository::of(const std::string& folder) {
  std::string ignored;
  const auto top = run_git(folder.empty() ? "." : folder, {"rev-parse", "--show-toplevel"}, ignored);
  if (!top) return std::nullopt;
  Repository repository;
  repository.top_ = resolved(first_line(*top));
  return repository;
}

std::optional<std::string> Repository::ask(std::vector<std::string> words, std::string& error) const {
  return run_git(top_, std::move(words), error);
}

std::optional<std::string> Repository::commit(const std::string& revision) const {
  std::string ignored;
  const auto name =
      ask({"rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"}, ignored);
  return name ? std::optional(first_line(*name)) : std::nullopt;
}

std::string Repository::inside(const std::string& path) const {
  const std::string relative = fs::path(resolved(path)).lexically_relative(top_).string();
  return relative.starts_with("..") ? std::string() : relative;
}

std::optional<std::string> Repository::file(const std::string& commit, const std::string& path) const {
  const std::string relative = inside(path);
  std::string ignored;
  return relative.empty() ? std::nullopt : ask({"cat-file", "blob", commit + ':' + relative}, ignored);
}

std::vector<std::string> Repository::files(const std::string& commit, const std::string& folder,
                                           const std::string& ending) const {
  std::vector<std::string> paths;
  std::string ignored;
  const std::string under = inside(folder);
  const auto listed = ask({"ls-tree", "-r", "-z", "--name-only", commit}, ignored);
  if (!listed) return paths;
  for (size_t at = 0; at < listed->size();) {
    const size_t end = std::min(listed->find('\0', at), listed->size());
    const std::string name = listed->substr(at, end - at);
    at = end + 1;
    if (name.ends_with(ending) && (under.empty() || under == "." || name.starts_with(under + '/')))
      paths.push_back((fs::path(top_) / name).string());
  }
  return paths;
}

}  // namespace chain::cli
