#include "tests/unit/value/type_maker.h"

namespace chain::value::test {

using program::Type;
using program::TypeId;
using program::TypeKind;
using program::TypeTable;

namespace {

class TypeMaker {
 public:
  TypeMaker(TypeTable& types, const uint8_t*& data, size_t& size) : types_(types), data_(data), size_(size) {}

  TypeId make(uint32_t depth) {
    const uint8_t choice = take();
    if (depth > 3) return scalar(choice);
    switch (choice % 16) {
      case 7: return make_enum(types_, "E", {"RED", "light-green", "Blau", "été"});
      case 8: return types_.optional_of(make(depth + 1));
      case 9: return types_.list_of(make(depth + 1));
      case 10: return types_.map_of(make(depth + 1));
      case 11: return types_.union_of({make(depth + 1), make(depth + 1)});
      case 12: return types_.union_of({make(depth + 1), types_.string_type, make(depth + 1)});
      case 13:
      case 14: return record(depth);
      case 15: return recursive_record();
      default: return scalar(choice);
    }
  }

 private:
  uint8_t take() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }

  TypeId scalar(uint8_t choice) {
    switch (choice % 12) {
      case 8: return types_.time_type;
      case 9: return types_.date_type;
      case 10: return types_.bytes_type;
      case 11: return types_.json_type;
      case 0: return types_.string_type;
      case 1: return types_.int_type;
      case 2: return types_.float_type;
      case 3: return types_.bool_type;
      case 4: return types_.duration_type;
      case 5: return types_.money_type;
      case 6: return types_.literal_of({std::string("a"), std::string("b c")});
      default: return types_.literal_of({int64_t{1}, int64_t{-7}});
    }
  }

  TypeId record(uint32_t depth) {
    const uint8_t count = take() % 4;
    std::vector<std::pair<std::string, TypeId>> fields;
    for (uint8_t i = 0; i < count; ++i)
      fields.emplace_back(std::string(1, static_cast<char>('a' + i)), make(depth + 1));
    return make_record(types_, "R", fields);
  }

  /// Node { a: int, next: Node?, all: Node[] }.
  TypeId recursive_record() {
    Type type;
    type.kind = TypeKind::Record;
    type.name = "Node";
    const TypeId id = types_.add(type);
    const TypeId next = types_.optional_of(id);
    const TypeId all = types_.list_of(types_.union_of({id, types_.int_type}));
    for (const auto& [name, field_type] : {std::pair{"a", types_.int_type}, {"next", next}, {"all", all}}) {
      program::Field field;
      field.name = name;
      field.type = field_type;
      types_[id].fields.push_back(field);
    }
    types_[id].fields.back().default_json = "[]";
    types_.layout_record(id);
    return id;
  }

  TypeTable& types_;
  const uint8_t*& data_;
  size_t& size_;
};

}  // namespace

TypeId make_record(TypeTable& types, const std::string& name,
                   const std::vector<std::pair<std::string, TypeId>>& fields) {
  Type type;
  type.kind = TypeKind::Record;
  type.name = name;
  for (const auto& [field_name, field_type] : fields) {
    program::Field field;
    field.name = field_name;
    field.type = field_type;
    type.fields.push_back(field);
  }
  const TypeId id = types.add(type);
  types.layout_record(id);
  return id;
}

TypeId make_enum(TypeTable& types, const std::string& name, const std::vector<std::string>& cases) {
  Type type;
  type.kind = TypeKind::Enum;
  type.name = name;
  for (const std::string& one : cases) type.cases.push_back({one, "", ""});
  return types.add(type);
}

TypeId make_type(TypeTable& types, const uint8_t*& data, size_t& size) {
  return TypeMaker(types, data, size).make(0);
}

}  // namespace chain::value::test
