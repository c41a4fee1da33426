#include "runtime/program/schema.h"

#include <algorithm>
#include <set>
#include <vector>

#include "runtime/program/quote.h"

namespace chain::program {

namespace {

/// Types that get a definition of their own, in the order of first use.
class Definitions {
 public:
  explicit Definitions(const TypeTable& types) : types_(types) {}

  void collect(TypeId root) {
    std::vector<TypeId> open{root};
    while (!open.empty()) {
      const TypeId id = open.back();
      open.pop_back();
      if (!seen_.insert(id).second) continue;
      const Type& type = types_[id];
      if (type.kind == TypeKind::Record || type.kind == TypeKind::Enum) order_.push_back(id);
      is_open_ |= type.kind == TypeKind::Map || type.kind == TypeKind::Json;
      const auto push = [&](TypeId next) { open.push_back(next); };
      // Pushed backwards, so that what stands first is defined first.
      std::for_each(type.members.rbegin(), type.members.rend(), push);
      for (auto field = type.fields.rbegin(); field != type.fields.rend(); ++field) push(field->type);
      const bool wraps =
          type.kind == TypeKind::Optional || type.kind == TypeKind::List || type.kind == TypeKind::Map;
      if (wraps) push(type.element);
    }
  }

  [[nodiscard]] const std::vector<TypeId>& order() const { return order_; }
  [[nodiscard]] bool is_open() const { return is_open_; }

 private:
  const TypeTable& types_;
  std::set<TypeId> seen_;
  std::vector<TypeId> order_;
  bool is_open_ = false;
};

void append_sentence(std::string& text, std::string_view more) {
  if (more.empty()) return;
  if (!text.empty()) text += text.back() == '.' ? " " : ". ";
  text += more;
}

void append_conditions(std::string& text, const std::vector<Constraint>& constraints) {
  for (const Constraint& constraint : constraints) append_sentence(text, "It must hold: " + constraint.text);
}

class SchemaWriter {
 public:
  explicit SchemaWriter(const TypeTable& types) : types_(types) {}

  std::string write(TypeId root, bool wrapped) {
    Definitions definitions(types_);
    definitions.collect(root);
    const Type& type = types_[root];
    // Endpoints want an object at the root, not a reference; a recursive record is defined once more for
    // itself.
    const bool inline_root = !wrapped && type.kind == TypeKind::Record;
    const bool defined = !inline_root || refers_to(root, definitions);
    out_.assign(1, '{');
    if (wrapped) {
      out_ += R"("type":"object","properties":{"value":)";
      schema(root, "");
      out_ += R"(},"required":["value"],"additionalProperties":false)";
    } else if (inline_root) {
      record_body(type);
    } else {
      keywords(root, "");
    }
    out_ += definitions_text(definitions, defined ? TypeId{UINT32_MAX} : root);
    out_ += '}';
    return std::move(out_);
  }

 private:
  bool refers_to(TypeId target, const Definitions& definitions) const {
    return std::any_of(definitions.order().begin(), definitions.order().end(), [&](TypeId id) {
      const auto& fields = types_[id].fields;
      return std::any_of(fields.begin(), fields.end(),
                         [&](const Field& field) { return mentions(field.type, target); });
    });
  }

  bool mentions(TypeId id, TypeId target) const {
    if (id == target) return true;
    const Type& type = types_[id];
    switch (type.kind) {
      case TypeKind::Optional:
      case TypeKind::List:
      case TypeKind::Map: return mentions(type.element, target);
      case TypeKind::Union:
        return std::any_of(type.members.begin(), type.members.end(),
                           [&](TypeId member) { return mentions(member, target); });
      default: return false;
    }
  }

  std::string definitions_text(const Definitions& definitions, TypeId without) {
    std::string outer;
    std::swap(outer, out_);
    for (TypeId id : definitions.order()) {
      if (id == without) continue;
      out_ += out_.empty() ? R"(,"$defs":{)" : ",";
      append_quoted(out_, types_[id].name);
      out_ += ":{";
      if (types_[id].kind == TypeKind::Record)
        record_body(types_[id]);
      else
        enum_body(types_[id]);
      out_ += '}';
    }
    if (!out_.empty()) out_ += '}';
    std::swap(outer, out_);
    return outer;
  }

  void schema(TypeId id, const std::string& description) {
    out_ += '{';
    keywords(id, description);
    out_ += '}';
  }

  /// The members of the schema object of `id`, where it is used.
  void keywords(TypeId id, const std::string& own_description) {
    const Type& type = types_[id];
    const bool defined = type.kind == TypeKind::Record || type.kind == TypeKind::Enum;
    std::string text = own_description;
    if (!defined) {
      append_sentence(text, type.doc);
      append_conditions(text, type.constraints);
    }
    if (type.kind == TypeKind::Duration) append_sentence(text, "A duration such as \"20s\" or \"2h30m\".");
    if (type.kind == TypeKind::Money) append_sentence(text, "An amount in US dollars such as \"$0.05\".");
    if (type.kind == TypeKind::Bytes) append_sentence(text, "Bytes in base64.");
    switch (type.kind) {
      case TypeKind::Void: out_ += R"("type":"null")"; break;
      case TypeKind::Bool: out_ += R"("type":"boolean")"; break;
      case TypeKind::Int: out_ += R"("type":"integer")"; break;
      case TypeKind::Float: out_ += R"("type":"number")"; break;
      case TypeKind::Duration:
      case TypeKind::Money:
      case TypeKind::Bytes:
      case TypeKind::String: out_ += R"("type":"string")"; break;
      case TypeKind::Time: out_ += R"("type":"string","format":"date-time")"; break;
      case TypeKind::Date: out_ += R"("type":"string","format":"date")"; break;
      case TypeKind::Json: return describe_alone(text);
      case TypeKind::Media:
        out_ += R"("type":"object","properties":{")" + type.name +
                R"(":{"type":"string","description":"its https URL or data URI"}},"required":[")" +
                type.name + R"("],"additionalProperties":false)";
        break;
      case TypeKind::Literal: literal_body(type, types_.base_kind(id)); break;
      case TypeKind::Record:
      case TypeKind::Enum: reference(type); break;
      case TypeKind::Optional: optional_body(type.element); break;
      case TypeKind::List:
        out_ += R"("type":"array","items":)";
        schema(type.element, "");
        break;
      case TypeKind::Map:
        out_ += R"("type":"object","additionalProperties":)";
        schema(type.element, "");
        break;
      case TypeKind::Union: any_of(type.members, false); break;
    }
    if (text.empty()) return;
    out_ += R"(,"description":)";
    append_quoted(out_, text);
  }

  /// A schema that every value meets.
  void describe_alone(const std::string& text) {
    if (text.empty()) return;
    out_ += R"("description":)";
    append_quoted(out_, text);
  }

  void reference(const Type& type) {
    out_ += R"("$ref":)";
    append_quoted(out_, "#/$defs/" + pointer_escaped(type.name));
  }

  /// RFC 6901; names of any script need no more inside a fragment that is compared as text.
  static std::string pointer_escaped(const std::string& name) {
    std::string escaped;
    for (char c : name) {
      if (c == '~')
        escaped += "~0";
      else if (c == '/')
        escaped += "~1";
      else
        escaped += c;
    }
    return escaped;
  }

  void optional_body(TypeId element) {
    const char* name = nullptr;
    if (types_[element].constraints.empty() && types_[element].doc.empty()) name = simple_name(element);
    if (!name)
      return types_[element].kind == TypeKind::Union ? any_of(types_[element].members, true)
                                                     : any_of({element}, true);
    out_ += R"("type":[")";
    out_ += name;
    out_ += R"(","null"])";
  }

  /// The JSON type of a scalar whose schema is only that.
  const char* simple_name(TypeId id) const {
    switch (types_[id].kind) {
      case TypeKind::Bool: return "boolean";
      case TypeKind::Int: return "integer";
      case TypeKind::Float: return "number";
      case TypeKind::String: return "string";
      default: return nullptr;
    }
  }

  void any_of(const std::vector<TypeId>& members, bool or_null) {
    out_ += R"("anyOf":[)";
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out_ += ',';
      schema(members[i], "");
    }
    if (or_null) out_ += R"(,{"type":"null"})";
    out_ += ']';
  }

  void literal_body(const Type& type, TypeKind base) {
    out_ += R"("type":")";
    out_ += base == TypeKind::String ? "string" : base == TypeKind::Int ? "integer" : "boolean";
    out_ += R"(","enum":[)";
    for (size_t i = 0; i < type.literals.size(); ++i) {
      if (i > 0) out_ += ',';
      const Literal& literal = type.literals[i];
      if (const auto* text = std::get_if<std::string>(&literal))
        append_quoted(out_, *text);
      else if (const auto* number = std::get_if<int64_t>(&literal))
        out_ += std::to_string(*number);
      else
        out_ += std::get<bool>(literal) ? "true" : "false";
    }
    out_ += ']';
  }

  void enum_body(const Type& type) {
    out_ += R"("type":"string","enum":[)";
    std::string text = type.doc;
    for (size_t i = 0; i < type.cases.size(); ++i) {
      const EnumCase& one = type.cases[i];
      const std::string& shown = one.alias.empty() ? one.name : one.alias;
      if (i > 0) out_ += ',';
      append_quoted(out_, shown);
      if (!one.description.empty()) text += (text.empty() ? "" : "\n") + shown + ": " + one.description;
    }
    out_ += ']';
    append_conditions(text, type.constraints);
    describe_as(text);
  }

  void record_body(const Type& type) {
    out_ += R"("type":"object","properties":{)";
    std::string required;
    for (const Field& field : type.fields) {
      if (!required.empty()) {
        out_ += ',';
        required += ',';
      }
      const std::string& key = field.alias.empty() ? field.name : field.alias;
      append_quoted(out_, key);
      append_quoted(required, key);
      out_ += ':';
      std::string text = field.doc;
      append_conditions(text, field.constraints);
      schema(field.type, text);
    }
    out_ += R"(},"required":[)" + required + R"(],"additionalProperties":false)";
    std::string text = type.doc;
    append_conditions(text, type.constraints);
    describe_as(text);
  }

  void describe_as(const std::string& text) {
    if (text.empty()) return;
    out_ += R"(,"description":)";
    append_quoted(out_, text);
  }

  const TypeTable& types_;
  std::string out_;
};

}  // namespace

std::string json_schema(const TypeTable& types, TypeId type) {
  return SchemaWriter(types).write(type, false);
}

std::string wrapped_json_schema(const TypeTable& types, TypeId type) {
  return SchemaWriter(types).write(type, true);
}

bool schema_needs_object_wrapper(const TypeTable& types, TypeId type) {
  return types[type].kind != TypeKind::Record && types[type].kind != TypeKind::Map;
}

bool schema_is_strict(const TypeTable& types, TypeId type) {
  Definitions definitions(types);
  definitions.collect(type);
  return !definitions.is_open();
}

}  // namespace chain::program
