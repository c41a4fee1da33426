// Forms that servers put to the person at the terminal.
#include "cli/elicitation.h"

#include <catch2/catch.hpp>

using namespace chain::cli;

namespace {

FormField only(const std::string& property, bool required = true) {
  std::string error;
  const auto fields = form_fields(R"({"type": "object", "properties": {"x": )" + property + "}" +
                                      (required ? R"(, "required": ["x"])" : "") + "}",
                                  error);
  INFO(error);
  REQUIRE(fields);
  REQUIRE(fields->size() == 1);
  return fields->front();
}

std::string value(const std::string& property, const std::string& typed, bool required = true) {
  std::string error;
  const auto json = field_value(only(property, required), typed, error);
  return json ? *json : "! " + error;
}

}  // namespace

TEST_CASE("what is typed is checked by the field's schema") {
  CHECK(value(R"({"type": "string"})", "a \"b\"") == R"("a \"b\"")");
  CHECK(value(R"({"type": "string", "minLength": 2, "maxLength": 3})", "한") ==
        "! its length is at least 2 and at most 3");
  CHECK(value(R"({"type": "string", "minLength": 2, "maxLength": 3})", "한국") == "\"한국\"");
  CHECK(value(R"({"type": "string", "format": "email"})", "ada") == "! `ada` is no email");
  CHECK(value(R"({"type": "string", "format": "email"})", "ada@x.org") == "\"ada@x.org\"");
  CHECK(value(R"({"type": "string", "format": "date"})", "2026-7-1") == "! `2026-7-1` is no date");
  CHECK(value(R"({"type": "string", "format": "date-time"})", "2026-07-01T10:00:00Z") ==
        "\"2026-07-01T10:00:00Z\"");
  CHECK(value(R"({"type": "integer", "minimum": 0})", " 7 ") == "7");
  CHECK(value(R"({"type": "integer", "minimum": 0})", "-1") == "! the number is at least 0");
  CHECK(value(R"({"type": "integer"})", "1.5") == "! `1.5` is no whole number");
  CHECK(value(R"({"type": "number"})", "1.5") == "1.5");
  CHECK(value(R"({"type": "number"})", "nan") == "! `nan` is no number");
  CHECK(value(R"({"type": "boolean"})", "Yes") == "true");
  CHECK(value(R"({"type": "boolean"})", "maybe") == "! say `yes` or `no`, not `maybe`");
  CHECK(value(R"({"type": "string"})", "\xff") == "! this is not UTF-8");
}

TEST_CASE("choices are named by value, title or number") {
  const char* titled =
      R"({"type": "string", "oneOf": [{"const": "r", "title": "Red"}, {"const": "b", "title": "Blue"}]})";
  CHECK(value(titled, "Red") == "\"r\"");
  CHECK(value(titled, "2") == "\"b\"");
  CHECK(value(titled, "3") == "! `3` is none of the choices");
  CHECK(value(R"({"type": "string", "enum": ["r", "b"], "enumNames": ["Red", "Blue"]})", "Blue") == "\"b\"");
  const char* several =
      R"({"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string", "enum": ["a", "b", "c"]}})";
  CHECK(value(several, "a, 3") == R"(["a","c"])");
  CHECK(value(several, "a,b,c") == "! choose at least 1 and at most 2");
  CHECK(value(several, "d") == "! `d` is none of the choices");
}

TEST_CASE("what is left empty is the default, or left out") {
  CHECK(value(R"({"type": "integer", "default": 4})", "") == "4");
  CHECK(value(R"({"type": "integer"})", "", false).empty());
  CHECK(value(R"({"type": "integer"})", "") == "! something must be said here");
  CHECK(accepted({{"a", "1"}, {"b", ""}, {"c", "\"x\""}}) ==
        R"({"action": "accept", "content": {"a": 1, "c": "x"}})");
}

TEST_CASE("what is no flat form is not asked") {
  std::string error;
  for (const char* bad :
       {"", "[]", "7", R"({"properties": 7})", R"({"properties": {"x": {"type": "object"}}})",
        R"({"properties": {"x": 7}})", R"({"properties": {"x": {"type": "array"}}})"})
    CHECK_FALSE(form_fields(bad, error));
  CHECK(form_fields("{}", error)->empty());
  // Nothing of it steers a terminal.
  const std::string text = shown(only(R"({"type": "string", "title": "a\u001b[2J", "description": "b\nc"})"));
  CHECK(text == "a\\x1b[2J: b\\nc\n");
}
