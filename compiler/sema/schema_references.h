// What a JSON Schema calls by reference, and of what type a schema is.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "compiler/sema/schema_model.h"

namespace chain::sema {

/// References that are followed one after another.
inline constexpr int kMostReferences = 64;

/// Whether `schema` is an object with fields, and nothing else.
[[nodiscard]] bool is_record(const value::JsonNode& schema);
/// The kinds of values that `type` takes, as a set; every kind if it is not there.
[[nodiscard]] uint8_t said_kinds(const value::JsonNode& schema);
/// What `type` would say, where it is left out; empty if nothing tells.
[[nodiscard]] std::string_view inferred_type(const value::JsonNode& schema);
/// The type that `"type": name` is. Named stands for a record.
[[nodiscard]] SchemaType::Kind simple_kind(const value::JsonNode& schema, std::string_view name);

class SchemaReferences {
 public:
  struct Definition {
    std::string reference;  // "#/$defs/ticket"
    std::string name;
    const value::JsonNode* schema = nullptr;
  };

  void add(const std::string& reference, const std::string& name, const value::JsonNode& schema);

  /// The definition that `reference`, as it stands in the schema, means; null if it is none of this file.
  [[nodiscard]] const Definition* find(std::string_view reference) const;
  /// The schema called `name`; null if there is none.
  [[nodiscard]] const value::JsonNode* named(const std::string& name) const;
  [[nodiscard]] const std::map<std::string, Definition, std::less<>>& all() const { return definitions_; }

  /// The kind of type that a schema is in the end, where conditions can be put on it; Named elsewhere.
  [[nodiscard]] SchemaType::Kind kind_behind(const value::JsonNode& schema) const;
  /// The kinds of values that a schema takes; every kind if that is not plain.
  [[nodiscard]] uint8_t kinds_behind(const value::JsonNode& schema) const;
  /// Whether what `schema` takes is of the type that `outer` says anyway.
  [[nodiscard]] bool within(const value::JsonNode& schema, const value::JsonNode& outer) const;

 private:
  std::map<std::string, Definition, std::less<>> definitions_;
  std::map<std::string, const value::JsonNode*> by_name_;
};

}  // namespace chain::sema
