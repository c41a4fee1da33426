#include "compiler/foreign/prompt_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "compiler/foreign/names.h"

namespace chain::foreign {
namespace {

/// Appends `text` as comment lines.
void comment(std::string& out, std::string_view mark, std::string_view text, std::string_view indent = "") {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out += fmt::format("{}{} {}\n", indent, mark, line);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::erase(line, '\r');
  return line;
}

/// Types as declarations, in the order in which they are needed.
class TypeWriter {
 public:
  explicit TypeWriter(std::vector<Remark>& remarks) : remarks_(remarks) {}

  /// The type of `shape`; what has to be declared for it is called `name`.
  std::string type_of(const Shape& shape, const std::string& name) {
    return bare_type(shape, name) + (shape.optional ? "?" : "");
  }

  /// A value of the type, or nothing if it is none: a default.
  std::string literal(const Yaml& value, const Shape& shape, const std::string& type) {
    switch (shape.kind) {
      case Shape::Kind::String: return value.is_scalar() ? string_literal(value.text) : "";
      case Shape::Kind::Bool: return value.text == "true" || value.text == "false" ? value.text : "";
      case Shape::Kind::Int:
        return !value.text.empty() && value.text.find_first_not_of("-0123456789") == std::string::npos
                   ? value.text
                   : "";
      case Shape::Kind::Float: return number(value.text);
      case Shape::Kind::Enum: {
        const auto found = std::find(shape.cases.begin(), shape.cases.end(), value.text);
        return found == shape.cases.end() ? ""
                                          : type.substr(0, type.find('?')) + "." + identifier(value.text);
      }
      case Shape::Kind::List: {
        std::string list;
        for (const Yaml& item : value.items) {
          const std::string text = literal(item, shape.element.front(), "");
          if (text.empty()) return "";
          list += (list.empty() ? "" : ", ") + text;
        }
        return value.is_list() ? "[" + list + "]" : "";
      }
      default: return "";
    }
  }

  const std::string& declarations() const { return declarations_; }

 private:
  static std::string number(const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != 0 || !(value > -1e15 && value < 1e15)) return "";
    std::string literal = fmt::format("{}", value);
    return literal.find('e') == std::string::npos ? literal : "";
  }

  std::string bare_type(const Shape& shape, const std::string& name) {
    switch (shape.kind) {
      case Shape::Kind::String: return "string";
      case Shape::Kind::Float: return "float";
      case Shape::Kind::Int: return "int";
      case Shape::Kind::Bool: return "bool";
      case Shape::Kind::Json: return "json";
      case Shape::Kind::Image: return "image";
      case Shape::Kind::List: return type_of(shape.element.front(), name) + "[]";
      case Shape::Kind::Map: return "map<" + type_of(shape.element.front(), name) + ">";
      case Shape::Kind::Enum: return declare_enum(shape, name);
      case Shape::Kind::Record: return declare_record(shape, name);
    }
    return "json";
  }

  std::string declare_enum(const Shape& shape, const std::string& wanted) {
    const std::string name = unused(type_name(wanted), taken_);
    std::string text;
    comment(text, "///", shape.doc);
    text += fmt::format("enum {} {{\n", name);
    std::set<std::string> cases;
    for (const std::string& item : shape.cases) {
      const std::string word = unused(identifier(item), cases);
      text += word == item ? fmt::format("  {}\n", word)
                           : fmt::format("  {} as {}\n", word, string_literal(item));
    }
    declarations_ += text + "}\n\n";
    return name;
  }

  std::string declare_record(const Shape& shape, const std::string& wanted) {
    const std::string name = unused(type_name(wanted), taken_);
    if (shape.fields.empty()) return "json";
    std::string text;
    comment(text, "///", shape.doc);
    text += fmt::format("type {} {{\n", name);
    std::set<std::string> words;
    for (const Field& field : shape.fields) {
      comment(text, "///", one_line(field.shape.doc), "  ");
      const std::string word = unused(identifier(field.name), words);
      const std::string alias = word == field.name ? "" : " as " + string_literal(field.name);
      const std::string type = type_of(field.shape, name + " " + field.name);
      text += fmt::format("  {}{}: {}\n", word, alias, type);
    }
    declarations_ += text + "}\n\n";
    return name;
  }

  std::vector<Remark>& remarks_;
  std::set<std::string> taken_;
  std::string declarations_;
};

struct Parameter {
  std::string name;
  std::string text;  // `name: type = default`, with its doc before it
  bool has_default = false;
};

std::vector<Parameter> parameters_of(const PromptFile& prompt, TypeWriter& types,
                                     std::vector<Remark>& remarks) {
  std::vector<Parameter> parameters;
  std::set<std::string> taken;
  for (const Field& field : prompt.inputs.fields) {
    const std::string name = unused(identifier(field.name), taken);
    if (name != field.name)
      remarks.push_back({0, fmt::format("the input `{}` is called `{}` here", field.name, name)});
    const std::string type = types.type_of(field.shape, prompt.name + " " + field.name);
    std::string fallback;
    if (field.fallback != nullptr && field.fallback->kind != Yaml::Kind::Null) {
      fallback = types.literal(*field.fallback, field.shape, type);
      if (fallback.empty())
        remarks.push_back(
            {field.fallback->line, fmt::format("the default of `{}` could not be carried over", field.name)});
    }
    if (fallback.empty() && field.shape.optional) fallback = "none";
    Parameter parameter{name, {}, !fallback.empty()};
    comment(parameter.text, "///", one_line(field.shape.doc), "  ");
    parameter.text += fmt::format("  {}: {}", name, type);
    if (parameter.has_default) parameter.text += " = " + fallback;
    parameters.push_back(std::move(parameter));
  }
  std::stable_partition(parameters.begin(), parameters.end(),
                        [](const Parameter& one) { return !one.has_default; });
  return parameters;
}

/// The messages as members, with what is asked of the answer's form if it is more than text.
std::string members_of(const PromptFile& prompt) {
  std::vector<Message> messages = prompt.messages;
  const bool says_format = std::any_of(messages.begin(), messages.end(), [](const Message& message) {
    return message.text.find("{{ output.format }}") != std::string::npos;
  });
  if (messages.empty() ||
      std::none_of(messages.begin(), messages.end(), [](const Message& m) { return m.role == "user"; }))
    messages.push_back({"user", messages.empty() ? "" : "Go on."});
  if (prompt.output.kind != Shape::Kind::String && !says_format)
    messages.back().text += "\n\n{{ output.format }}";
  std::string text;
  for (const Message& message : messages) {
    text += fmt::format("  {}: \"\"\"\n", message.role);
    std::string_view rest = message.text;
    while (true) {
      const size_t end = rest.find('\n');
      const std::string_view line = rest.substr(0, end);
      text += line.empty() ? "\n" : fmt::format("    {}\n", line);
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
    text += "    \"\"\"\n";
  }
  return text;
}

std::string model_text(const PromptFile& prompt, const std::string& name) {
  std::string text =
      fmt::format("model {} = {}(", name, prompt.provider.empty() ? "baseline" : prompt.provider);
  std::string separator;
  if (!prompt.provider.empty()) {
    text += string_literal(prompt.model_id);
    separator = ", ";
  }
  for (const auto& [option, literal] : prompt.options) {
    text += fmt::format("{}{}: {}", separator, option, literal);
    separator = ", ";
  }
  return text + ")\n\n";
}

}  // namespace

std::string write_chain(const PromptFile& prompt, std::string_view source, std::vector<Remark>& remarks) {
  if (prompt.provider.empty())
    remarks.push_back(
        {0,
         "no model of a provider that is known here: `baseline()`, which is no language model, stands in"});
  TypeWriter types(remarks);
  const std::string name = identifier(prompt.name);
  const std::vector<Parameter> parameters = parameters_of(prompt, types, remarks);
  const std::string result = types.type_of(prompt.output, prompt.name + " answer");
  std::string model = "writer";
  while (name == model || std::any_of(parameters.begin(), parameters.end(),
                                      [&](const Parameter& p) { return p.name == model; }))
    model += "_model";

  std::string signature;
  std::string arguments;
  for (const Parameter& parameter : parameters) {
    signature += (signature.empty() ? "\n" : ",\n") + parameter.text;
    arguments += (arguments.empty() ? "" : ", ") + parameter.name + ": " + parameter.name;
  }
  if (!signature.empty()) signature += "\n";

  std::string text = fmt::format("//! Made from {}.\n", one_line(source));
  if (!remarks.empty()) text += "\n";
  for (const Remark& remark : remarks) {
    const std::string place = remark.line == 0 ? "" : fmt::format("line {}: ", remark.line);
    text += fmt::format("// {}{}\n", place, one_line(remark.text));
  }
  text += "\n" + model_text(prompt, model) + types.declarations();
  comment(text, "///", prompt.doc);
  text += fmt::format("prompt {}@{}({}) -> {} {{\n  model: {}\n{}}}\n\n", name, prompt.version, signature,
                      result, model, members_of(prompt));
  text += fmt::format("chain {}({}) -> {} {{\n  return {}({})\n}}\n", name == "main" ? "run" : "main",
                      signature, result, name, arguments);
  return text;
}

Parts split_front_matter(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Parts parts{.front = {}, .body = text};
  uint32_t line = 1;
  size_t at = 0;
  size_t front = std::string_view::npos;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view here = text.substr(at, end - at);
    while (!here.empty() && (here.back() == '\r' || here.back() == ' ')) here.remove_suffix(1);
    const bool opens = front == std::string_view::npos;
    const bool skipped = opens && (here.empty() || here.starts_with('#'));  // a licence may stand above
    if (here != "---" && opens && !skipped) return parts;
    if (here == "---" && opens) {
      front = end + 1;
    } else if (here == "---") {
      parts.front = text.substr(std::min(front, at), at - std::min(front, at));
      parts.body = text.substr(std::min(end + 1, text.size()));
      parts.body_line = line + 1;
      return parts;
    }
    at = end + 1;
    ++line;
  }
  return parts;
}

ModelName model_of(std::string_view provider, std::string_view id) {
  if (const size_t slash = id.find('/'); provider.empty() && slash != std::string_view::npos) {
    provider = id.substr(0, slash);
    id = id.substr(slash + 1);
  }
  struct Known {
    std::string_view theirs;
    std::string_view ours;
  };
  static constexpr std::array known = {
      Known{"googleai", "gemini"},     Known{"google-genai", "gemini"}, Known{"google", "gemini"},
      Known{"vertexai", "gemini"},     Known{"gemini", "gemini"},       Known{"openai", "openai"},
      Known{"azure_openai", "openai"}, Known{"azure", "openai"},        Known{"anthropic", "anthropic"},
      Known{"ollama", "ollama"},
  };
  if (id.starts_with("claude")) return {"anthropic", std::string(id)};
  if (id.starts_with("gemini")) return {"gemini", std::string(id)};
  for (const Known& one : known) {
    if (one.theirs == provider && !id.empty()) return {std::string(one.ours), std::string(id)};
  }
  if (provider.empty() &&
      (id.starts_with("gpt-") || id.starts_with("o1") || id.starts_with("o3") || id.starts_with("o4")))
    return {"openai", std::string(id)};
  return {};
}

void take_options(const Yaml& options, PromptFile& prompt, std::vector<Remark>& remarks) {
  struct Known {
    std::string_view theirs;
    std::string_view ours;
  };
  static constexpr std::array known = {
      Known{"temperature", "temperature"},
      Known{"topP", "top_p"},
      Known{"top_p", "top_p"},
      Known{"maxOutputTokens", "max_tokens"},
      Known{"max_tokens", "max_tokens"},
      Known{"maxTokens", "max_tokens"},
      Known{"max_completion_tokens", "max_tokens"},
      Known{"seed", "seed"},
      Known{"stopSequences", "stop"},
      Known{"stop", "stop"},
  };
  for (const auto& [name, value] : options.entries) {
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&name = name](const Known& one) { return one.theirs == name; });
    std::string literal;
    if (found != known.end() && value.is_scalar()) {
      const bool number =
          !value.text.empty() && value.text.find_first_not_of("0123456789.") == std::string::npos;
      literal = found->ours == "stop" ? string_literal(value.text) : number ? value.text : "";
      if (literal.ends_with('.')) literal += '0';
      if (literal.starts_with('.')) literal.insert(0, "0");
    } else if (found != known.end() && value.is_list() && found->ours == "stop") {
      for (const Yaml& item : value.items)
        literal += (literal.empty() ? "[" : ", ") + string_literal(item.text);
      if (!literal.empty()) literal += "]";
    }
    const bool knows =
        found != known.end() &&
        !(found->ours == "seed" && (prompt.provider == "anthropic" || prompt.provider == "gemini"));
    if (literal.empty() || !knows) {
      remarks.push_back(
          {value.line, fmt::format("the option `{}` of the model could not be carried over", name)});
    } else {
      prompt.options.emplace_back(found->ours, literal);
    }
  }
}

}  // namespace chain::foreign
