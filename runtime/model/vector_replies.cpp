#include "runtime/model/vector_replies.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "runtime/model/endpoint.h"
#include "runtime/value/base64.h"

namespace chain::model {

namespace {

using nlohmann::json;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

int64_t count_in(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return 0;
  const double count = found->get<double>();
  return count > 0 && count < 1e15 ? static_cast<int64_t>(count) : 0;
}

const json* member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

void read_usage(const json& reply, Usage& usage) {
  if (const json* counts = member(reply, "usage"); counts && counts->is_object()) {
    const int64_t input = count_in(*counts, "prompt_tokens");
    usage.input_tokens += input > 0 ? input : count_in(*counts, "total_tokens");
  }
  if (reply.is_object()) usage.input_tokens += count_in(reply, "prompt_eval_count");  // Ollama's
  const json* meta = member(reply, "meta");                                           // Cohere's
  const json* tokens = meta ? member(*meta, "tokens") : nullptr;
  if (tokens && tokens->is_object()) usage.input_tokens += count_in(*tokens, "input_tokens");
}

void read_model(const json& reply, std::string& model) {
  const json* name = member(reply, "model");
  if (name && name->is_string()) model = name->get<std::string>();
}

/// Little-endian floats in base64, as OpenAI sends them.
std::optional<std::vector<float>> floats_of(const std::string& base64) {
  const std::optional<std::string> bytes = value::parse_base64(base64);
  if (!bytes || bytes->size() % sizeof(float) != 0) return std::nullopt;
  static_assert(std::endian::native == std::endian::little);
  std::vector<float> floats(bytes->size() / sizeof(float));
  std::memcpy(floats.data(), bytes->data(), bytes->size());
  return floats;
}

/// The vector, or nothing and why.
std::optional<std::vector<float>> vector_of(const json& value, std::string& wrong) {
  std::optional<std::vector<float>> floats;
  if (value.is_string()) {
    floats = floats_of(value.get_ref<const std::string&>());
    if (!floats) wrong = "is no base64 of floats";
  } else if (value.is_array()) {
    floats.emplace();
    floats->reserve(value.size());
    for (const json& number : value) {
      if (!number.is_number()) return wrong = "holds something that is no number", std::nullopt;
      floats->push_back(number.get<float>());
    }
  } else {
    wrong = "is no list of numbers";
  }
  if (!floats) return std::nullopt;
  if (floats->empty()) return wrong = "is empty", std::nullopt;
  if (!std::ranges::all_of(*floats, [](float f) { return std::isfinite(f); }))
    return wrong = "holds a number that is not finite", std::nullopt;
  double square = 0;
  for (const float each : *floats) square += static_cast<double>(each) * each;
  if (square == 0) return wrong = "is all zeros, which is near to nothing and far from nothing", std::nullopt;
  // Its length has to be one that floats can be divided by.
  if (const double length = std::sqrt(square); length < 1e-18 || length > 1e18)
    return wrong = fmt::format("is {:.0e} long, and floats cannot measure that", length), std::nullopt;
  return floats;
}

/// Where the vectors stand: OpenAI's `data[].embedding`, Ollama's `embeddings[]`, Gemini's
/// `embeddings[].values`.
const json* vectors_in(const json& reply) {
  for (const char* name : {"data", "embeddings"}) {
    const json* list = member(reply, name);
    if (list && list->is_array()) return list;
  }
  return nullptr;
}

const json* vector_in(const json& item) {
  if (!item.is_object()) return &item;
  for (const char* name : {"embedding", "values"}) {
    if (const json* vector = member(item, name)) return vector;
  }
  return nullptr;
}

/// Of an item that says which text it is of; else by its place.
std::optional<size_t> index_of(const json& item, size_t place, size_t count) {
  const json* index = member(item, "index");
  if (!index) return place;
  if (!index->is_number_integer()) return std::nullopt;
  const auto number = index->get<int64_t>();
  if (number < 0 || static_cast<uint64_t>(number) >= count) return std::nullopt;
  return static_cast<size_t>(number);
}

json item_of(const std::string& text, EmbedInput input) {
  switch (input) {
    case EmbedInput::Plain: break;
    case EmbedInput::Text: return {{"text", text}};
    case EmbedInput::Image: {
      std::string base64;
      value::append_base64(base64, text);
      return {{"image", std::move(base64)}};
    }
  }
  return text;
}

}  // namespace

EmbedApi embed_api(const program::Model& model) {
  if (model.provider == "openai") return {{"/embeddings", "embedding servers"}, 2048};
  if (model.provider == "compatible") return {{"/embeddings", "embedding servers"}, 128};
  if (model.provider == "ollama") return {{"/api/embed", "Ollama's models"}, 512};
  if (model.provider == "gemini")
    return {{"/models/" + in_path(model.id) + ":batchEmbedContents", "Gemini models"}, 100};
  return {};
}

std::string embed_body(const program::Model& model, std::span<const std::string> texts, EmbedInput input,
                       int64_t dimensions) {
  if (model.provider == "gemini") {
    json requests = json::array();
    for (const std::string& text : texts) {
      json one = {{"model", "models/" + model.id}, {"content", {{"parts", json::array({{{"text", text}}})}}}};
      if (dimensions > 0) one["outputDimensionality"] = dimensions;
      requests.push_back(std::move(one));
    }
    return dump({{"requests", std::move(requests)}});
  }
  json body = {{"model", model.id}, {"input", json::array()}};
  for (const std::string& text : texts) body["input"].push_back(item_of(text, input));
  if (dimensions > 0) body["dimensions"] = dimensions;
  // A third of the bytes; other servers do not all know it.
  if (model.provider == "openai") body["encoding_format"] = "base64";
  if (model.provider == "ollama") body["truncate"] = false;  // rather an error than half a text
  return dump(body);
}

std::string read_embeddings(std::string_view body, size_t count, int64_t dimensions, Embeddings& embeddings) {
  const json reply = json::parse(body, nullptr, false);
  const json* list = vectors_in(reply);
  if (!list) return "the reply holds no embeddings";
  if (list->size() != count)
    return fmt::format("the reply holds {} embeddings for {} texts", list->size(), count);
  std::vector<std::vector<float>> vectors(count);
  for (size_t place = 0; place < count; ++place) {
    const json& item = (*list)[place];
    const std::optional<size_t> index = index_of(item, place, count);
    if (!index) return fmt::format("embedding {} of the reply is of no text that was sent", place);
    if (!vectors[*index].empty()) return fmt::format("the reply holds two embeddings of text {}", *index);
    const json* value = vector_in(item);
    std::string wrong = "is missing";
    std::optional<std::vector<float>> vector = value ? vector_of(*value, wrong) : std::nullopt;
    if (!vector) return fmt::format("embedding {} of the reply {}", place, wrong);
    vectors[*index] = *std::move(vector);
  }
  const size_t before =
      embeddings.vectors.empty() ? vectors.front().size() : embeddings.vectors.front().size();
  const size_t wanted = dimensions > 0 ? static_cast<size_t>(dimensions) : before;
  for (std::vector<float>& vector : vectors) {
    if (vector.size() != wanted)
      return fmt::format("an embedding of the reply has {} dimensions, not {}", vector.size(), wanted);
  }
  std::ranges::move(vectors, std::back_inserter(embeddings.vectors));
  read_usage(reply, embeddings.usage);
  read_model(reply, embeddings.model);
  return {};
}

std::string rerank_body(const program::Model& model, const RerankRequest& request, RerankForm form) {
  if (form == RerankForm::Texts) return dump({{"query", request.query}, {"texts", request.documents}});
  json body = {{"model", model.id}, {"query", request.query}, {"documents", request.documents}};
  if (request.top_n > 0) body["top_n"] = request.top_n;
  return dump(body);
}

std::string read_ranking(std::string_view body, const RerankRequest& request, RerankForm form,
                         Ranking& ranking) {
  const json reply = json::parse(body, nullptr, false);
  const json* results = member(reply, "results");
  const json& list = results ? *results : reply;
  if (!list.is_array()) return "the reply holds no results";
  const size_t all = request.documents.size();
  const size_t most = request.top_n > 0 ? std::min(all, static_cast<size_t>(request.top_n)) : all;
  const size_t expected = form == RerankForm::Texts ? all : most;
  if (list.size() != expected)
    return fmt::format("the reply ranks {} documents, not {}", list.size(), expected);
  std::vector<bool> seen(all, false);
  for (const json& item : list) {
    const json* named = member(item, "index");
    const std::optional<size_t> index = named ? index_of(item, 0, all) : std::nullopt;
    if (!index) return "a result of the reply is of no document that was sent";
    if (seen[*index]) return fmt::format("the reply ranks document {} twice", *index);
    seen[*index] = true;
    const json* score = member(item, "relevance_score");
    if (!score) score = member(item, "score");
    const double number = score && score->is_number() ? score->get<double>() : NAN;
    if (!std::isfinite(number)) return fmt::format("the score of document {} is no number", *index);
    ranking.ranked.push_back({*index, number});
  }
  std::ranges::sort(ranking.ranked, [](const Ranked& a, const Ranked& b) {
    return a.score != b.score ? a.score > b.score : a.index < b.index;
  });
  if (ranking.ranked.size() > most) ranking.ranked.resize(most);
  read_usage(reply, ranking.usage);
  read_model(reply, ranking.model);
  return {};
}

}  // namespace chain::model
