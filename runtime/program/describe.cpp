#include <set>
#include <vector>

#include "runtime/program/quote.h"
#include "runtime/program/recursion.h"
#include "runtime/program/schema.h"

namespace chain::program {

namespace {

const std::string& shown(const EnumCase& one) {
  return one.alias.empty() ? one.name : one.alias;
}

std::string quoted(std::string_view text) {
  std::string result;
  append_quoted(result, text);
  return result;
}

std::string one_line(std::string_view text) {
  std::string line;
  for (char c : text) line += c == '\n' || c == '\r' ? ' ' : c;
  return line;
}

bool has_descriptions(const Type& type) {
  if (!type.doc.empty()) return true;
  for (const EnumCase& one : type.cases) {
    if (!one.description.empty()) return true;
  }
  return false;
}

class Describer {
 public:
  explicit Describer(const TypeTable& types) : types_(types) {}

  std::string root(TypeId id) {
    std::string text = answer(id);
    // What is used by name is declared below, which may use more.
    for (size_t i = 0; i < pending_.size(); ++i) text += "\n\n" + declaration(pending_[i]);
    return text;
  }

 private:
  std::string answer(TypeId id) {
    const Type& type = types_[id];
    const std::string note = notes("", type.constraints, type.doc);
    const std::string end = (note.empty() ? "" : " (" + note + ")") + ".";
    switch (type.kind) {
      case TypeKind::Void: return "";
      case TypeKind::Bool: return "Answer with true or false only" + end;
      case TypeKind::Int: return "Answer with a whole number only" + end;
      case TypeKind::Float: return "Answer with a number only" + end;
      case TypeKind::Duration: return "Answer with a duration only, such as 20s or 2h30m" + end;
      case TypeKind::Money: return "Answer with an amount in US dollars only, such as $0.05" + end;
      case TypeKind::Time: return "Answer with a time only, such as 2026-01-31T09:30:00Z" + end;
      case TypeKind::Date: return "Answer with a date only, such as 2026-01-31" + end;
      case TypeKind::Bytes: return "Answer with base64 only" + end;
      case TypeKind::Json: return "Answer with JSON only" + end;
      case TypeKind::Media: return "Answer with the URL of one " + type.name + " only" + end;
      case TypeKind::String: return "Answer with text" + end;
      case TypeKind::Literal: return literal_answer(type, end);
      case TypeKind::Enum: return "Answer with exactly one of these words:" + case_lines(type, false);
      case TypeKind::Optional: return optional_answer(type.element);
      case TypeKind::Record: return record_answer(id);
      default: return "Answer with JSON only, of this form:\n" + form(id, true);
    }
  }

  std::string optional_answer(TypeId element) {
    const std::string inner = answer(element);
    return inner + "\nIf there is no such value, answer with null.";
  }

  std::string record_answer(TypeId id) {
    declared_.insert(id);
    const Type& type = types_[id];
    std::string text = "Answer with JSON only, of this form";
    if (!type.doc.empty()) text += " (" + one_line(type.doc) + ")";
    return text + ":\n" + record_form(type, holds_itself(types_, id) ? type.name + " = " : "");
  }

  static std::string literal_answer(const Type& type, const std::string& end) {
    std::string text = type.literals.size() == 1 ? "Answer with exactly: " : "Answer with exactly one of: ";
    for (size_t i = 0; i < type.literals.size(); ++i) {
      if (i > 0) text += i + 1 == type.literals.size() ? " or " : ", ";
      const Literal& literal = type.literals[i];
      if (const auto* word = std::get_if<std::string>(&literal))
        text += *word;
      else if (const auto* number = std::get_if<int64_t>(&literal))
        text += std::to_string(*number);
      else
        text += std::get<bool>(literal) ? "true" : "false";
    }
    return text + end;
  }

  static std::string case_lines(const Type& type, bool in_json) {
    std::string text;
    for (const EnumCase& one : type.cases) {
      text += "\n- " + (in_json ? quoted(shown(one)) : shown(one));
      if (!one.description.empty()) text += ": " + one_line(one.description);
    }
    return text;
  }

  std::string declaration(TypeId id) {
    const Type& type = types_[id];
    const std::string note = notes("", type.constraints, type.doc);
    const std::string suffix = note.empty() ? "" : " (" + note + ")";
    if (type.kind == TypeKind::Enum) return type.name + suffix + " is one of:" + case_lines(type, true);
    return record_form(type, type.name + suffix + " = ");
  }

  std::string record_form(const Type& type, const std::string& before) {
    std::string text = before + "{";
    for (const Field& field : type.fields) {
      text += "\n  " + quoted(field.alias.empty() ? field.name : field.alias) + ": " +
              form(field.type, false) + ",";
      const std::string note = notes(field.doc, field.constraints, alias_doc(field.type));
      if (!note.empty()) text += "  // " + note;
    }
    return text + (type.fields.empty() ? "}" : "\n}");
  }

  /// What a constrained alias says about itself, down to the elements of a list.
  std::string alias_doc(TypeId id) const {
    const Type& type = types_[id];
    const bool wraps =
        type.kind == TypeKind::Optional || type.kind == TypeKind::List || type.kind == TypeKind::Map;
    if (wraps && type.constraints.empty()) {
      const std::string inner = alias_doc(type.element);
      return inner.empty() || type.kind == TypeKind::Optional ? inner : "each: " + inner;
    }
    if (type.kind == TypeKind::Record || type.kind == TypeKind::Enum) return "";
    return notes("", type.constraints, type.doc);
  }

  static std::string notes(const std::string& doc, const std::vector<Constraint>& constraints,
                           const std::string& more) {
    std::string text = one_line(doc);
    const auto add = [&](const std::string& part) {
      if (part.empty()) return;
      if (!text.empty()) text += "; ";
      text += part;
    };
    add(one_line(more));
    for (const Constraint& constraint : constraints) add("where " + one_line(constraint.text));
    return text;
  }

  /// The type within JSON, on one line.
  std::string form(TypeId id, bool root) {
    const Type& type = types_[id];
    switch (type.kind) {
      case TypeKind::Void: return "null";
      case TypeKind::Bool: return "true or false";
      case TypeKind::Int: return "whole number";
      case TypeKind::Float: return "number";
      case TypeKind::Duration: return "duration as a string, such as \"20s\"";
      case TypeKind::Money: return "amount in US dollars as a string, such as \"$0.05\"";
      case TypeKind::Time: return "time as a string, such as \"2026-01-31T09:30:00Z\"";
      case TypeKind::Date: return "date as a string, such as \"2026-01-31\"";
      case TypeKind::Bytes: return "base64 as a string";
      case TypeKind::Json: return "any JSON value";
      case TypeKind::Media: return "{\"" + type.name + "\": its https URL or data URI}";
      case TypeKind::String: return "string";
      case TypeKind::Literal: return literal_form(type);
      case TypeKind::Enum: return has_descriptions(type) ? named(id) : enum_form(type);
      case TypeKind::Record: return named(id);
      case TypeKind::Optional: return form(type.element, root) + " or null";
      case TypeKind::List: return form(type.element, root).insert(0, 1, '[').append(", ...]");
      case TypeKind::Map: return std::string("{\"key\": ").append(form(type.element, root)).append(", ...}");
      case TypeKind::Union: {
        std::string text;
        for (TypeId member : type.members) text += (text.empty() ? "" : " or ") + form(member, root);
        return text;
      }
    }
    return "";
  }

  const std::string& named(TypeId id) {
    if (declared_.insert(id).second) pending_.push_back(id);
    return types_[id].name;
  }

  static std::string enum_form(const Type& type) {
    std::string text;
    for (const EnumCase& one : type.cases) text += (text.empty() ? "" : " or ") + quoted(shown(one));
    return text;
  }

  static std::string literal_form(const Type& type) {
    std::string text;
    for (const Literal& literal : type.literals) {
      if (!text.empty()) text += " or ";
      if (const auto* word = std::get_if<std::string>(&literal))
        text += quoted(*word);
      else if (const auto* number = std::get_if<int64_t>(&literal))
        text += std::to_string(*number);
      else
        text += std::get<bool>(literal) ? "true" : "false";
    }
    return text;
  }

  const TypeTable& types_;
  std::set<TypeId> declared_;
  std::vector<TypeId> pending_;
};

}  // namespace

std::string describe(const TypeTable& types, TypeId type) {
  return Describer(types).root(type);
}

}  // namespace chain::program
