#include "compiler/sema/schema_writer.h"

#include <string>
#include <utility>

#include "compiler/sema/schema_defaults.h"
#include "compiler/sema/schema_names.h"

namespace chain::sema {

namespace {

using Kind = SchemaType::Kind;

class Writer {
 public:
  Writer(const SchemaModel& model, SchemaTypes& types) : defaults_(model), types_(types) {}

  void declaration(const SchemaDeclaration& item) {
    begin(item.pointer);
    types_.source += documentation(item.description, "");
    switch (item.kind) {
      case SchemaDeclaration::Kind::Alias:
        types_.source += "type " + item.name + " = " + text(item.type, false) + where(item.type) + "\n\n";
        return;
      case SchemaDeclaration::Kind::Enum:
        types_.source += "enum " + item.name + " {\n";
        for (const SchemaCase& one : item.cases)
          types_.source += "  " + one.name + alias(one.name, one.value) + '\n';
        break;
      case SchemaDeclaration::Kind::Record:
        types_.source += "type " + item.name + " {\n";
        for (const SchemaField& one : item.fields) field(one);
        break;
    }
    types_.source += "}\n\n";
  }

 private:
  void begin(const std::string& pointer) {
    types_.parts.push_back({static_cast<uint32_t>(types_.source.size()), pointer});
  }

  static std::string alias(const std::string& name, std::string_view key) {
    return name == key ? "" : " as " + in_quotes(key);
  }

  void field(const SchemaField& field) {
    begin(field.pointer);
    types_.source += documentation(field.description, "  ") + "  " + field.name +
                     alias(field.name, field.key) + ": " + text(field.type, false);
    if (field.fallback) {
      if (const auto written = defaults_.written(field.type, *field.fallback)) {
        begin(field.fallback_pointer);
        types_.source += " = " + *written;
        begin(field.pointer);
      } else {
        types_.problems.push_back(
            {field.fallback_pointer, "the default is not " + SchemaDefaults::spoken(field.type)});
      }
    }
    types_.source += where(field.type) + '\n';
  }

  static std::string where(const SchemaType& type) {
    std::string text;
    for (const std::string& condition : type.conditions)
      text += (text.empty() ? " where " : " and ") + condition;
    return text;
  }

  /// `within` another type, where unions stand in parentheses.
  static std::string text(const SchemaType& type, bool within) {
    std::string result;
    const bool several = type.parts.size() > 1 || type.literals.size() > 1;
    switch (type.kind) {
      case Kind::Json: result = "json"; break;
      case Kind::Bool: result = "bool"; break;
      case Kind::Int: result = "int"; break;
      case Kind::Float: result = "float"; break;
      case Kind::String: result = "string"; break;
      case Kind::Time: result = "time"; break;
      case Kind::Date: result = "date"; break;
      case Kind::Bytes: result = "bytes"; break;
      case Kind::Named: result = type.name; break;
      case Kind::List: result = text(type.parts[0], true) + "[]"; break;
      case Kind::Map: result = "map<" + text(type.parts[0], false) + '>'; break;
      case Kind::Literals:
        for (const std::string& one : type.literals) result += (result.empty() ? "" : " | ") + one;
        break;
      case Kind::Union:
        for (const SchemaType& one : type.parts) result += (result.empty() ? "" : " | ") + text(one, true);
        break;
    }
    if (several && (within || type.optional)) result = '(' + result + ')';
    if (!type.optional) return result;
    return within ? '(' + result + "?)" : result + '?';
  }

  const SchemaDefaults defaults_;
  SchemaTypes& types_;
};

}  // namespace

void write_schema(const SchemaModel& model, SchemaTypes& types) {
  Writer writer(model, types);
  for (const SchemaDeclaration& declaration : model) writer.declaration(declaration);
}

}  // namespace chain::sema
