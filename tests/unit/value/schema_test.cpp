// What models are told about a type.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "runtime/program/schema.h"
#include "tests/unit/value/type_maker.h"

using namespace chain;
using namespace chain::program;
using nlohmann::json;

namespace {

/// Reply { text, sources, confidence, urgency, parent? } with everything that can be said about a type.
struct Sample {
  TypeTable types;
  TypeId urgency, reply;

  Sample() {
    urgency = value::test::make_enum(types, "Urgency", {"low", "in_progress"});
    types[urgency].doc = "How soon somebody must look.";
    types[urgency].cases[0].description = "can wait for days";
    types[urgency].cases[1].alias = "in-progress";
    Type record;
    record.kind = TypeKind::Record;
    record.name = "Reply";
    record.doc = "What the customer gets.";
    reply = types.add(record);
    const TypeId parent = types.optional_of(reply);
    add("text", types.string_type, "The answer.", "len(it) <= 1200");
    add("sources", types.list_of(types.string_type), "", "");
    add("confidence", types.float_type, "", "it >= 0 and it <= 1");
    add("urgency", types.optional_of(urgency), "", "");
    add("parent", parent, "", "");
    types[reply].fields[0].alias = "the-text";
    types.layout_record(reply);
  }

  void add(const char* name, TypeId type, const char* doc, const char* condition) {
    Field field;
    field.name = name;
    field.type = type;
    field.doc = doc;
    if (*condition) field.constraints.push_back({{}, condition});
    types[reply].fields.push_back(field);
  }
};

}  // namespace

TEST_CASE("a record is described field by field, what it names below it") {
  Sample sample;
  CHECK(describe(sample.types, sample.reply) ==
        R"(Answer with JSON only, of this form (What the customer gets.):
Reply = {
  "the-text": string,  // The answer.; where len(it) <= 1200
  "sources": [string, ...],
  "confidence": number,  // where it >= 0 and it <= 1
  "urgency": Urgency or null,
  "parent": Reply or null,
}

Urgency (How soon somebody must look.) is one of:
- "low": can wait for days
- "in-progress")");
}

TEST_CASE("a word is asked for as a word") {
  Sample sample;
  CHECK(describe(sample.types, sample.urgency) ==
        "Answer with exactly one of these words:\n- low: can wait for days\n- in-progress");
  CHECK(describe(sample.types, sample.types.int_type) == "Answer with a whole number only.");
  CHECK(describe(sample.types, sample.types.literal_of({std::string("en"), std::string("ko")})) ==
        "Answer with exactly one of: en or ko.");
  CHECK(describe(sample.types, sample.types.void_type).empty());
}

TEST_CASE("the schema is closed, requires everything and keeps definitions") {
  Sample sample;
  const json schema = json::parse(json_schema(sample.types, sample.reply));
  CHECK(schema.at("type") == "object");
  const json& reply = schema.at("$defs").at("Reply");
  CHECK(schema.at("properties") == reply.at("properties"));
  CHECK(reply.at("additionalProperties") == false);
  CHECK(reply.at("required") == json({"the-text", "sources", "confidence", "urgency", "parent"}));
  const json& properties = reply.at("properties");
  CHECK(properties.at("the-text").at("description") == "The answer. It must hold: len(it) <= 1200");
  CHECK(properties.at("parent") ==
        json::parse(R"({"anyOf": [{"$ref": "#/$defs/Reply"}, {"type": "null"}]})"));
  CHECK(schema.at("$defs").at("Urgency").at("enum") == json({"low", "in-progress"}));
  CHECK(schema_is_strict(sample.types, sample.reply));
}

TEST_CASE("a root that is no object can be wrapped") {
  Sample sample;
  TypeTable& types = sample.types;
  const TypeId list = types.list_of(types.optional_of(types.int_type));
  CHECK(schema_needs_object_wrapper(types, list));
  CHECK_FALSE(schema_needs_object_wrapper(types, sample.reply));
  CHECK(json::parse(json_schema(types, list)) ==
        json::parse(R"({"type": "array", "items": {"type": ["integer", "null"]}})"));
  const json wrapped = json::parse(wrapped_json_schema(types, sample.urgency));
  CHECK(wrapped.at("properties").at("value").at("$ref") == "#/$defs/Urgency");
  CHECK(wrapped.at("$defs").contains("Urgency"));
  CHECK(wrapped.at("required") == json({"value"}));
  const TypeId map = types.map_of(types.money_type);
  CHECK_FALSE(schema_is_strict(types, map));
  CHECK(json::parse(json_schema(types, map)).at("additionalProperties").at("type") == "string");
}

TEST_CASE("an inline root keeps no definition of itself") {
  TypeTable types;
  const TypeId record =
      value::test::make_record(types, "R", {{"a", types.union_of({types.int_type, types.string_type})}});
  const json schema = json::parse(json_schema(types, record));
  CHECK(schema.at("type") == "object");
  CHECK_FALSE(schema.contains("$defs"));
  CHECK(schema.at("properties").at("a") ==
        json::parse(R"({"anyOf": [{"type": "integer"}, {"type": "string"}]})"));
}
