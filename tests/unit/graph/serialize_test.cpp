#include <catch2/catch.hpp>

#include <chrono>
#include <random>

#include "runtime/program/serialize.h"
#include "runtime/program/well_formed.h"

using namespace chain::program;

namespace {

/// A program with something in every field.
Program sample(size_t chains = 1) {
  Program p;
  const TypeId urgency = p.types.add(
      {.kind = TypeKind::Enum, .name = "Urgency", .cases = {{"low", "LOW", "can wait"}, {"high", "", ""}}});
  const TypeId record = p.types.add({.kind = TypeKind::Record, .name = "Ticket", .doc = "A ticket."});
  p.types[record].fields = {
      {.name = "id", .alias = "ID", .doc = "its id", .type = p.types.string_type, .default_json = "\"x\""},
      {.name = "urgency", .type = p.types.optional_of(urgency), .constraints = {{{3}, "it != low"}}}};
  p.types.layout_record(record);
  p.types.literal_of({Literal{int64_t{-5}}, Literal{int64_t{7}}});
  p.types.literal_of({Literal{std::string("en")}});
  p.types.literal_of({Literal{true}});
  p.types.union_of({p.types.int_type, p.types.list_of(p.types.string_type)});
  p.files = {"main.chain", "한국어.chain"};
  p.models = {{"fast", "openai", "gpt-5-mini", R"({"temperature":0})"}};
  p.models.push_back({.name = "handbook.embed",
                      .provider = "openai",
                      .id = "e",
                      .options_json = "{}",
                      .use = ModelUse::Embeds});
  p.resources = {{.kind = "index",
                  .name = "handbook",
                  .provider = "documents",
                  .options_json = R"({"files":"*.md"})",
                  .file = "main.chain",
                  .embed_model = 1}};
  p.externals = {{.kind = ExternalKind::Search,
                  .name = "handbook.search",
                  .parameters = record,
                  .result = urgency,
                  .resource = 0}};
  p.prompts = {{.name = "classify",
                .version = {2, 10},
                .doc = "doc",
                .parameters = record,
                .result = urgency,
                .repair = 2,
                .messages = {{Role::System, {1}, -1}, {Role::User, {}, 0}},
                .examples = {{"{}", "\"high\""}},
                .prefix = {.parts = 1, .bytes = 7}}};
  Region outer{.frame_size = 128, .enter = {0}, .yield = {2}, .ready = {0}};
  outer.tasks.push_back({.kind = TaskKind::Loop,
                         .start = {5},
                         .input_offset = 64,
                         .result_offset = 64,
                         .result = p.types.list_of(urgency),
                         .stride = 8,
                         .regions = {1},
                         .parallel = 4,
                         .ordered = true,
                         .after_done = {1},
                         .after_decided = {1},
                         .path = "for",
                         .line = 3,
                         .column = 9});
  outer.tasks.push_back({.kind = TaskKind::Branch, .input_offset = 80, .dependencies = 2, .path = "if"});
  Region inner{.frame_size = 112, .ready = {0}};
  inner.tasks.push_back({.kind = TaskKind::Prompt,
                         .finish = {4},
                         .input_offset = 64,
                         .result_offset = 104,
                         .result = urgency,
                         .path = "classify"});
  p.regions = {outer, inner};
  for (size_t i = 0; i < chains; ++i)
    p.chains.push_back({.name = "main", .parameters = record, .result = urgency, .body = 0});
  p.tests = {{"works", 0, 1, 12}};
  p.expectations = {{"a == b", p.types.int_type, 0, 4, 5}};
  p.sites = {{0, 1, 2}, {1, 3, 4}};
  p.entries = {0};
  return p;
}

}  // namespace

TEST_CASE("a program comes back as it was") {
  const Program program = sample();
  REQUIRE(is_well_formed(program));
  const std::string bytes = serialize(program);
  Program back;
  REQUIRE(deserialize(bytes, back));
  CHECK(serialize(back) == bytes);
  CHECK(back.types.types.size() == program.types.types.size());
  CHECK(back.types.to_string({17}) == program.types.to_string({17}));
  CHECK(back.types.types[16].fields[0].default_json == "\"x\"");
  CHECK(back.types.types[18].literals == program.types.types[18].literals);
  CHECK(back.resources[0].file == "main.chain");
  CHECK(back.resources[0].embed_model == 1);
  CHECK(back.resources[0].rerank_model == UINT32_MAX);
  CHECK(back.models[1].use == ModelUse::Embeds);
  CHECK(back.externals[0].resource == 0);
  CHECK(back.prompts[0].version == Version{2, 10});
  CHECK(back.prompts[0].messages[0].example == -1);
  CHECK_FALSE(back.prompts[0].messages[1].render.valid());
  CHECK(back.regions[0].tasks[0].path == "for");
  CHECK(back.files[1] == "한국어.chain");
  CHECK(back.functions.empty());
}

TEST_CASE("damage is noticed") {
  const std::string bytes = serialize(sample());
  Program back;
  for (size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(deserialize(bytes.substr(0, size), back));
  CHECK_FALSE(deserialize(bytes + "x", back));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
    CHECK_FALSE(deserialize(damaged, back));
  }
}

TEST_CASE("what the runtime could not walk is refused") {
  const auto refused = [](auto change) {
    Program program = sample();
    change(program);
    Program back;
    return !deserialize(serialize(program), back);
  };
  CHECK_FALSE(refused([](Program&) {}));
  SECTION("indexes beyond their tables") {
    CHECK(refused([](Program& p) { p.prompts[0].prefix.parts = 3; }));
    CHECK(refused([](Program& p) { p.chains[0].body = 2; }));
    CHECK(refused([](Program& p) { p.chains[0].parameters = p.types.int_type; }));
    CHECK(refused([](Program& p) { p.prompts[0].model = 9; }));
    CHECK(refused([](Program& p) { p.prompts[0].model = 1; }));  // of an index
    CHECK(refused([](Program& p) { p.resources[0].embed_model = 0; }));
    CHECK(refused([](Program& p) { p.resources[0].rerank_model = 1; }));
    CHECK(refused([](Program& p) { p.externals[0].resource = 1; }));
    CHECK(refused([](Program& p) { p.externals[0].resource = UINT32_MAX; }));
    CHECK(refused([](Program& p) { p.prompts[0].messages[1].example = 4; }));
    CHECK(refused([](Program& p) { p.prompts[0].result = {1000}; }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[0].regions = {7}; }));
    CHECK(refused([](Program& p) { p.regions[1].tasks[0].target = 1; }));
    CHECK(refused([](Program& p) { p.entries = {1}; }));
    CHECK(refused([](Program& p) { p.tests[0].chain = 5; }));
    CHECK(refused([](Program& p) { p.tests[0].file = 2; }));
    CHECK(refused([](Program& p) { p.expectations[0].file = 2; }));
    CHECK(refused([](Program& p) { p.sites[1].file = 2; }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[0].file = 2; }));
  }
  SECTION("types that lie otherwise in memory") {
    CHECK(refused([](Program& p) { p.types.types[2].kind = TypeKind::Bool; }));
    CHECK(refused([](Program& p) { p.types.types[2].size = 4; }));
    CHECK(refused([](Program& p) { p.types.types[15].size = 8; }));
    CHECK(refused([](Program& p) { p.types.types[15].align = 0; }));
    CHECK(refused([](Program& p) { p.types.types[16].fields[0].offset = 1000; }));
    CHECK(refused([](Program& p) { p.types.types[16].fields[1].offset = 8; }));
    CHECK(refused([](Program& p) { p.types.types[16].record_size = 1 << 20; }));
    CHECK(refused([](Program& p) { p.types.types[17].size = UINT32_MAX; }));
    CHECK(refused([](Program& p) { p.types.types[18].literals.push_back(std::string("x")); }));
    CHECK(refused([](Program& p) { p.types.types[18].literals.clear(); }));
    CHECK(refused([](Program& p) { p.types.types[22].members.clear(); }));
  }
  SECTION("types that hold themselves") {
    CHECK(refused([](Program& p) { p.types.types[21].element = {21}; }));
    CHECK(refused([](Program& p) {
      p.types.map_of(p.types.list_of({21}));
      p.types.types[21].element = {static_cast<uint32_t>(p.types.types.size() - 1)};
    }));
    CHECK(refused([](Program& p) {
      TypeId list = p.types.int_type;
      for (int i = 0; i < 2000; ++i) list = p.types.list_of(list);
    }));
    // By way of a record it can end.
    CHECK_FALSE(refused([](Program& p) {
      p.types.types[21].element = {16};
      p.types.types[16].fields.push_back({.name = "next", .type = {21}});
      p.types.layout_record({16});
    }));
  }
  SECTION("frames without room") {
    CHECK(refused([](Program& p) { p.regions[0].frame_size = 56; }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[0].result_offset = 113; }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[0].result_offset = 120; }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[0].input_offset = 40; }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[0].result = p.types.int_type; }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[1].input_offset = 126; }));
    CHECK(refused([](Program& p) { p.regions[1].frame_size = 104; }));
    CHECK(refused([](Program& p) { p.regions[1].tasks[0].input_offset = 96; }));
    CHECK(refused([](Program& p) { p.regions[1].tasks[0].input_offset = UINT32_MAX - 7; }));
  }
  SECTION("tasks that would start twice, or never, or within themselves") {
    CHECK(refused([](Program& p) { p.regions[0].ready = {1}; }));
    CHECK(refused([](Program& p) { p.regions[0].ready = {0, 0}; }));
    CHECK(refused([](Program& p) { p.regions[0].ready = {0, 1}; }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[1].dependencies = 1; }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[1].dependencies = 3; }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[0].after_decided = {2}; }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[1].after_done = {0}; }));
    CHECK(refused([](Program& p) {
      p.regions[0].tasks[1].after_done = {0};
      p.regions[0].tasks[0].dependencies = 1;
      p.regions[0].ready = {};
    }));
    // The code before a task may need one that stands behind it.
    CHECK_FALSE(refused([](Program& p) {
      p.regions[0].tasks[0].after_done = p.regions[0].tasks[0].after_decided = {};
      p.regions[0].tasks[1].after_done = {0};
      p.regions[0].tasks[0].dependencies = 1;
      p.regions[0].tasks[1].dependencies = 0;
      p.regions[0].ready = {1};
    }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[0].regions = {0}; }));
    CHECK(refused([](Program& p) { p.regions[0].tasks[0].regions = {}; }));
  }
}

TEST_CASE("functions that are not there, or are of another kind, are noticed") {
  const auto has = [](size_t count, auto change) {
    Program program = sample();
    program.functions.assign(count, &program);
    change(program);
    return has_its_functions(program);
  };
  CHECK(has(6, [](Program&) {}));
  CHECK_FALSE(has(5, [](Program&) {}));
  CHECK_FALSE(has(0, [](Program&) {}));
  CHECK_FALSE(has(6, [](Program& p) { p.functions[3] = nullptr; }));
  CHECK_FALSE(has(6, [](Program& p) { p.regions[1].tasks[0].finish = {3}; }));     // a `where`
  CHECK_FALSE(has(6, [](Program& p) { p.prompts[0].messages[0].render = {0}; }));  // a step
  CHECK_FALSE(has(6, [](Program& p) { p.types.types[16].constraints = {{{6}, ""}}; }));
}

TEST_CASE("a stored program is small") {
  // About 20 bytes for each chain of this form; names and numbers are stored once, without padding.
  CHECK(serialize(sample(100)).size() < serialize(sample(1)).size() + 99 * 20);
}
