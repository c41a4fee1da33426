#include "compiler/sema/schema_import.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "compiler/sema/literals.h"
#include "compiler/syntax/words.h"
#include "runtime/value/json_tree.h"

namespace chain::sema {

namespace {

using value::JsonNode;
using Kind = JsonNode::Kind;

/// Keywords that bind values in ways that types cannot.
constexpr std::string_view kUnknown[] = {"not",
                                         "if",
                                         "patternProperties",
                                         "prefixItems",
                                         "propertyNames",
                                         "contains",
                                         "dependentSchemas",
                                         "dependentRequired",
                                         "dependencies",
                                         "unevaluatedProperties",
                                         "unevaluatedItems",
                                         "$dynamicRef",
                                         "$recursiveRef"};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_wide(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

/// "ticket-event" gives "TicketEvent", or "ticket_event" for a field.
std::string identifier(std::string_view text, bool type) {
  std::string result;
  bool upper = type;
  for (const char c : text) {
    if (!is_letter(c) && !is_digit(c) && !is_wide(c) && c != '_') {
      upper = type;
      if (!type && !result.empty() && result.back() != '_') result += '_';
      continue;
    }
    result += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  if (result.empty() || is_digit(result[0])) result.insert(0, type ? "T" : "n");
  if (result[0] == '_') result.insert(0, type ? "T" : "n");
  return result;
}

/// A name within a declaration: reserved words are none.
std::string field_name(std::string_view key) {
  std::string name = identifier(key, false);
  if (syntax::reserved_word(name) != 0) name += '_';
  return name;
}

std::string in_quotes(std::string_view text) {
  return quoted(program::Literal(std::string(text)));
}

const JsonNode* member(const JsonNode& object, std::string_view key) {
  const JsonNode* found = nullptr;
  for (const JsonNode* node = object.kind == Kind::Object ? object.first : nullptr; node; node = node->next) {
    if (node->key == key) found = node;
  }
  return found;
}

std::string_view text_of(const JsonNode& object, std::string_view key) {
  const JsonNode* node = member(object, key);
  return node && node->kind == Kind::String ? node->text : std::string_view();
}

/// A comment ends where its line does: a description with line breaks is several, and holds nothing else that
/// ends one.
std::string documentation(std::string_view text, const char* indent) {
  std::string result;
  while (!text.empty()) {
    const size_t end = text.find_first_of("\r\n");
    std::string line(text.substr(0, end));
    std::replace_if(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    result += std::string(indent) + "/// " + line + '\n';
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (text.starts_with('\n')) text.remove_prefix(1);
  }
  return result;
}

/// A type as it is written, and what else is known of it.
struct Written {
  std::string type;
  std::string condition;  // `where`, over `it`
  bool optional = false;
};

class SchemaReader {
 public:
  explicit SchemaReader(const JsonNode& root) : root_(root) {}

  void read(const std::string& root_name) {
    reserve(root_name, "#");
    for (const char* holder : {"$defs", "definitions"}) {
      const JsonNode* all = member(root_, holder);
      for (const JsonNode* node = all && all->kind == Kind::Object ? all->first : nullptr; node;
           node = node->next) {
        reserve(identifier(node->key, true), "#/" + std::string(holder) + '/' + escaped(node->key));
      }
    }
    // `by_reference_` grows no more: types within others have no reference.
    for (const auto& [reference, name] : by_reference_) {
      if (const JsonNode* node = at(reference)) declare(name, *node, reference.substr(1));
    }
  }

  SchemaTypes take() { return {std::move(source_), std::move(problems_)}; }

 private:
  static std::string escaped(std::string_view key) {
    std::string result;
    for (const char c : key) result += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return result;
  }

  std::string unique(std::string name) {
    const std::string stem = name;
    for (int number = 2; !names_.insert(name).second; ++number) name = stem + std::to_string(number);
    return name;
  }
  void reserve(const std::string& name, const std::string& reference) {
    by_reference_[reference] = unique(name);
  }

  const JsonNode* at(const std::string& reference) const {
    if (reference == "#") return describes_type(root_) ? &root_ : nullptr;
    const size_t slash = reference.find('/', 2);
    const JsonNode* holder = member(root_, reference.substr(2, slash - 2));
    for (const JsonNode* node = holder ? holder->first : nullptr; node; node = node->next) {
      if (escaped(node->key) == reference.substr(slash + 1)) return node;
    }
    return nullptr;
  }

  /// A file may hold definitions alone.
  static bool describes_type(const JsonNode& schema) {
    for (const char* key :
         {"type", "properties", "enum", "const", "oneOf", "anyOf", "allOf", "$ref", "items"}) {
      if (member(schema, key)) return true;
    }
    return false;
  }

  void problem(const std::string& pointer, std::string message) {
    problems_.push_back({pointer, std::move(message)});
  }

  // ---- Declarations

  void declare(const std::string& name, const JsonNode& schema, const std::string& pointer) {
    const std::string docs = documentation(text_of(schema, "description"), "");
    if (is_record(schema)) return declare_record(name, schema, pointer);
    if (const JsonNode* values = member(schema, "enum"); values && can_be_enum(*values)) {
      source_ += docs + "enum " + name + " {\n" + cases(*values) + "}\n\n";
      return;
    }
    const Written written = type(schema, pointer, name);
    std::string text = docs + "type " + name + " = " + written.type + (written.optional ? "?" : "");
    if (!written.condition.empty()) text += " where " + written.condition;
    source_ += text + "\n\n";
  }

  static bool is_record(const JsonNode& schema) {
    const JsonNode* properties = member(schema, "properties");
    const bool plain = !member(schema, "$ref") && !member(schema, "oneOf") && !member(schema, "anyOf") &&
                       !member(schema, "allOf");
    const std::string_view type = text_of(schema, "type");
    return plain && properties && properties->kind == Kind::Object && (type == "object" || type.empty());
  }

  void declare_record(const std::string& name, const JsonNode& schema, const std::string& pointer) {
    check_keywords(schema, pointer);
    std::set<std::string> required;
    if (const JsonNode* all = member(schema, "required"); all && all->kind == Kind::List) {
      for (const JsonNode* key = all->first; key; key = key->next) required.emplace(key->text);
    }
    std::string text = documentation(text_of(schema, "description"), "") + "type " + name + " {\n";
    std::set<std::string> taken;
    for (const JsonNode* field = member(schema, "properties")->first; field; field = field->next) {
      text += this->field(*field, name, pointer + "/properties/" + escaped(field->key),
                          required.contains(std::string(field->key)), taken);
    }
    source_ += text + "}\n\n";
  }

  std::string field(const JsonNode& schema, const std::string& record, const std::string& pointer,
                    bool required, std::set<std::string>& taken) {
    std::string name = field_name(schema.key);
    while (!taken.insert(name).second) name += '_';
    std::string text = documentation(text_of(schema, "description"), "  ") + "  " + name;
    if (name != schema.key) text += " as " + in_quotes(schema.key);
    const Written written = type(schema, pointer, record + identifier(schema.key, true));
    const std::optional<std::string> fallback = scalar_default(schema);
    const bool optional = written.optional || (!required && !fallback);
    const bool several = written.type.find(" | ") != std::string::npos;
    text += ": " + (optional && several ? '(' + written.type + ")?" : written.type + (optional ? "?" : ""));
    if (fallback) text += " = " + *fallback;
    if (!written.condition.empty()) text += " where " + written.condition;
    return text + '\n';
  }

  /// A default that can be written down without looking at its type.
  static std::optional<std::string> scalar_default(const JsonNode& schema) {
    const JsonNode* node = member(schema, "default");
    if (!node || member(schema, "format") || member(schema, "enum") || member(schema, "$ref"))
      return std::nullopt;
    const std::string_view type = text_of(schema, "type");
    if (node->kind == Kind::String && type == "string") return in_quotes(node->text);
    if (node->kind == Kind::True || node->kind == Kind::False)
      return type == "boolean" ? std::optional(node->kind == Kind::True ? "true" : "false") : std::nullopt;
    const bool whole = node->text.find_first_of(".eE") == std::string_view::npos;
    if (node->kind == Kind::Number && whole && (type == "integer" || type == "number"))
      return std::string(node->text);
    return std::nullopt;
  }

  // ---- Enums and literals

  static bool can_be_enum(const JsonNode& values) {
    std::set<std::string> names;
    for (const JsonNode* value = values.first; value; value = value->next) {
      if (value->kind != Kind::String || value->text.empty() || value->text[0] == '_') return false;
      if (!names.insert(field_name(value->text)).second) return false;
    }
    return values.kind == Kind::List && values.count > 0;
  }

  static std::string cases(const JsonNode& values) {
    std::string text;
    for (const JsonNode* value = values.first; value; value = value->next) {
      const std::string name = field_name(value->text);
      text += "  " + name + (name == value->text ? "" : " as " + in_quotes(value->text)) + '\n';
    }
    return text;
  }

  /// A literal as it is written in a type; nothing for null, floats, lists and objects.
  static std::optional<std::string> literal(const JsonNode& value) {
    switch (value.kind) {
      case Kind::String: return in_quotes(value.text);
      case Kind::True: return "true";
      case Kind::False: return "false";
      case Kind::Number:
        if (value.text.find_first_of(".eE") == std::string_view::npos) return std::string(value.text);
        return std::nullopt;
      default: return std::nullopt;
    }
  }

  Written literals(const JsonNode& values, const std::string& pointer) {
    Written result;
    for (const JsonNode* value = values.first; value; value = value->next) {
      if (value->kind == Kind::Null) {
        result.optional = true;
        continue;
      }
      const auto one = literal(*value);
      if (!one) {
        problem(pointer, "only text, whole numbers, true, false and null can be literals");
        return {"json"};
      }
      result.type += (result.type.empty() ? "" : " | ") + *one;
    }
    if (result.type.empty()) result.type = "json";
    return result;
  }

  // ---- Types

  Written type(const JsonNode& schema, const std::string& pointer, const std::string& name) {
    if (schema.kind == Kind::True) return {"json"};
    if (schema.kind != Kind::Object) {
      problem(pointer, "a schema is an object or true");
      return {"json"};
    }
    check_keywords(schema, pointer);
    if (const JsonNode* reference = member(schema, "$ref")) return referred(*reference, pointer);
    if (const JsonNode* value = member(schema, "const")) return constant(*value, pointer + "/const");
    if (const JsonNode* values = member(schema, "enum")) {
      if (values->kind == Kind::List) return literals(*values, pointer + "/enum");
    }
    for (const char* keyword : {"oneOf", "anyOf", "allOf"}) {
      if (const JsonNode* all = member(schema, keyword))
        return alternatives(*all, pointer + '/' + keyword, name, std::string_view(keyword) == "allOf");
    }
    const JsonNode* kind = member(schema, "type");
    if (kind && kind->kind == Kind::List) return several(schema, *kind, pointer, name);
    return simple(schema, kind ? kind->text : inferred(schema), pointer, name);
  }

  void check_keywords(const JsonNode& schema, const std::string& pointer) {
    for (const std::string_view keyword : kUnknown) {
      if (member(schema, keyword))
        problem(pointer + '/' + std::string(keyword), '`' + std::string(keyword) + "` has no type here");
    }
  }

  static std::string_view inferred(const JsonNode& schema) {
    if (member(schema, "properties") || member(schema, "additionalProperties")) return "object";
    return member(schema, "items") ? "array" : std::string_view();
  }

  Written constant(const JsonNode& value, const std::string& pointer) {
    if (value.kind == Kind::Null) return {"json", {}, true};
    const auto one = literal(value);
    if (!one) problem(pointer, "only text, whole numbers, true and false can be literals");
    return {one.value_or("json")};
  }

  Written referred(const JsonNode& reference, const std::string& pointer) {
    const auto known = by_reference_.find(std::string(reference.text));
    if (known != by_reference_.end()) return {known->second};
    problem(pointer + "/$ref",
            "`" + std::string(reference.text) + "` is not in `$defs` or `definitions` of this file");
    return {"json"};
  }

  Written alternatives(const JsonNode& all, const std::string& pointer, const std::string& name,
                       bool together) {
    if (together && all.count != 1) {
      problem(pointer, "`allOf` of several schemas has no type here; write the fields into one");
      return {"json"};
    }
    Written result;
    uint32_t place = 0;
    for (const JsonNode* one = all.first; one; one = one->next, ++place) {
      if (text_of(*one, "type") == "null") {
        result.optional = true;
        continue;
      }
      const std::string own = all.count == 1 ? name : name + std::to_string(place + 1);
      const Written written = type(*one, pointer + '/' + std::to_string(place), titled(*one, own));
      result.optional = result.optional || written.optional;
      result.type += (result.type.empty() ? "" : " | ") + written.type;
      result.condition = all.count == 1 ? written.condition : "";
    }
    if (result.type.empty()) result.type = "json";
    return result;
  }

  static std::string titled(const JsonNode& schema, const std::string& otherwise) {
    const std::string_view title = text_of(schema, "title");
    return title.empty() ? otherwise : identifier(title, true);
  }

  /// `"type": ["string", "null"]`.
  Written several(const JsonNode& schema, const JsonNode& kinds, const std::string& pointer,
                  const std::string& name) {
    Written result;
    for (const JsonNode* kind = kinds.first; kind; kind = kind->next) {
      if (kind->text == "null") {
        result.optional = true;
        continue;
      }
      const Written written = simple(schema, kind->text, pointer, name);
      result.type += (result.type.empty() ? "" : " | ") + written.type;
      result.condition = kinds.count <= 2 ? written.condition : "";
    }
    if (result.type.empty()) result.type = "json";
    return result;
  }

  Written simple(const JsonNode& schema, std::string_view kind, const std::string& pointer,
                 const std::string& name) {
    if (kind == "object") return object(schema, pointer, name);
    if (kind == "array") return array(schema, pointer, name);
    if (kind == "string") return text(schema);
    if (kind == "integer") return {"int", bounds(schema, "it", "minimum", "maximum")};
    if (kind == "number") return {"float", bounds(schema, "it", "minimum", "maximum")};
    if (kind == "boolean") return {"bool"};
    if (kind == "null") return {"json", {}, true};
    if (!kind.empty()) problem(pointer + "/type", "`" + std::string(kind) + "` is no type of JSON Schema");
    return {"json"};
  }

  Written text(const JsonNode& schema) {
    const std::string_view format = text_of(schema, "format");
    if (format == "date-time") return {"time"};
    if (format == "date") return {"date"};
    if (text_of(schema, "contentEncoding") == "base64") return {"bytes"};
    std::string condition = bounds(schema, "len(it)", "minLength", "maxLength");
    if (const std::string_view pattern = text_of(schema, "pattern"); !pattern.empty()) {
      condition += (condition.empty() ? "" : " and ") + std::string("it.matches(") + in_quotes(pattern) + ")";
    }
    return {"string", condition};
  }

  static std::string bounds(const JsonNode& schema, const std::string& subject, const char* least,
                            const char* most) {
    std::string text;
    const auto add = [&](std::string_view keyword, const char* sign) {
      const JsonNode* bound = member(schema, keyword);
      if (!bound || bound->kind != Kind::Number) return;
      if (bound->text.find_first_of("eE") != std::string_view::npos) return;
      text += (text.empty() ? "" : " and ") + subject + sign + std::string(bound->text);
    };
    add(least, " >= ");
    add(most, " <= ");
    add("exclusiveMinimum", " > ");
    add("exclusiveMaximum", " < ");
    return text;
  }

  Written array(const JsonNode& schema, const std::string& pointer, const std::string& name) {
    const JsonNode* items = member(schema, "items");
    Written element = items ? type(*items, pointer + "/items", name + "Item") : Written{"json"};
    // A condition needs a name to stand on.
    if (!element.condition.empty()) {
      const std::string alias = unique(name + "Item");
      source_ += "type " + alias + " = " + element.type + " where " + element.condition + "\n\n";
      element.type = alias;
    }
    if (element.optional)
      element.type = '(' + element.type + ")?";
    else if (element.type.find(" | ") != std::string::npos)
      element.type = '(' + element.type + ')';
    return {element.type + "[]", bounds(schema, "len(it)", "minItems", "maxItems")};
  }

  Written object(const JsonNode& schema, const std::string& pointer, const std::string& name) {
    if (is_record(schema)) {
      const std::string own = unique(titled(schema, name));
      declare_record(own, schema, pointer);
      return {own};
    }
    const JsonNode* values = member(schema, "additionalProperties");
    if (!values || values->kind != Kind::Object) return {"map<json>"};
    const Written element = type(*values, pointer + "/additionalProperties", name + "Value");
    return {"map<" + element.type + (element.optional ? "?" : "") + '>'};
  }

  const JsonNode& root_;
  std::map<std::string, std::string> by_reference_;  // "#/$defs/ticket" to its name
  std::set<std::string> names_;
  std::string source_;
  std::vector<SchemaProblem> problems_;
};

}  // namespace

SchemaTypes types_of_schema(std::string_view json, const std::string& root) {
  value::Arena arena;
  std::string message;
  const JsonNode* node = value::parse_json(json, arena, {}, message);
  if (!node) return {{}, {{"", message}}};
  SchemaReader reader(*node);
  if (node->kind != Kind::Object) return {{}, {{"", "a schema is an object"}}};
  const std::string_view title = text_of(*node, "title");
  reader.read(title.empty() ? root : identifier(title, true));
  return reader.take();
}

std::string schema_name(std::string_view path) {
  path = path.substr(path.find_last_of('/') + 1);
  return identifier(path.substr(0, path.find('.')), true);
}

}  // namespace chain::sema
