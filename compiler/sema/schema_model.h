// The types of a JSON Schema before they are written down.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/value/json_tree.h"

namespace chain::sema {

/// A type as the language has it.
struct SchemaType {
  enum class Kind : uint8_t {
    Json,
    Bool,
    Int,
    Float,
    String,
    Time,
    Date,
    Bytes,
    Literals,
    Union,
    List,
    Map,
    Named,
  };
  Kind kind = Kind::Json;
  bool optional = false;
  std::vector<SchemaType> parts = {};  // members of a union, or the one type of a list's and a map's values
  std::vector<std::string> literals = {};    // as they are written
  std::string name = {};                     // Named
  std::vector<std::string> conditions = {};  // over `it`, all of which hold
};

struct SchemaField {
  std::string name = {};
  std::string_view key = {};
  std::string_view description = {};
  std::string pointer = {};
  SchemaType type = {};
  const value::JsonNode* fallback = nullptr;  // its default
  std::string fallback_pointer = {};
};

struct SchemaCase {
  std::string name = {};
  std::string_view value = {};
};

struct SchemaDeclaration {
  enum class Kind : uint8_t { Record, Enum, Alias };
  Kind kind = Kind::Alias;
  std::string name = {};
  std::string_view description = {};
  std::string pointer = {};
  std::vector<SchemaField> fields = {};
  std::vector<SchemaCase> cases = {};
  SchemaType type = {};
};

/// In the order of the file; texts point into the JSON.
using SchemaModel = std::vector<SchemaDeclaration>;

}  // namespace chain::sema
