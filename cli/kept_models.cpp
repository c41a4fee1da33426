#include "cli/kept_models.h"

#include <nlohmann/json.hpp>

#include <iterator>
#include <optional>

namespace chain::cli {
namespace {

using nlohmann::json;

constexpr const char* kMember = "called";
constexpr const char* kOptions[] = {"temperature", "top_p", "max_tokens", "seed", "stop"};

template <typename Number>
std::optional<Number> number(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<Number>();
}

std::string word(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// A text, or a list of texts.
std::vector<std::string> words(const json& object, const char* name) {
  std::vector<std::string> list;
  const auto found = object.find(name);
  if (found == object.end()) return list;
  for (const json& each : found->is_array() ? *found : json::array({*found})) {
    if (each.is_string()) list.push_back(each.get<std::string>());
  }
  return list;
}

json described(const program::Model& model) {
  json object = {{"provider", model.provider}, {"id", model.id}};
  const json options = json::parse(model.options_json, nullptr, false);
  if (!options.is_object()) return object;
  for (const char* name : kOptions) {
    if (const auto option = options.find(name); option != options.end()) object[name] = *option;
  }
  return object;
}

/// Calls with options of their own (`with { temperature: 1 }`) have models of the same name, and a step says
/// no more than that: what is not the same for all of them is not known.
void keep_common(json& kept, const json& other) {
  for (auto each = kept.begin(); each != kept.end();) {
    const auto same = other.find(each.key());
    each = same != other.end() && *same == *each ? std::next(each) : kept.erase(each);
  }
}

}  // namespace

std::string with_models(const std::string& settings, const std::vector<program::Model>& models) {
  json object = json::parse(settings, nullptr, false);
  if (!object.is_object()) return settings;
  json& called = object[kMember] = json::object();
  for (const program::Model& model : models) {
    const auto [kept, fresh] = called.emplace(model.name, described(model));
    if (!fresh) keep_common(*kept, described(model));
  }
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

trace::CalledModels models_of(const std::string& settings) {
  trace::CalledModels models;
  const json object = json::parse(settings, nullptr, false);
  if (!object.is_object() || !object.contains(kMember) || !object[kMember].is_object()) return models;
  for (const auto& [name, kept] : object[kMember].items()) {
    if (!kept.is_object()) continue;
    models[name] = {.provider = word(kept, "provider"),
                    .id = word(kept, "id"),
                    .temperature = number<double>(kept, "temperature"),
                    .top_p = number<double>(kept, "top_p"),
                    .max_tokens = number<int64_t>(kept, "max_tokens"),
                    .seed = number<int64_t>(kept, "seed"),
                    .stop = words(kept, "stop")};
  }
  return models;
}

}  // namespace chain::cli
