#include "runtime/model/baseline.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "runtime/model/baseline_answer.h"
#include "runtime/value/json.h"

namespace chain::model {
namespace {

using baseline::Json;

Json parse(const std::string& text) {
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? Json() : value;
}

/// As models write it: strings, enum cases and other scalars bare, the rest as JSON.
std::string as_reply(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string baseline_reply(const program::Program& program, const program::Prompt& prompt,
                           const std::byte* arguments) {
  std::string inputs;
  const void* record = arguments;  // a record value is a pointer to its fields
  value::write_json(program.types, prompt.parameters, &record, inputs);

  std::vector<baseline::Shown> examples;
  for (const program::Example& example : prompt.examples) {
    examples.push_back({parse(example.arguments_json), parse(example.result_json)});
  }
  return as_reply(baseline::answer(program, prompt, parse(inputs), std::move(examples)));
}

}  // namespace chain::model
