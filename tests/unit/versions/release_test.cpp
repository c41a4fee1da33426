// Versions of a program against those of its lock.
#include "compiler/versions/release.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/sema/checked.h"

namespace {

using chain::lock::Lock;
using chain::sema::test::check_files;
using chain::versions::entry_of;
using chain::versions::judge;
using chain::versions::parse_key;
using chain::versions::Verdict;

const std::string kMain = R"(model fast = baseline()
model other = baseline()

const LIMIT = 5

prompt classify@1.0(t: string) -> string {
  model: fast
  user: "Classify {{ t }}, at most {{ LIMIT }}."
}

prompt helper(t: string) -> string {
  model: fast
  user: "Help with {{ t }}."
}

chain reply@1.0(t: string) -> string {
  return classify(t) + helper(t)
}
)";

const std::string kNewer = R"(
prompt classify@1.1(t: string) -> string {
  model: fast
  user: "What is {{ t }}?"
}
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  REQUIRE(text.find(what) != std::string::npos);
  return text.replace(text.find(what), what.size(), by);
}

/// The lock that releases all of `text`, whatever it was before.
std::string lock_of(const std::string& text) {
  const auto checked = check_files({{"main.chain", text}});
  INFO(checked.graph());
  REQUIRE(checked.module);
  Lock lock;
  for (const auto& finding : judge({}, checked.module->contents))
    lock.released[finding.content->key] = entry_of(*finding.content);
  return write_lock(lock);
}

std::string messages(const std::string& text, const std::string& lock) {
  std::string all;
  for (const std::string& each : check_files({{"main.chain", text}, {"chain.lock", lock}}).messages())
    all += (all.empty() ? "" : "\n") + each;
  return all;
}

}  // namespace

TEST_CASE("keys") {
  const auto key = parse_key("a/b.chain:classify@2.10");
  CHECK(key.file == "a/b.chain");
  CHECK(key.name == "classify");
  CHECK(key.version == chain::program::Version{2, 10});
  CHECK(key.text() == "a/b.chain:classify@2.10");
  CHECK(parse_key("std.review:critique").version == chain::program::Version{});
  CHECK(parse_key("x@").name == "x");
  CHECK(parse_key("").name.empty());
}

TEST_CASE("what is as it was released is right") {
  CHECK(messages(kMain, lock_of(kMain)).empty());
  CHECK(messages(replaced(kMain, "chain reply", "// a comment\nchain   reply"), lock_of(kMain)).empty());
  CHECK(messages(replaced(kMain, "model: fast\n  user: \"Cla", "model: other\n  user: \"Cla"), lock_of(kMain))
            .empty());
}

TEST_CASE("what has changed is another version") {
  CHECK(messages(replaced(kMain, "Classify {{ t }}", "Sort {{ t }}"), lock_of(kMain)) ==
        "E0504 6:8 `classify@1.0` is released, and since then its own text changed; it is `classify@1.1` "
        "now, a "
        "MINOR one: callers see no difference");
  CHECK(messages(replaced(kMain, "LIMIT = 5", "LIMIT = 6"), lock_of(kMain)) ==
        "E0504 6:8 `classify@1.0` is released, and since then constant `LIMIT` changed; it is `classify@1.1` "
        "now, a "
        "MINOR one: callers see no difference");
  CHECK(messages(replaced(kMain, "Help with", "Aid"), lock_of(kMain)) ==
        "E0504 16:7 `reply@1.0` is released, and since then prompt `helper` changed; it is `reply@1.1` now, "
        "a MINOR "
        "one: callers see no difference");
}

TEST_CASE("a MINOR that would break callers is none") {
  const std::string wrong = kMain + replaced(kNewer, "(t: string)", "(t: string, n: int)") + "\n";
  CHECK(messages(replaced(wrong, "What is {{ t }}", "What is {{ t }} {{ n }}"), lock_of(kMain)) ==
        "E0505 20:8 callers of `classify@1.0` could not call `classify@1.1`; it is `classify@2.0` now, a "
        "MAJOR one: "
        "parameter `n` is new and has no default");
}

TEST_CASE("a released caller goes on with the version it was released with") {
  const std::string both = kMain + kNewer;
  const auto checked = check_files({{"main.chain", both}, {"chain.lock", lock_of(kMain)}});
  REQUIRE(checked.module);
  const auto& contents = checked.module->contents;
  const auto reply = std::ranges::find(contents, "main.chain:reply@1.0", &chain::graph::Content::key);
  REQUIRE(reply != contents.end());
  CHECK(reply->callees == std::vector<std::string>{"main.chain:classify@1.0"});
  // Unreleased, it calls the highest.
  const auto fresh =
      check_files({{"main.chain", replaced(both, "reply@1.0", "reply@1.1")}, {"chain.lock", lock_of(kMain)}});
  REQUIRE(fresh.module);
  const auto& newer = fresh.module->contents;
  const auto other = std::ranges::find(newer, "main.chain:reply@1.1", &chain::graph::Content::key);
  REQUIRE(other != newer.end());
  CHECK(other->callees == std::vector<std::string>{"main.chain:classify@1.1"});
}

TEST_CASE("a version that a released caller was released with cannot go") {
  CHECK(messages(replaced(kMain, "classify@1.0", "classify@1.1"), lock_of(kMain)) ==
        "E0506 16:7 `reply@1.0` is released with `classify@1.0`, which is gone, and now calls "
        "`classify@1.1`; leave "
        "that beside what is newer, or make this `reply@1.1`");
}

TEST_CASE("the lock keeps what a release is compared with") {
  const std::string lock = lock_of(kMain);
  CHECK(lock.find("\"interface\": {") != std::string::npos);
  CHECK(lock.find("\"constant `LIMIT`\": \"") != std::string::npos);
  // Edited by hand, it is no lock.
  CHECK(messages(kMain, replaced(lock, "string", "bytes")).starts_with("E0510"));
}
