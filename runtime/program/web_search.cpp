#include "runtime/program/web_search.h"

#include <string_view>

#include "runtime/program/model_links.h"

namespace chain::program {

namespace {

bool is_made_for_it(const Model& model) {
  if (model.provider != "openai" && model.provider != "compatible") return false;
  return model.id.find("-search-api") != std::string::npos ||
         model.id.find("-search-preview") != std::string::npos;
}

}  // namespace

bool searches_web(const Model& model) {
  if (is_made_for_it(model)) return true;
  // Within the texts of options quotation marks are escaped, so nothing else looks like that.
  constexpr std::string_view kKey = "\"web_search\":";
  const std::string_view json = model.options_json;
  const size_t found = json.find(kKey);
  if (found == std::string_view::npos) return false;
  std::string_view value = json.substr(found + kKey.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  return value.starts_with("true");
}

std::optional<uint32_t> searching_model(const std::vector<Model>& models, uint32_t index) {
  for (const uint32_t answering : answering_models(models, index)) {
    if (searches_web(models[answering])) return answering;
  }
  return std::nullopt;
}

}  // namespace chain::program
