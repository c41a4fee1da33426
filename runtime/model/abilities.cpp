#include "runtime/model/abilities.h"

namespace chain::model {

namespace {

struct Row {
  std::string_view provider;
  std::string_view family;
  Abilities abilities;
};

constexpr Row kRows[] = {
#define ABILITIES(provider, family, structured, tools, tool_choice, stream_usage, embeddings, several,     \
                  web_search, reasoning, context, media)                                                   \
  {provider,                                                                                               \
   family,                                                                                                 \
   {Does::structured, Does::tools, Does::tool_choice, Does::stream_usage, Does::embeddings, Does::several, \
    Does::web_search, Does::reasoning, context, media}},
#include "runtime/model/abilities.def"
#undef ABILITIES
};

constexpr AbilityName kProbed[] = {
    {"structured", &Abilities::structured},   {"tools", &Abilities::tools},
    {"tool_choice", &Abilities::tool_choice}, {"stream_usage", &Abilities::stream_usage},
    {"embeddings", &Abilities::embeddings},   {"n", &Abilities::several},
    {"web_search", &Abilities::web_search},
};

}  // namespace

std::span<const AbilityName> probed_abilities() {
  return kProbed;
}

Abilities abilities_of(std::string_view provider, std::string_view id) {
  const Row* best = nullptr;
  for (const Row& row : kRows) {
    if (row.provider != provider || !id.starts_with(row.family)) continue;
    if (best == nullptr || row.family.size() > best->family.size()) best = &row;
  }
  return best != nullptr ? best->abilities : Abilities{};
}

}  // namespace chain::model
