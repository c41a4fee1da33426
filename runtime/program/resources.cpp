#include "runtime/program/resources.h"

#include "runtime/program/providers.h"

namespace chain::program {

namespace {

constexpr ResourceProvider kProviders[] = {
#define RESOURCE_PROVIDER(kind, name, doc) {kind, name, doc},
#define RESOURCE_OPTION(...)
#include "runtime/program/resources.def"
#undef RESOURCE_PROVIDER
#undef RESOURCE_OPTION
};

constexpr ResourceOption kOptions[] = {
#define RESOURCE_PROVIDER(...)
#define RESOURCE_OPTION(kind, providers, name, place, type, needed, least, most, choices, doc) \
  {kind, providers, name, ArgumentPlace::place, ArgumentType::type, needed, least, most, choices, doc},
#include "runtime/program/resources.def"
#undef RESOURCE_PROVIDER
#undef RESOURCE_OPTION
};

}  // namespace

std::span<const ResourceProvider> resource_providers() {
  return kProviders;
}

std::span<const ResourceOption> resource_options() {
  return kOptions;
}

const ResourceProvider* find_resource_provider(std::string_view kind, std::string_view name) {
  for (const ResourceProvider& provider : kProviders) {
    if (provider.kind == kind && provider.name == name) return &provider;
  }
  return nullptr;
}

std::vector<const ResourceOption*> options_of(const ResourceProvider& provider) {
  std::vector<const ResourceOption*> result;
  for (const ResourceOption& option : kOptions) {
    if (option.kind == provider.kind && listed(option.providers, provider.name)) result.push_back(&option);
  }
  return result;
}

}  // namespace chain::program
