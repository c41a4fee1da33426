// Changes between snapshots of a reply: put together they are the snapshots.
#include "runtime/value/partial_changes.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "runtime/value/reply_parser.h"
#include "tests/unit/value/type_maker.h"

using namespace chain;
using namespace chain::value;
using nlohmann::json;
using program::TypeId;

namespace {

/// Without what is not told: nulls, empty lists and maps.
json told(const json& value) {
  if (value.is_object()) {
    json kept = json::object();
    for (const auto& [key, member] : value.items()) {
      if (json inner = told(member); !inner.is_null()) kept[key] = std::move(inner);
    }
    return kept.empty() ? json() : kept;
  }
  if (value.is_array()) {
    json kept = json::array();
    for (const json& element : value) kept.push_back(told(element));
    while (!kept.empty() && kept.back().is_null()) kept.erase(kept.size() - 1);
    return kept.empty() ? json() : kept;
  }
  return value;
}

/// What somebody knows who hears the changes alone.
struct Listener {
  json value;
  size_t heard = 0;  // bytes

  void hear(const std::vector<PartialChange>& changes) {
    for (const PartialChange& change : changes) {
      heard += change.at.size() + change.value.size();
      json* place = &value;
      for (const json& part : json::parse(change.at)) {
        if (part.is_string()) {
          if (!place->is_object()) *place = json::object();
          place = &(*place)[part.get<std::string>()];
        } else {
          if (!place->is_array()) *place = json::array();
          while (place->size() <= part.get<size_t>()) place->push_back(nullptr);
          place = &(*place)[part.get<size_t>()];
        }
      }
      *place = json::parse(change.value);
    }
  }
};

struct Types {
  program::TypeTable types;
  TypeId colour = test::make_enum(types, "Colour", {"RED", "BLUE"});
  TypeId leaf = test::make_record(types, "Leaf", {{"name", types.string_type}, {"colour", colour}});
  TypeId other = test::make_record(types, "Other", {{"name", types.string_type}, {"size", types.int_type}});
  TypeId either = types.union_of({leaf, other});
  TypeId root = test::make_record(types, "Root",
                                  {{"title", types.string_type},
                                   {"score", types.optional_of(types.float_type)},
                                   {"items", types.list_of(either)},
                                   {"notes", types.map_of(types.string_type)},
                                   {"last", types.optional_of(leaf)},
                                   {"grid", types.list_of(types.list_of(types.int_type))}});
};

constexpr const char* kReply = R"(Here it is: ```json
{"title": "A \"quoted\" title, 한국어", "Score": "93%",
 "items": [{"name": "one", "colour": "red"}, {"name": "two", "size": 5}, {"size": 7, "name": 'x, y'}, {name: three, colour: BLUE}],
 "notes": {"a:b": "v", "l": text without quotes, "[0]": ""}, "grid": [[1, 22], [], [333]],
 "last": {"name": "end", "colour": "RED",}}
```)";

/// Feeds the reply in pieces of the sizes that `next` gives, and holds what is heard against each snapshot.
template <class Next>
size_t check_follows(const program::TypeTable& types, TypeId type, std::string_view reply, Next&& next) {
  const ReplyPlan plan(types, type);
  ReplyParser parser(plan);
  PartialChanges changes;
  Listener listener;
  for (size_t at = 0; at < reply.size();) {
    const size_t size = std::min<size_t>(next(), reply.size() - at);
    parser.feed(reply.substr(at, size));
    at += size;
    const PartialReply partial = parser.partial();
    listener.hear(changes.update(partial.json, partial.unchanged));
    const json snapshot = partial.json.empty() ? json() : json::parse(partial.json);
    INFO(reply.substr(0, at) << "\n" << snapshot.dump() << "\n" << listener.value.dump());
    REQUIRE(told(listener.value) == told(snapshot));
  }
  return listener.heard;
}

}  // namespace

TEST_CASE("changes that are put together are each snapshot, however the reply is cut") {
  const Types types;
  for (const size_t piece : {1, 2, 3, 7, 20, 64, 1000})
    check_follows(types.types, types.root, kReply, [&] { return piece; });
  std::mt19937_64 random(20261122);
  for (int i = 0; i < 300; ++i)
    check_follows(types.types, types.root, kReply, [&] { return 1 + random() % 30; });
}

TEST_CASE("changes follow replies that are cut off, broken or change their minds") {
  const Types types;
  std::mt19937_64 random(7);
  const std::string reply = kReply;
  for (int i = 0; i < 500; ++i) {
    std::string broken = reply;
    for (int edits = 0; edits < 1 + i % 4; ++edits) {
      const size_t at = random() % broken.size();
      switch (random() % 3) {
        case 0: broken.erase(at, 1 + random() % 5); break;
        case 1: broken.insert(at, std::string(1, "{}[]\",: x1"[random() % 10])); break;
        default: broken.insert(at, reply, random() % reply.size(), random() % 20); break;
      }
      if (broken.empty()) broken = "{";
    }
    check_follows(types.types, types.root, broken, [&] { return 1 + random() % 9; });
  }
}

TEST_CASE("scalars and lists at the top are told as well") {
  const Types types;
  program::TypeTable table = types.types;
  const TypeId list = table.list_of(table.int_type);
  const ReplyPlan plan(table, list);
  ReplyParser parser(plan);
  PartialChanges changes;
  const auto feed = [&](std::string_view piece) {
    parser.feed(piece);
    const PartialReply partial = parser.partial();
    std::string text;
    for (const PartialChange& change : changes.update(partial.json, partial.unchanged))
      text += change.at + "=" + std::string(change.value) + ";";
    return text;
  };
  CHECK(feed("[1") == "");
  CHECK(feed("2, 3") == "[0]=12;");
  CHECK(feed("]") == "[1]=3;");
  CHECK(feed("\n") == "");
}

TEST_CASE("what is told of a long reply is about as long as the reply") {
  const Types types;
  program::TypeTable table = types.types;
  const TypeId list = table.list_of(types.leaf);
  std::string reply = "[";
  while (reply.size() < 88'000) reply += R"({"name": "a name of some length", "colour": "RED"}, )";
  reply.back() = ']';
  const ReplyPlan plan(table, list);
  ReplyParser parser(plan);
  PartialChanges changes;
  size_t heard = 0, count = 0;
  for (size_t at = 0; at < reply.size(); at += 20) {
    parser.feed(std::string_view(reply).substr(at, 20));
    const PartialReply partial = parser.partial();
    for (const PartialChange& change : changes.update(partial.json, partial.unchanged)) {
      heard += change.at.size() + change.value.size();
      ++count;
    }
  }
  CHECK(count == 2 * (reply.size() / 52));
  CHECK(heard < reply.size() * 3 / 2);
}
