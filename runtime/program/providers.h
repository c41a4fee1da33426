// Which model providers there are and which options they take: providers.def, for looking up.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace chain::program {

/// What stands before the options: nothing, the model's id, or the models to choose from.
enum class TakesId : uint8_t { None, Required, Models };

/// `Strings` is a string or a list of strings; `Choice` a string out of `choices`; a `Float` takes an int; a
/// `Secret` is written `secret("NAME")` and given to the option `choices` as NAME; a `Model` is the name of
/// one; `Models` are what stands before the options, and no option that a program writes.
enum class OptionType : uint8_t {
  String,
  Int,
  Float,
  Duration,
  Bool,
  Strings,
  Ints,
  Choice,
  Secret,
  Model,
  Models
};

struct ProviderInfo {
  std::string_view name;
  TakesId takes_id;
  std::string_view home;  // a URL
  std::string_view key;   // an environment variable
  std::string_view doc;
};

struct OptionInfo {
  std::string_view providers;  // "openai,anthropic"
  std::string_view name;
  OptionType type;
  int64_t least;  // inclusive bounds of Int, Float and Duration (nanoseconds)
  int64_t most;
  std::string_view choices;  // "auto,on,off"
  std::string_view doc;
};

inline constexpr ProviderInfo kModelProviders[] = {
#define MODEL_PROVIDER(name, takes_id, home, key, doc) {name, TakesId::takes_id, home, key, doc},
#define MODEL_OPTION(...)
#include "runtime/program/providers.def"
#undef MODEL_PROVIDER
#undef MODEL_OPTION
};

inline constexpr OptionInfo kModelOptions[] = {
#define MODEL_PROVIDER(...)
#define MODEL_OPTION(providers, name, type, least, most, choices, doc) \
  {providers, name, OptionType::type, least, most, choices, doc},
#include "runtime/program/providers.def"
#undef MODEL_PROVIDER
#undef MODEL_OPTION
};

[[nodiscard]] constexpr std::span<const ProviderInfo> model_providers() {
  return kModelProviders;
}
[[nodiscard]] constexpr std::span<const OptionInfo> model_options() {
  return kModelOptions;
}

/// Whether `item` is one of `list`, whose items are separated by commas.
[[nodiscard]] constexpr bool listed(std::string_view list, std::string_view item) {
  while (true) {
    const size_t comma = list.find(',');
    if (list.substr(0, comma) == item) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

/// Whether models of `provider` are no language models: they answer within this process, the same each time.
[[nodiscard]] constexpr bool is_stand_in(std::string_view provider) {
  return provider == "baseline" || provider == "scripted";
}

/// Null if there is no such provider.
[[nodiscard]] constexpr const ProviderInfo* find_model_provider(std::string_view name) {
  for (const ProviderInfo& provider : kModelProviders) {
    if (provider.name == name) return &provider;
  }
  return nullptr;
}

/// Null if `provider` takes no such option.
[[nodiscard]] constexpr const OptionInfo* find_model_option(std::string_view provider,
                                                            std::string_view name) {
  for (const OptionInfo& option : kModelOptions) {
    if (option.name == name && listed(option.providers, provider)) return &option;
  }
  return nullptr;
}

}  // namespace chain::program
