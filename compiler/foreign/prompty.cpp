#include "compiler/foreign/prompty.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "compiler/foreign/handlebars.h"
#include "compiler/foreign/jinja.h"
#include "compiler/foreign/messages.h"

namespace chain::foreign {
namespace {

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return made;
}

/// The role that a line like `system:` or `# user:` begins; empty if it begins none.
std::string role_of(std::string_view line) {
  std::string word = lower(line);
  std::erase_if(word, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
  if (word.starts_with('#')) word.erase(0, 1);
  if (!word.ends_with(':')) return {};
  word.pop_back();
  if (const size_t attributes = word.find('['); attributes != std::string::npos && word.ends_with(']'))
    word.erase(attributes);
  static constexpr std::array<std::string_view, 6> roles = {"system",    "user", "assistant",
                                                            "developer", "tool", "function"};
  return std::find(roles.begin(), roles.end(), word) == roles.end() ? "" : word;
}

struct Section {
  std::string role;
  std::string text;
  uint32_t line = 1;
};

std::vector<Section> sections_of(const Parts& parts, std::vector<Remark>& remarks) {
  std::vector<Section> sections = {{"", "", parts.body_line}};
  uint32_t line = parts.body_line;
  std::string_view rest = parts.body;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view here = rest.substr(0, end);
    if (std::string role = role_of(here); !role.empty()) {
      if (role == "tool" || role == "function") {
        remarks.push_back({line, fmt::format("a message of role `{}` became the user's", role)});
        role = "user";
      }
      sections.push_back({role == "developer" ? "system" : role, "", line + 1});
    } else {
      sections.back().text += fmt::format("{}\n", here);
    }
    rest = rest.substr(std::min(end + 1, rest.size()));
    ++line;
  }
  const bool has_roles = sections.size() > 1;
  if (sections.front().text.find_first_not_of(" \t\r\n") == std::string::npos && has_roles)
    sections.erase(sections.begin());
  if (sections.front().role.empty()) sections.front().role = has_roles ? "system" : "user";
  return sections;
}

/// An input or output: version 1 has a map of names to types or values, version 2 also a list of properties.
Field property(const std::string& name, const Yaml& value, std::vector<Remark>& remarks) {
  Field field{name, {}, nullptr};
  if (!value.is_map()) {  // a value that it has if none is given
    static constexpr std::array<std::string_view, 9> types = {
        "string", "number", "integer", "boolean", "array", "object", "float", "int", "bool"};
    if (value.is_scalar() && std::find(types.begin(), types.end(), value.text) != types.end()) {
      Yaml schema{.kind = Yaml::Kind::Map, .line = value.line};
      schema.entries.push_back({"type", value});
      field.shape = shape_of_json_schema(schema, remarks);
      return field;
    }
    field.shape = shape_of_value(value);
    field.fallback = &value;
    return field;
  }
  if (value.find("type") == nullptr && value.find("kind") != nullptr) {
    Yaml schema = value;
    for (auto& [key, inner] : schema.entries) {
      if (key == "kind") key = "type";
    }
    field.shape = shape_of_json_schema(schema, remarks);
  } else if (value.find("type") != nullptr) {
    field.shape = shape_of_json_schema(value, remarks);
  }
  field.fallback = value.find("default");
  const bool required = value.text_at("is_required") != "false" && value.text_at("required") != "false";
  field.shape.optional = field.shape.optional || (!required && field.fallback == nullptr);
  return field;
}

Shape record_of(const Yaml& properties, std::vector<Remark>& remarks) {
  Shape record{.kind = Shape::Kind::Record};
  for (const auto& [name, value] : properties.entries)
    record.fields.push_back(property(name, value, remarks));
  for (const Yaml& item : properties.items) {
    if (!item.text_at("name").empty())
      record.fields.push_back(property(std::string(item.text_at("name")), item, remarks));
  }
  return record;
}

void read_model(const Yaml& model, PromptFile& prompt, std::vector<Remark>& remarks) {
  std::string_view provider = model.text_at("provider");
  std::string_view id = model.is_scalar() ? std::string_view(model.text) : model.text_at("id");
  if (const Yaml* configuration = model.find("configuration")) {
    provider = configuration->text_at("type");
    for (const std::string_view key : {"azure_deployment", "name", "model"}) {
      if (id.empty()) id = configuration->text_at(key);
    }
  }
  const auto [ours, name] = model_of(provider, id);
  prompt.provider = ours;
  prompt.model_id = name;
  if (ours.empty() && !id.empty())
    remarks.push_back({model.line, fmt::format("the model `{}` is of no provider that is known here", id)});
  if (provider.starts_with("azure"))
    remarks.push_back(
        {model.line, "the model's deployment on Azure: give `base_url:` and the name of the key's variable"});
  for (const std::string_view key : {"parameters", "options"}) {
    const Yaml* options = model.find(key);
    if (options == nullptr) continue;
    take_options(*options, prompt, remarks);
    const Yaml* format = options->find("response_format");
    if (format != nullptr && format->text_at("type").starts_with("json"))
      prompt.output.kind = Shape::Kind::Json;
  }
}

bool is_mustache(const Yaml& front) {
  const Yaml* kind = front.find("template");
  if (kind == nullptr) return false;
  if (kind->is_scalar()) return kind->text == "mustache";
  const Yaml* format = kind->find("format");
  return kind->text_at("format") == "mustache" || kind->text_at("type") == "mustache" ||
         (format != nullptr && format->text_at("kind") == "mustache");
}

}  // namespace

PromptFile read_prompty(const Yaml& front, const Parts& parts, std::string name,
                        std::vector<Remark>& remarks) {
  PromptFile prompt;
  prompt.name = std::move(name);
  prompt.version = "1.0";
  // A title more than a name: "Basic Prompt".
  if (!front.text_at("name").empty()) prompt.name = lower(front.text_at("name"));
  prompt.doc = front.text_at("description");
  if (const Yaml* model = front.find("model")) read_model(*model, prompt, remarks);
  for (const std::string_view key : {"inputs", "inputSchema"}) {
    if (const Yaml* inputs = front.find(key)) prompt.inputs = record_of(*inputs, remarks);
  }
  if (const Yaml* sample = front.find("sample");
      sample != nullptr && prompt.inputs.fields.empty() && sample->is_map())
    prompt.inputs = shape_of_value(*sample);
  for (const std::string_view key : {"outputs", "outputSchema"}) {
    const Yaml* outputs = front.find(key);
    if (outputs != nullptr && (!outputs->entries.empty() || !outputs->items.empty()))
      prompt.output = record_of(*outputs, remarks);
  }
  static constexpr std::array<std::string_view, 15> carried = {
      "name",     "description", "model",   "inputs", "inputSchema", "outputs",     "outputSchema", "sample",
      "template", "$schema",     "authors", "tags",   "version",     "displayName", "metadata"};
  for (const auto& [key, value] : front.entries) {
    if (std::find(carried.begin(), carried.end(), key) == carried.end())
      remarks.push_back({value.line, fmt::format("`{}` could not be carried over", key)});
  }

  const bool mustache = is_mustache(front);
  for (const Section& section : sections_of(parts, remarks)) {
    if (!mustache) {
      prompt.messages.push_back(
          {section.role, rewrite_jinja(section.text, section.line, prompt.inputs, remarks)});
      continue;
    }
    for (Message& message :
         write_messages(read_handlebars(section.text, section.line, remarks), prompt.inputs, remarks))
      prompt.messages.push_back({section.role, std::move(message.text)});
  }
  for (Message& message : prompt.messages) {
    message.text.erase(0, std::min(message.text.find_first_not_of(" \t\r\n"), message.text.size()));
    message.text.erase(message.text.find_last_not_of(" \t\r\n") + 1);
  }
  std::erase_if(prompt.messages, [](const Message& message) { return message.text.empty(); });
  return prompt;
}

}  // namespace chain::foreign
