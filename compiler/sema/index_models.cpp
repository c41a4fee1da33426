#include "compiler/sema/index_models.h"

#include <algorithm>
#include <array>

#include "runtime/program/providers.h"
#include "runtime/value/json.h"

namespace chain::sema {

namespace {

using value::JsonMember;

constexpr std::array kRerankServices = {
    RerankService{"cohere", "https://api.cohere.com/v2", "COHERE_API_KEY"},
    RerankService{"jina", "https://api.jina.ai/v1", "JINA_API_KEY"},
};

std::vector<JsonMember> members_of(std::string_view json) {
  std::string ignored;
  return value::json_members(json, ignored).value_or(std::vector<JsonMember>());
}

const JsonMember* find(const std::vector<JsonMember>& members, std::string_view name) {
  const auto found = std::ranges::find(members, name, &JsonMember::key);
  return found == members.end() ? nullptr : &*found;
}

void add(std::string& object, std::string_view name, std::string_view json) {
  object += object.empty() ? '{' : ',';
  value::append_json_string(object, name);
  object.append(":").append(json);
}

void add_text(std::string& object, std::string_view name, std::string_view text) {
  std::string json;
  value::append_json_string(json, text);
  add(object, name, json);
}

/// `dataset(golden, text: "body")` becomes `jsonl("golden.jsonl", text: "body")`.
void inline_dataset(graph::ProviderCall& provider) {
  std::string options;
  for (const JsonMember& member : members_of(provider.options_json)) {
    if (member.key != "dataset") {
      add(options, member.key, member.value);
      continue;
    }
    for (const JsonMember& rows : members_of(member.value)) {
      provider.name = rows.key;
      for (const JsonMember& option : members_of(rows.value)) add(options, option.key, option.value);
    }
  }
  provider.options_json = options.empty() ? "{}" : options + '}';
}

/// `options` are those of the provider inside an index: its model's id, what a model takes as well, and what
/// goes with each request: the length of vectors, and whether there are images.
program::Model model_of(std::string name, std::string_view provider, std::string_view options,
                        program::ModelUse use) {
  program::Model model{
      .name = std::move(name), .provider = std::string(provider), .id = {}, .options_json = {}, .use = use};
  const std::vector<JsonMember> members = members_of(options);
  for (const JsonMember& member : members) {
    if (member.key == "model") model.id = value::json_string(member.value).value_or("");
    if (member.key != "model" && member.key != "dimensions" && member.key != "images")
      add(model.options_json, member.key, member.value);
  }
  if (use == program::ModelUse::Reranks) {
    model.provider = "compatible";
    if (const RerankService* service = find_rerank_service(provider)) {
      if (!find(members, "base_url")) add_text(model.options_json, "base_url", service->home);
      if (!find(members, "api_key_env")) add_text(model.options_json, "api_key_env", service->key);
    }
  }
  model.options_json += model.options_json.empty() ? "{}" : "}";
  return model;
}

uint32_t enter(Context& context, program::Model model, Span span) {
  const auto place = static_cast<uint32_t>(context.module.models.size());
  context.module.models.push_back(std::move(model));
  context.module.model_spans.push_back(span);
  context.module.fallbacks.push_back(UINT32_MAX);
  context.model_symbols.push_back(nullptr);
  return place;
}

}  // namespace

const RerankService* find_rerank_service(std::string_view provider) {
  const auto found = std::ranges::find(kRerankServices, provider, &RerankService::provider);
  return found == kRerankServices.end() ? nullptr : &*found;
}

void complete_index(Context& context, graph::Resource& index) {
  if (index.provider.name == "dataset") inline_dataset(index.provider);
  const std::vector<JsonMember> options = members_of(index.provider.options_json);
  if (const JsonMember* embed = find(options, "embed")) {
    for (const JsonMember& embedder : members_of(embed->value)) {
      if (!program::find_model_provider(embedder.key)) continue;  // made here
      index.embed_model = enter(
          context, model_of(index.name + ".embed", embedder.key, embedder.value, program::ModelUse::Embeds),
          index.span);
    }
  }
  if (const JsonMember* rerank = find(options, "rerank")) {
    for (const JsonMember& ranker : members_of(rerank->value)) {
      index.rerank_model = enter(
          context, model_of(index.name + ".rerank", ranker.key, ranker.value, program::ModelUse::Reranks),
          index.span);
    }
  }
}

}  // namespace chain::sema
