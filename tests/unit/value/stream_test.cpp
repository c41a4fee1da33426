// Replies that come in pieces: snapshots on the way, the same value at the end, and work that grows with the
// size alone.
#include <catch2/catch.hpp>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/value/json.h"
#include "runtime/value/reply_parser.h"
#include "tests/unit/value/type_maker.h"

using namespace chain;
using namespace chain::value;
using program::TypeId;

namespace {

struct Sample {
  program::TypeTable types;
  TypeId colour = test::make_enum(types, "Colour", {"RED", "BLUE"});
  TypeId leaf = test::make_record(types, "Leaf", {{"name", types.string_type}, {"colour", colour}});
  TypeId other = test::make_record(types, "Other", {{"size", types.int_type}});
  TypeId either = types.union_of({leaf, other});
  TypeId root = test::make_record(types, "Root",
                                  {{"title", types.string_type},
                                   {"score", types.float_type},
                                   {"items", types.list_of(either)},
                                   {"notes", types.map_of(types.string_type)},
                                   {"last", types.optional_of(leaf)}});
};

constexpr const char* kReply = R"(Here it is:
```json
{
  title: "A "quoted" title\n with \u00e9, 한국어 and \\ more",
  "Score": "93%",
  "items": [{"name": 'one', "colour": "red"}, {"size": 5}, {name: two, colour: BLUE},
            {"name": """
              block
            """, "colour": "Blue"}],
  "notes": {"k": "v", "l": text without quotes},
  "last": {"name": "end", "colour": "RED",},
}
```)";

struct Outcome {
  std::string json;
  uint64_t steps = 0;
};

Outcome read(const program::TypeTable& types, TypeId type, std::string_view reply, size_t piece,
             bool snapshots) {
  const ReplyPlan plan(types, type);
  ReplyParser parser(plan);
  for (size_t at = 0; at < reply.size(); at += piece) {
    parser.feed(reply.substr(at, piece));
    if (snapshots) (void)parser.partial(true);
  }
  Arena arena;
  std::vector<std::byte> out(types[type].size + 8);
  Outcome outcome;
  const ReplyResult result = parser.finish(arena, out.data());
  if (result.ok)
    write_json(types, type, out.data(), outcome.json);
  else
    outcome.json = "error: " + result.complaint;
  outcome.steps = parser.steps();
  return outcome;
}

/// The work for three sizes must grow no faster than they do, up to a tenth.
void require_linear(const program::TypeTable& types, TypeId type, const char* what,
                    const std::function<std::string(size_t)>& make, size_t piece = SIZE_MAX) {
  INFO(what);
  const size_t sizes[] = {10'000, 40'000, 160'000};
  double per_byte[3];
  for (int i = 0; i < 3; ++i) {
    const std::string reply = make(sizes[i]);
    per_byte[i] = static_cast<double>(read(types, type, reply, piece, piece != SIZE_MAX).steps) /
                  static_cast<double>(reply.size());
  }
  CHECK(per_byte[1] < per_byte[0] * 1.1 + 1);
  CHECK(per_byte[2] < per_byte[1] * 1.1 + 1);
  CHECK(per_byte[2] < 400);
}

std::string repeat(std::string_view what, size_t size) {
  std::string text;
  while (text.size() < size) text += what;
  return text;
}

}  // namespace

TEST_CASE("a reply reads the same however it is cut") {
  Sample sample;
  const std::string whole = read(sample.types, sample.root, kReply, SIZE_MAX, false).json;
  CHECK(whole ==
        R"({"title": "A \"quoted\" title\n with é, 한국어 and \\ more", "score": 0.93, )"
        R"("items": [{"name": "one", "colour": "RED"}, {"size": 5}, {"name": "two", "colour": "BLUE"}, )"
        R"({"name": "block", "colour": "BLUE"}], "notes": {"k": "v", "l": "text without quotes"}, )"
        R"("last": {"name": "end", "colour": "RED"}})");
  for (size_t piece : {1, 2, 3, 7, 20, 64})
    CHECK(read(sample.types, sample.root, kReply, piece, true).json == whole);
}

TEST_CASE("every snapshot is JSON, and that of a reply in pieces is that of its beginning at once") {
  Sample sample;
  const ReplyPlan plan(sample.types, sample.root);
  ReplyParser pieces(plan);
  std::string before;
  const std::string_view reply = kReply;
  for (size_t end = 1; end <= reply.size(); ++end) {
    pieces.feed(reply.substr(end - 1, 1));
    const PartialReply partial = pieces.partial(true);
    ReplyParser once(plan);
    once.feed(reply.substr(0, end));
    INFO(reply.substr(0, end));
    const auto streamed = nlohmann::json::parse(partial.json.empty() ? "null" : partial.json, nullptr, false);
    REQUIRE_FALSE(streamed.is_discarded());
    const std::string_view at_once = once.partial(true).json;
    REQUIRE(streamed == nlohmann::json::parse(at_once.empty() ? "null" : at_once));
    REQUIRE(partial.unchanged <= std::min(before.size(), partial.json.size()));
    REQUIRE(before.substr(0, partial.unchanged) == partial.json.substr(0, partial.unchanged));
    before = partial.json;
  }
  const std::string whole = read(sample.types, sample.root, kReply, SIZE_MAX, false).json;
  CHECK(nlohmann::json::parse(before) == nlohmann::json::parse(whole));
}

TEST_CASE("scalars appear when they are complete, text as it grows if that is wanted") {
  Sample sample;
  const ReplyPlan plan(sample.types, sample.root);
  ReplyParser parser(plan);
  CHECK(parser.partial(true).json.empty());
  parser.feed(R"({"title": "Hel)");
  CHECK(parser.partial(true).json ==
        R"({"title": "Hel", "score": null, "items": [], "notes": {}, "last": null})");
  parser.feed(R"(lo", "score": 0.)");
  CHECK(parser.partial(true).json ==
        R"({"title": "Hello", "score": null, "items": [], "notes": {}, "last": null})");
  parser.feed(R"(5, "items": [{"name": "a)");
  CHECK(
      parser.partial(false).json ==
      R"({"title": "Hello", "score": 0.5, "items": [{"name": null, "colour": null}], "notes": {}, "last": null})");
}

TEST_CASE("a scalar that breaks its `where` does not appear") {
  struct Refuse : ConstraintCheck {
    bool holds(const program::Constraint&, TypeId, const void*) override { return false; }
  } refuse;
  program::TypeTable types;
  const TypeId type = test::make_record(types, "R", {{"a", types.int_type}, {"b", types.int_type}});
  types[type].fields[0].constraints = {{{}, "it > 1"}};
  const ReplyPlan plan(types, type);
  ReplyParser parser(plan);
  parser.feed(R"({"a": 1, "b": 2, )");
  CHECK(parser.partial(true, &refuse).json == R"({"a": null, "b": 2})");
}

TEST_CASE("text streams as a JSON string without half characters") {
  program::TypeTable types;
  const ReplyPlan plan(types, types.string_type);
  ReplyParser parser(plan);
  parser.feed("say \"h\xc3");
  CHECK(parser.partial(true).json == R"("say \"h")");
  parser.feed("\xa9");
  const PartialReply partial = parser.partial(true);
  CHECK(partial.json == R"("say \"hé")");
  CHECK(partial.unchanged == 8);
}

TEST_CASE("a parser can be used again") {
  Sample sample;
  const ReplyPlan plan(sample.types, sample.other);
  ReplyParser parser(plan);
  for (const char* reply : {"{\"size\": 1}", "```\n{size: 2", "{\"size\": 3}"}) {
    parser.reset();
    parser.feed(reply);
    (void)parser.partial(true);
    Arena arena;
    std::byte out[64];
    CHECK(parser.finish(arena, out).ok);
  }
}

TEST_CASE("work grows with the size of the reply alone") {
  Sample sample;
  program::TypeTable& types = sample.types;
  const TypeId list = types.list_of(sample.root);
  const std::string one = R"({"title": "x", "score": 1, "items": [{"size": 5}], "notes": {"a": "b"}},)";
  require_linear(types, list, "valid", [&](size_t n) { return "[" + repeat(one, n) + "]"; });
  require_linear(types, list, "cut off", [&](size_t n) { return "[" + repeat(one, n) + "{\"title"; });
  require_linear(types, list, "broken", [&](size_t n) {
    return "[" + repeat("{title: 'it's \"x\"', Score: 90%, items: [{size: '5'},], notes: {}}\n", n);
  });
  require_linear(types, list, "streamed", [&](size_t n) { return "[" + repeat(one, n) + "]"; }, 20);
  require_linear(types, list, "bytes", [&](size_t n) { return "[" + repeat(one, n) + "]"; }, 1);
}

TEST_CASE("work stays linear for replies that are made to be slow") {
  Sample sample;
  program::TypeTable& types = sample.types;
  const TypeId node = test::make_record(types, "Node", {{"a", types.int_type}});
  const TypeId tree = types.union_of({node, types.int_type, types.list_of(node), sample.root});
  types[node].fields.push_back({"next", "", "", types.optional_of(tree), 0, {}, ""});
  types.layout_record(node);
  const std::pair<const char*, std::string> repeated[] = {
      {"brackets", "["},         {"braces", "{"},
      {"pairs", "{}"},           {"mixed", "[{"},
      {"quotes", "\""},          {"apostrophes", "'"},
      {"backticks", "`"},        {"fences", "```\n"},
      {"quote comma", "\","},    {"nested", "{\"next\": "},
      {"nested lists", "[[1],"}, {"inner quotes", "\"a\" b "},
      {"key", "{\"k\": \"v\" "}, {"spaces", "\" "},
      {"comment", "{/* "},       {"colons", ":"},
      {"commas", ",,"},          {"lines", "a\n"},
      {"backslashes", "\\"},     {"words", "{a: b c, d e, "},
      {"escapes", "\\\"{"},      {"json in text", "\"{\\\"a\\\": 1}\", "},
      {"numbers", "1,000 "}};
  for (const auto& [what, text] : repeated) {
    for (const char* before : {"", "{\"next\": ", "{\"next\": \"", "[\"", "{a: ", "[a"}) {
      const std::string name = std::string(what) + " after " + before;
      require_linear(types, tree, name.c_str(), [&](size_t n) { return before + repeat(text, n); });
      require_linear(types, tree, name.c_str(), [&](size_t n) { return before + repeat(text, n); }, 20);
    }
  }
  require_linear(types, tree, "a long key", [&](size_t n) { return "{\"" + std::string(n, 'k') + "\": 1}"; });
  require_linear(
      types, tree, "a long bare key", [&](size_t n) { return "{" + std::string(n, 'k') + ": 1}"; }, 20);
  require_linear(types, tree, "an open comment", [&](size_t n) { return "{/*" + std::string(n, '*'); }, 20);
  require_linear(
      types, tree, "a quote and spaces", [&](size_t n) { return "{\"a\": \"x\"" + std::string(n, ' '); }, 20);
}

TEST_CASE("a union of thousands of records is chosen from in one pass") {
  program::TypeTable types;
  std::vector<TypeId> members;
  for (int i = 0; i < 2'000; ++i) {
    members.push_back(
        test::make_record(types, "R" + std::to_string(i), {{"f" + std::to_string(i), types.int_type}}));
  }
  const TypeId type = types.union_of(members);
  CHECK(read(types, type, R"({"f1999": 5})", 4, true).json == R"({"f1999": 5})");
}
