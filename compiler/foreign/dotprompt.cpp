#include "compiler/foreign/dotprompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/foreign/handlebars.h"

namespace chain::foreign {
namespace {

void take_defaults(const Yaml* defaults, Shape& inputs) {
  if (defaults == nullptr) return;
  for (const auto& [name, value] : defaults->entries) {
    auto field = std::find_if(inputs.fields.begin(), inputs.fields.end(),
                              [&name = name](const Field& one) { return one.name == name; });
    if (field == inputs.fields.end())
      field = inputs.fields.insert(inputs.fields.end(), {name, shape_of_value(value), nullptr});
    field->fallback = &value;
    field->shape.optional = false;
  }
}

}  // namespace

PromptFile read_dotprompt(const Yaml& front, const Parts& parts, std::string name,
                          std::vector<Remark>& remarks) {
  PromptFile prompt;
  prompt.name = std::move(name);
  prompt.version = "1.0";
  if (!front.text_at("name").empty()) prompt.name = front.text_at("name");
  prompt.doc = front.text_at("description");
  const auto [provider, id] = model_of({}, front.text_at("model"));
  prompt.provider = provider;
  prompt.model_id = id;
  if (provider.empty() && !front.text_at("model").empty())
    remarks.push_back(
        {front.find("model")->line,
         fmt::format("the model `{}` is of no provider that is known here", front.text_at("model"))});

  if (const Yaml* config = front.find("config")) take_options(*config, prompt, remarks);
  if (const Yaml* input = front.find("input")) {
    if (const Yaml* schema = input->find("schema")) {
      Shape inputs = shape_of_picoschema(*schema, remarks);
      if (inputs.kind == Shape::Kind::Record) {
        prompt.inputs = std::move(inputs);
      } else {
        remarks.push_back({schema->line, "the input's schema is no record: it was left out"});
      }
    }
    take_defaults(input->find("default"), prompt.inputs);
  }
  if (const Yaml* output = front.find("output")) {
    if (const Yaml* schema = output->find("schema")) {
      prompt.output = shape_of_picoschema(*schema, remarks);
    } else if (output->text_at("format").starts_with("json")) {
      prompt.output.kind = Shape::Kind::Json;
    }
  }
  static constexpr std::array<std::string_view, 7> carried = {"name",  "description", "model",  "config",
                                                              "input", "output",      "variant"};
  for (const auto& [key, value] : front.entries) {
    if (std::find(carried.begin(), carried.end(), key) == carried.end())
      remarks.push_back({value.line, fmt::format("`{}` could not be carried over", key)});
  }
  if (!front.text_at("variant").empty()) prompt.name += fmt::format("_{}", front.text_at("variant"));
  prompt.messages =
      write_messages(read_handlebars(parts.body, parts.body_line, remarks), prompt.inputs, remarks);
  return prompt;
}

}  // namespace chain::foreign
