// Branches that each release something, and are merged.
#include <catch2/catch.hpp>

#include "tests/histories/repository.h"

namespace {

using chain::testing::Ended;
using chain::testing::Repository;
using chain::testing::support_desk;

const std::string kMain = "support.chain";

std::string prompt(const std::string& name, const std::string& text) {
  return "prompt " + name + "() -> string {\n  model: fast\n  user: \"" + text + "\"\n}\n\n";
}

/// Two branches that release what they are told, each in a part of the file of its own.
void branch(const Repository& repository, const std::string& name, const std::string& before,
            const std::string& text) {
  repository.git({"checkout", "-q", "-b", name, "main"});
  repository.replace(kMain, before, text + before);
  const Ended ended = repository.chain({"lock"});
  INFO(ended.out << ended.err);
  REQUIRE(ended.code == 0);
  repository.commit(name);
}

}  // namespace

TEST_CASE("two branches that release different things are merged by git") {
  const Repository repository(support_desk());
  branch(repository, "first", "/// Decide how", prompt("aaa@1.0", "A."));
  branch(repository, "second", "prompt polish", prompt("often@1.0", "B."));
  repository.git({"merge", "-q", "-m", "both", "first"});
  const Ended ended = repository.chain({"lock", "--check"});
  INFO(ended.out << ended.err);
  CHECK(ended.code == 0);
  CHECK(repository.read("chain.lock").find("aaa@1.0") != std::string::npos);
  CHECK(repository.read("chain.lock").find("often@1.0") != std::string::npos);
}

TEST_CASE("a lock that git leaves half merged is an error, which chain lock mends") {
  const Repository repository(support_desk());
  branch(repository, "first", "/// Decide how", prompt("more@1.0", "A."));
  branch(repository, "second", "prompt polish", prompt("most@1.0", "B."));
  const Ended merged = repository.git({"merge", "-q", "first"}, /*may_fail=*/true);
  REQUIRE(merged.code != 0);
  REQUIRE(repository.read("chain.lock").find("<<<<<<<") != std::string::npos);
  const Ended checked = repository.chain({"check", kMain});
  CHECK(checked.code == 3);
  CHECK(checked.err.find("git has left it half merged") != std::string::npos);
  const Ended joined = repository.chain({"lock"});
  INFO(joined.out << joined.err);
  CHECK(joined.code == 0);
  CHECK(repository.read("chain.lock").find("<<<<<<<") == std::string::npos);
  CHECK(repository.read("chain.lock").find("more@1.0") != std::string::npos);
  CHECK(repository.read("chain.lock").find("most@1.0") != std::string::npos);
  CHECK(repository.chain({"lock", "--check"}).code == 0);
}

TEST_CASE("one version that two branches release differently is taken as the sources have it") {
  const Repository repository(support_desk());
  branch(repository, "first", "prompt polish", prompt("more@1.0", "A."));
  branch(repository, "second", "prompt polish", prompt("more@1.0", "B."));
  const std::string second = repository.read(kMain);
  REQUIRE(repository.git({"merge", "-q", "first"}, /*may_fail=*/true).code != 0);
  repository.write(kMain, second);  // this side's text is kept, the other's becomes the next version
  repository.replace(kMain, "prompt polish", prompt("more@1.1", "A.") + "prompt polish");
  const Ended joined = repository.chain({"lock"});
  INFO(joined.out << joined.err);
  CHECK(joined.code == 0);
  CHECK(repository.chain({"lock", "--check"}).code == 0);
  // A text that neither side had is refused.
  repository.replace(kMain, "user: \"B.\"", "user: \"C.\"");
  CHECK(repository.chain({"lock"}).err.find("E0504") != std::string::npos);
}

TEST_CASE("a caller that one branch releases goes on with what it was released with") {
  const Repository repository(support_desk());
  branch(repository, "first", "tool page",
         "prompt classify@1.1(t: types.Ticket) -> types.Urgency {\n  model: fast\n  user: \"{{ t.body }} {{ "
         "output.format }}\"\n}\n\n");
  branch(repository, "second", "fn shout",
         "chain other@1.0(t: types.Ticket) -> types.Urgency {\n  return classify(t)\n}\n\n");
  repository.git({"merge", "-q", "-m", "both", "first"}, /*may_fail=*/true);
  const Ended ended = repository.chain({"lock"});
  INFO(ended.out << ended.err);
  CHECK(ended.code == 0);
  const std::string lock = repository.read("chain.lock");
  const size_t entry = lock.find("\"support.chain:other@1.0\"");
  REQUIRE(entry != std::string::npos);
  CHECK(lock.substr(entry, lock.find('\n', entry) - entry)
            .find("\"callees\": [\"support.chain:classify@1.0\"]") != std::string::npos);
}
