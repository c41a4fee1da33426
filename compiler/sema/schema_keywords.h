// The keywords of JSON Schema: how each is written, and of which values it speaks.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/sema/schema_import.h"
#include "runtime/value/json_tree.h"

namespace chain::sema {

/// Kinds of JSON values, as a set.
enum JsonKind : uint8_t {
  kNullValue = 1,
  kBoolValue = 2,
  kNumberValue = 4,
  kTextValue = 8,
  kListValue = 16,
  kObjectValue = 32,
  kAnyValue = 63,
};

/// What `"type": name` takes; 0 for what is no type of JSON Schema.
[[nodiscard]] uint8_t kinds_of_type(std::string_view name);

[[nodiscard]] uint8_t kind_of_value(const value::JsonNode& value);

/// The last member called `key`; null if `object` has none, or is no object.
[[nodiscard]] const value::JsonNode* json_member(const value::JsonNode& object, std::string_view key);
/// Its text; empty if it is none.
[[nodiscard]] std::string_view json_text(const value::JsonNode& object, std::string_view key);
/// The members that count: of equal keys the last, at the place of the first.
[[nodiscard]] std::vector<const value::JsonNode*> json_members_of(const value::JsonNode& object);

/// A step of a JSON pointer.
[[nodiscard]] std::string pointer_step(std::string_view key);

/// A whole number of 64 bits, "1.0" and "1e3" too.
[[nodiscard]] std::optional<int64_t> whole_number(std::string_view text);

/// Reports keywords of `schema` that are not written as they should be, and those that no type can say.
void check_form(const value::JsonNode& schema, const std::string& pointer,
                std::vector<SchemaProblem>& problems);

/// Reports the keywords that bind values of `kinds` and are not among `said`: they cannot be said `how`,
/// "beside `enum`".
void check_left(const value::JsonNode& schema, const std::string& pointer, uint8_t kinds,
                const std::set<std::string_view>& said, const std::string& how,
                std::vector<SchemaProblem>& problems);

}  // namespace chain::sema
