#include "compiler/sema/schema_conditions.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "compiler/sema/schema_keywords.h"
#include "compiler/sema/schema_names.h"
#include "runtime/library/pattern.h"
#include "runtime/value/text.h"

namespace chain::sema {

namespace {

using value::JsonNode;
using Kind = JsonNode::Kind;

/// `\u0041`, which RE2 writes `\x{41}`; two halves of a surrogate pair are one. Other escapes stay.
std::string for_re2(std::string_view pattern) {
  const auto unit = [&](size_t at, uint32_t& code) {
    if (at + 6 > pattern.size() || pattern[at] != '\\' || pattern[at + 1] != 'u') return false;
    const char* first = pattern.data() + at + 2;
    const auto [end, error] = std::from_chars(first, first + 4, code, 16);
    return error == std::errc() && end == first + 4;
  };
  std::string result;
  for (size_t at = 0; at < pattern.size();) {
    uint32_t code = 0;
    if (unit(at, code)) {
      at += 6;
      uint32_t low = 0;
      if (code >= 0xD800 && code < 0xDC00 && unit(at, low) && low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at += 6;
      }
      char digits[8];
      const auto end = std::to_chars(digits, digits + sizeof digits, code, 16).ptr;
      result += "\\x{" + std::string(digits, end) + '}';
      continue;
    }
    const size_t size = pattern[at] == '\\' && at + 1 < pattern.size() ? 2 : 1;
    result += pattern.substr(at, size);
    at += size;
  }
  return result;
}

std::optional<double> real_number(std::string_view text) {
  double real = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), real);
  return error == std::errc() ? std::optional(real) : std::nullopt;
}

std::string written(double real) {
  std::string text;
  value::append_float(text, real);
  return text;
}

class Conditions {
 public:
  Conditions(const JsonNode& schema, const std::string& pointer, std::set<std::string_view>& said,
             std::vector<SchemaProblem>& problems)
      : schema_(schema), pointer_(pointer), said_(said), problems_(problems) {}

  void of(SchemaType::Kind kind) {
    switch (kind) {
      case SchemaType::Kind::Int:
      case SchemaType::Kind::Float: return number(kind == SchemaType::Kind::Int);
      case SchemaType::Kind::String: return text();
      case SchemaType::Kind::List: return list();
      case SchemaType::Kind::Map: return map();
      default: return;
    }
  }

  std::vector<std::string> result;

 private:
  /// The keyword's value, if it is rightly formed.
  const JsonNode* say(std::string_view keyword, Kind kind) {
    said_.insert(keyword);
    const JsonNode* node = json_member(schema_, keyword);
    return node && node->kind == kind ? node : nullptr;
  }
  void problem(std::string_view keyword, std::string message) {
    problems_.push_back({pointer_ + pointer_step(keyword), std::move(message)});
  }

  // ---- Numbers

  void number(bool whole) {
    bound("minimum", "exclusiveMinimum", true, whole);
    bound("maximum", "exclusiveMaximum", false, whole);
    if (const JsonNode* factor = say("multipleOf", Kind::Number)) multiple(factor->text, whole);
  }

  /// Draft 4 writes `"exclusiveMinimum": true` beside `minimum`.
  void bound(std::string_view inclusive, std::string_view exclusive, bool least, bool whole) {
    const bool old = say(exclusive, Kind::True) != nullptr;
    if (const JsonNode* limit = say(inclusive, Kind::Number))
      compare(inclusive, limit->text, least, old, whole);
    if (old && !say(inclusive, Kind::Number))
      problem(exclusive,
              '`' + std::string(exclusive) + "` is a number; there is no `" + std::string(inclusive) + '`');
    if (const JsonNode* limit = say(exclusive, Kind::Number))
      compare(exclusive, limit->text, least, true, whole);
  }

  void compare(std::string_view keyword, std::string_view text, bool least, bool strict, bool whole) {
    const std::string sign = std::string(least ? "it >" : "it <") + (strict ? " " : "= ");
    const auto exact = whole_number(text);
    if (exact && *exact != INT64_MIN) {
      result.push_back(sign + std::to_string(*exact));
      return;
    }
    const auto real = real_number(text);
    if (!real) return problem(keyword, "the number is out of range");
    if (!whole) {
      result.push_back(sign + written(*real));
      return;
    }
    constexpr double kPast = 9223372036854775808.0;  // 2^63
    if (std::abs(*real) < kPast) {                   // between two whole numbers
      const double next = least ? std::ceil(*real) : std::floor(*real);
      result.push_back(std::string(least ? "it >= " : "it <= ") + std::to_string(static_cast<int64_t>(next)));
      return;
    }
    if (least != (*real < 0)) return problem(keyword, "no number of 64 bits meets it");
    const bool last = exact.has_value() && strict;  // all but the least number
    if (last) result.push_back("it > -9223372036854775807 - 1");
  }

  void multiple(std::string_view text, bool whole) {
    const auto factor = whole_number(text);
    const auto real = real_number(text);
    if (!real || *real <= 0) return problem("multipleOf", "`multipleOf` is a number above 0");
    if (factor) {
      if (!whole || *factor != 1) result.push_back("it mod " + std::to_string(*factor) + " == 0");
      return;
    }
    if (whole && *real < 1 && std::trunc(1 / *real) == 1 / *real) return;  // every whole number is
    problem("multipleOf", "multiples of what is no whole number cannot be told exactly");
  }

  // ---- Texts, lists and maps

  void count(std::string_view keyword, const char* sign) {
    const JsonNode* node = say(keyword, Kind::Number);
    const auto limit = node ? whole_number(node->text) : std::nullopt;
    if (limit) result.push_back(std::string("len(it) ") + sign + ' ' + std::to_string(*limit));
  }

  void text() {
    count("minLength", ">=");
    count("maxLength", "<=");
    const JsonNode* pattern = say("pattern", Kind::String);
    if (!pattern) return;
    const std::string expression = for_re2(pattern->text);
    if (const std::string why = library::pattern_problem(expression); !why.empty())
      return problem("pattern", "the pattern is not one of RE2: " + why);
    result.push_back("it.matches(" + in_quotes(expression) + ')');
  }

  void list() {
    count("minItems", ">=");
    count("maxItems", "<=");
    said_.insert("uniqueItems");
    if (say("uniqueItems", Kind::True)) result.push_back("len(unique(it)) == len(it)");
  }

  void map() {
    count("minProperties", ">=");
    count("maxProperties", "<=");
    if (say("additionalProperties", Kind::False)) result.push_back("len(it) == 0");
    const JsonNode* required = say("required", Kind::List);
    for (const JsonNode* key = required ? required->first : nullptr; key; key = key->next) {
      if (key->kind == Kind::String) result.push_back(in_quotes(key->text) + " in it");
    }
  }

  const JsonNode& schema_;
  const std::string& pointer_;
  std::set<std::string_view>& said_;
  std::vector<SchemaProblem>& problems_;
};

}  // namespace

std::vector<std::string> conditions_of(const JsonNode& schema, SchemaType::Kind kind,
                                       const std::string& pointer, std::set<std::string_view>& said,
                                       std::vector<SchemaProblem>& problems) {
  Conditions conditions(schema, pointer, said, problems);
  conditions.of(kind);
  return std::move(conditions.result);
}

}  // namespace chain::sema
