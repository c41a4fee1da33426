// Types as both halves see them: the checker makes them, native code is laid out by them, the parser
// of model replies is driven by them. Plain data, so that a `Program` can be stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace chain::program {

/// Index into `TypeTable::types`.
struct TypeId {
  uint32_t index = 0;
  friend bool operator==(TypeId, TypeId) = default;
  friend auto operator<=>(TypeId, TypeId) = default;
};

/// Index into `Program::functions`: a piece of native code.
struct FunctionId {
  uint32_t index = UINT32_MAX;
  [[nodiscard]] bool valid() const { return index != UINT32_MAX; }
  friend bool operator==(FunctionId, FunctionId) = default;
};

// How a value of each kind lies in memory (sizes for 64-bit; see runtime/value/value.h):
enum class TypeKind : uint8_t {
  Void,      // no value, 0 bytes: a block without a result
  Bool,      // uint8_t, 0 or 1
  Int,       // int64_t
  Float,     // double
  Duration,  // int64_t nanoseconds
  Money,     // int64_t, 1e-9 US dollars
  String,    // value::Text {const char*, uint64_t}, UTF-8
  Time,      // int64_t nanoseconds since 1970-01-01T00:00:00Z
  Date,      // int64_t days since 1970-01-01
  Bytes,     // value::Text, any bytes
  Json,      // value::Text: one JSON value, as write_json lays it on a line
  Media,     // value::Text, where it is: a path, a URL or a data URI; the type's name says what it is
  Enum,      // uint32_t, the index of the case
  Literal,   // one or more literals of the same base; laid out as the base
  Record,    // const std::byte*: fields at their offsets; never null
  Optional,  // payload at 0, uint8_t `present` right behind it
  List,      // value::List {const std::byte*, uint64_t}, elements `stride` bytes apart
  Map,       // const value::Map*: entries in the order they were put in; never null
  Union,     // payload at 0 (largest member, 8-aligned), uint32_t member index behind it
};

using Literal = std::variant<bool, int64_t, std::string>;

/// A `where`: native code `bool(const void* value)` (runtime/abi), and its text for the model and for errors.
struct Constraint {
  FunctionId predicate;
  std::string text;  // "len(it) <= 1200"
};

struct Field {
  std::string name;
  std::string alias;  // what models see, if not the name
  std::string doc;
  TypeId type;
  uint32_t offset = 0;
  std::vector<Constraint> constraints;
  /// The field's default as JSON text; empty if it has none. (Optional fields default to none.)
  std::string default_json;
};

struct EnumCase {
  std::string name;
  std::string alias;
  std::string description;
};

struct Type {
  TypeKind kind = TypeKind::Void;
  std::string name;  // as declared: "Ticket"; empty for structural types
  std::string doc;
  TypeId element;                       // Optional, List, Map
  std::vector<Field> fields;            // Record
  std::vector<EnumCase> cases;          // Enum
  std::vector<Literal> literals;        // Literal
  std::vector<TypeId> members;          // Union
  std::vector<Constraint> constraints;  // `type Score = int where ...`
  uint32_t size = 0;                    // of the value itself
  uint32_t align = 1;
  uint32_t record_size = 0;  // Record: of what the pointer points at (8-aligned)
};

/// Every type of a program. Structural types are interned: equal types have equal ids.
class TypeTable {
 public:
  TypeTable();

  TypeId void_type{0}, bool_type{1}, int_type{2}, float_type{3}, duration_type{4}, money_type{5},
      string_type{6}, time_type{7}, date_type{8}, bytes_type{9}, json_type{10}, image_type{11},
      audio_type{12}, video_type{13}, file_type{14};

  [[nodiscard]] const Type& operator[](TypeId id) const { return types[id.index]; }
  [[nodiscard]] Type& operator[](TypeId id) { return types[id.index]; }

  /// A type that the language has under this name.
  [[nodiscard]] std::optional<TypeId> basic(std::string_view name) const;

  TypeId optional_of(TypeId element);  // T?? is T?
  TypeId list_of(TypeId element);
  TypeId map_of(TypeId element);
  /// Literals of one base kind, duplicates removed.
  TypeId literal_of(std::vector<Literal> literals);
  TypeId union_of(std::vector<TypeId> members);

  /// A record, enum or constrained alias: never interned. Records may be added first and given
  /// fields later; `layout_record` then sets offsets and size.
  TypeId add(Type type);
  void layout_record(TypeId id);

  /// As it is written in source: "Ticket", "string?", "map<int[]>", "\"en\" | \"ko\"".
  [[nodiscard]] std::string to_string(TypeId id) const;
  /// Distance between elements in a list of `id`.
  [[nodiscard]] uint32_t stride(TypeId id) const;
  /// String, Int or Bool for a Literal type's base, else the kind itself.
  [[nodiscard]] TypeKind base_kind(TypeId id) const;

  std::vector<Type> types;

 private:
  TypeId intern(Type type);
};

}  // namespace chain::program
