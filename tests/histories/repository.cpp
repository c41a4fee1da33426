#include "tests/histories/repository.h"

#include <catch2/catch.hpp>
#include <filesystem>

namespace chain::testing {

namespace fs = std::filesystem;

Repository::Repository(const std::map<std::string, std::string>& project) {
  std::string name = (fs::temp_directory_path() / "chain-history-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  folder_ = fs::canonical(name).string();
  git({"init", "-q", "-b", "main"});
  for (const auto& [file, text] : project) write(file, text);
  const Ended released = chain({"lock"});
  INFO(released.out << released.err);
  REQUIRE(released.code == 0);
  commit("begin");
}

Repository::~Repository() {
  fs::remove_all(folder_);
}

std::string Repository::read(const std::string& file) const {
  return read_file(folder_ + '/' + file);
}

void Repository::write(const std::string& file, const std::string& text) const {
  fs::create_directories(fs::path(folder_ + '/' + file).parent_path());
  write_file(folder_ + '/' + file, text);
}

void Repository::remove(const std::string& file) const {
  fs::remove(folder_ + '/' + file);
}

void Repository::replace(const std::string& file, const std::string& what, const std::string& by) const {
  std::string text = read(file);
  INFO(file << " has no " << what << ":\n" << text);
  const size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  write(file, text.replace(at, what.size(), by));
}

Ended Repository::chain(std::vector<std::string> words) const {
  Command command;
  command.words = std::move(words);
  command.words.insert(command.words.begin(), CHAIN_PROGRAM);
  command.folder = folder_;
  command.environment = {{"CHAIN_CACHE_DIR", folder_ + "/.cache"},
                         {"XDG_STATE_HOME", folder_ + "/.state"},
                         {"XDG_CONFIG_HOME", folder_ + "/.config"},
                         {"GIT_CONFIG_GLOBAL", "/dev/null"},
                         {"GIT_CONFIG_NOSYSTEM", "1"}};
  return run(std::move(command));
}

Ended Repository::git(std::vector<std::string> words, bool may_fail) const {
  Command command;
  command.words = {"git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "core.autocrlf=false"};
  command.words.insert(command.words.end(), words.begin(), words.end());
  command.folder = folder_;
  command.environment = {{"GIT_CONFIG_GLOBAL", "/dev/null"},
                         {"GIT_CONFIG_NOSYSTEM", "1"},
                         {"GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"},
                         {"GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"}};
  Ended ended = run(std::move(command));
  INFO("git " << words.front() << ": " << ended.out << ended.err);
  if (!may_fail) REQUIRE(ended.code == 0);
  return ended;
}

void Repository::commit(const std::string& message) const {
  git({"add", "--all", "--", ":!.cache", ":!.state", ":!.config"});
  git({"commit", "-q", "--allow-empty", "-m", message});
}

const std::map<std::string, std::string>& support_desk() {
  static const std::map<std::string, std::string> kFiles = {
      {"types.chain", R"(/// How soon somebody must look at a ticket.
enum Urgency {
  low "can wait"
  high "an outage"
}

type Ticket {
  /// What the customer wrote.
  body: string
  lang: string = "en"
}

type Reply {
  text: string
  score: float?
}

type Unused {
  x: int
}
)"},
      {"support.chain", R"(import "./types.chain" as types

model fast = baseline()

model smart = baseline()

const LIMIT = 5

fn shout(text: string) -> string {
  return text.upper()
}

template card(t: types.Ticket) = "[{{ t.lang }}] {{ t.body }}"

index handbook = documents("docs/**/*.md")

/// Decide how soon a ticket needs somebody.
prompt classify@1.0(t: types.Ticket) -> types.Urgency {
  model: fast
  system: "You triage, at most {{ LIMIT }}. {{ output.format }}"
  user: "{% include card(t) %}"
}

prompt answer@1.0(t: types.Ticket, tone: string = "plain") -> types.Reply {
  model: smart
  repair: 2
  user: "Answer {{ t.body }} in a {{ tone }} tone. {{ output.format }}"
}

prompt polish(text: string) -> string {
  model: fast
  user: "Polish: {{ text }}"
}

tool page@1.0(id: string) -> bool writes = http.post("https://example.com/page", json: { "id": id })

chain triage@1.0(t: types.Ticket) -> types.Urgency {
  return classify(t)
}

chain reply@1.0(t: types.Ticket) -> string {
  let urgency = classify(t)
  if urgency == high { page(t.lang) }
  let draft = answer(t)
  return polish(shout(draft.text))
}
)"},
      {"docs/returns.md", "# Returns\n\nWithin 30 days.\n"},
  };
  return kFiles;
}

}  // namespace chain::testing
