// Locks that git has left half merged.
#include "compiler/lock/join_lock.h"

#include <catch2/catch.hpp>

namespace {

using chain::Diagnostics;
using chain::SourceMap;
using chain::lock::conflict_line;
using chain::lock::join_lock;
using chain::lock::Joined;
using chain::lock::Lock;
using chain::lock::Remote;
using chain::lock::write_lock;

chain::lock::Released released(char digit) {
  return {
      .kind = "prompt", .content = std::string(64, digit), .signature = std::string(64, 'a'), .callees = {}};
}

/// As git leaves two texts that have a beginning and an end in common.
std::string conflict(const std::string& ours, const std::string& theirs) {
  size_t begin = 0, end = 0;
  while (begin < std::min(ours.size(), theirs.size()) && ours[begin] == theirs[begin]) ++begin;
  begin = ours.rfind('\n', begin == 0 ? 0 : begin - 1) + 1;
  while (end < std::min(ours.size(), theirs.size()) - begin &&
         ours[ours.size() - 1 - end] == theirs[theirs.size() - 1 - end])
    ++end;
  end = ours.size() - ours.find('\n', ours.size() - end) - 1;
  return ours.substr(0, begin) + "<<<<<<< HEAD\n" + ours.substr(begin, ours.size() - end - begin) +
         "||||||| base\nof no interest\n=======\n" + theirs.substr(begin, theirs.size() - end - begin) +
         ">>>>>>> topic\n" + ours.substr(ours.size() - end);
}

struct Outcome {
  std::optional<Joined> joined;
  std::string message;
};

Outcome join(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  Outcome outcome;
  outcome.joined = join_lock(sources, sources.add("chain.lock", text), diagnostics);
  CHECK(outcome.joined.has_value() != diagnostics.has_errors());
  if (diagnostics.has_errors()) outcome.message = diagnostics.sorted().front()->message;
  return outcome;
}

}  // namespace

TEST_CASE("what either side released stays released") {
  Lock ours, theirs;
  ours.released["a.chain:both@1.0"] = theirs.released["a.chain:both@1.0"] = released('0');
  ours.released["a.chain:more@1.0"] = released('1');
  theirs.released["a.chain:most@1.0"] = released('2');
  const std::string text = conflict(write_lock(ours), write_lock(theirs));
  CHECK(conflict_line(text) > 1);
  CHECK(conflict_line(write_lock(ours)) == 0);
  const Outcome outcome = join(text);
  REQUIRE(outcome.joined);
  CHECK(outcome.joined->lock.released.size() == 3);
  CHECK(outcome.joined->others.empty());
}

TEST_CASE("one version with two contents is left to the sources, and data is found again") {
  Lock ours, theirs;
  ours.released["a.chain:p@1.0"] = released('1');
  theirs.released["a.chain:p@1.0"] = released('2');
  ours.data["a.chain:i"] = {"index", std::string(64, '3')};
  theirs.data["a.chain:i"] = {"index", std::string(64, '4')};
  const Outcome outcome = join(conflict(write_lock(ours), write_lock(theirs)));
  REQUIRE(outcome.joined);
  CHECK(outcome.joined->lock.released.at("a.chain:p@1.0") == released('1'));
  CHECK(outcome.joined->others.at("a.chain:p@1.0") == released('2'));
  CHECK(outcome.joined->lock.data.empty());
}

TEST_CASE("two descriptions of one tool have to be settled by pinning") {
  const auto with = [](const std::string& description) {
    Lock lock;
    Remote tool{.kind = "mcp", .description = description, .input = "{}"};
    tool.hash = hash_of(tool);
    lock.remote["a.chain:shop.find"] = tool;
    return write_lock(lock);
  };
  CHECK(join(conflict(with("one"), with("two"))).message.find("pin the server again") != std::string::npos);
}

TEST_CASE("a side that is no lock is said") {
  CHECK_FALSE(join("<<<<<<< HEAD\n{\n=======\n}\n>>>>>>> topic\n").joined);
  CHECK_FALSE(join("<<<<<<< ").joined);
  CHECK_FALSE(join("<<<<<<< a\n<<<<<<< b\n=======\n=======\n").joined);
}
