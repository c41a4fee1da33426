#include "runtime/program/model_links.h"

#include <charconv>
#include <set>
#include <string>
#include <string_view>

namespace chain::program {

namespace {

/// What stands behind `"name":` in options that the compiler wrote. In their texts quotation marks are
/// escaped, so nothing else looks like that.
std::string_view behind(std::string_view json, std::string_view name) {
  const std::string key = '"' + std::string(name) + "\":";
  const size_t found = json.find(key);
  return found == std::string_view::npos ? std::string_view() : json.substr(found + key.size());
}

std::optional<uint32_t> take_place(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  uint32_t place = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), place);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return place;
}

}  // namespace

ModelLinks links_of(const Model& model) {
  ModelLinks links;
  std::string_view fallback = behind(model.options_json, "fallback");
  links.fallback = take_place(fallback);
  if (model.provider != "balance") return links;
  std::string_view members = behind(model.options_json, "members");
  while (members.starts_with(' ')) members.remove_prefix(1);
  while (members.starts_with('[') || members.starts_with(',')) {
    members.remove_prefix(1);
    const std::optional<uint32_t> place = take_place(members);
    if (!place) break;
    links.members.push_back(*place);
  }
  return links;
}

std::vector<uint32_t> answering_models(const std::vector<Model>& models, uint32_t index) {
  std::vector<uint32_t> answering;
  std::set<uint32_t> seen;
  for (std::optional<uint32_t> at = index; at && *at < models.size() && seen.insert(*at).second;) {
    const ModelLinks links = links_of(models[*at]);
    if (links.members.empty()) answering.push_back(*at);
    for (const uint32_t member : links.members) {
      if (member < models.size()) answering.push_back(member);
    }
    at = links.fallback;
  }
  return answering;
}

}  // namespace chain::program
