#include "runtime/retrieve/settings.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/program/secret_source.h"
#include "runtime/retrieve/local_hash.h"

namespace chain::retrieve {
namespace {

using nlohmann::json;

constexpr uint32_t kUsualDimensions = 384;
/// Hashed words tell little that the words themselves do not tell better: they help where those find nothing.
constexpr double kLocalHashWeight = 0.3;

constexpr std::array<std::pair<std::string_view, documents::Cut>, 9> kCuts = {
    {{"auto", documents::Cut::Auto},
     {"tokens", documents::Cut::Tokens},
     {"sentences", documents::Cut::Sentences},
     {"text", documents::Cut::Sentences},
     {"markdown", documents::Cut::Markdown},
     {"html", documents::Cut::Html},
     {"pages", documents::Cut::Pages},
     {"code", documents::Cut::Code},
     {"record", documents::Cut::Record}}};

/// One member of an object; null if it has none of that name.
const json& member(const json& object, const char* name) {
  static const json none;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? *found : none;
}

std::string text(const json& object, const char* name) {
  const json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

/// One text, or a list of them.
std::vector<std::string> texts(const json& object, const char* name) {
  const json& value = member(object, name);
  std::vector<std::string> result;
  if (value.is_string()) result.push_back(value.get<std::string>());
  if (!value.is_array()) return result;
  for (const json& each : value) {
    if (each.is_string()) result.push_back(each.get<std::string>());
  }
  return result;
}

uint32_t number(const json& object, const char* name, uint32_t otherwise) {
  const json& value = member(object, name);
  return value.is_number_unsigned() ? value.get<uint32_t>() : otherwise;
}

/// A provider inside: {"markdown": {"size": 400}}. Its name, and its options.
std::pair<std::string, json> inside(const json& object, const char* name) {
  const json& value = member(object, name);
  if (value.is_string()) return {value.get<std::string>(), json::object()};
  if (!value.is_object() || value.empty()) return {};
  return {value.begin().key(), value.begin().value()};
}

documents::RecordFields fields_of(const json& options) {
  return {.id = text(options, "id"),
          .text = texts(options, "text"),
          .title = text(options, "title"),
          .source = text(options, "source"),
          .meta = texts(options, "meta")};
}

std::optional<documents::Records> form_named(std::string_view name) {
  if (name == "jsonl") return documents::Records::Jsonl;
  if (name == "json") return documents::Records::Json;
  if (name == "csv") return documents::Records::Csv;
  return std::nullopt;
}

std::optional<Source> database(const program::Resource& resource, const json& options, std::string& error) {
  documents::FromDatabase from{.query = text(options, "query"), .fields = fields_of(options)};
  if (resource.provider == "sqlite") {
    from.where = text(options, "file");
    return from;
  }
  from.engine = documents::Engine::Postgres;
  const std::string variable = text(options, "connection_env");
  from.where = variable.empty() ? text(options, "connection") : program::secret_value(variable);
  if (!from.where.empty()) return from;
  error = "index `" + resource.name + "`: the environment variable `" + variable +
          "`, which says where the database is, is not set";
  return std::nullopt;
}

std::optional<Source> source_of(const program::Resource& resource, const json& options, std::string& error) {
  const std::string& provider = resource.provider;
  if (provider == "documents") return documents::FromFiles{texts(options, "files"), texts(options, "except")};
  if (provider == "web") return documents::FromWeb{texts(options, "urls")};
  if (provider == "sqlite" || provider == "postgres") return database(resource, options, error);
  const auto [rows, of_rows] = inside(options, "dataset");
  const bool dataset = provider == "dataset";
  if (const auto form = form_named(dataset ? rows : provider))
    return documents::FromRecords{*form, text(dataset ? of_rows : options, "file"), fields_of(options)};
  error = "index `" + resource.name + "`: there is no source `" + provider + "`";
  return std::nullopt;
}

documents::Splitter splitter_of(const json& options) {
  const auto [name, inner] = inside(options, "chunk");
  documents::Splitter splitter;
  const auto* cut = std::ranges::find(kCuts, name, &decltype(kCuts)::value_type::first);
  if (cut != kCuts.end()) splitter.cut = cut->second;
  splitter.size = number(inner, "size", splitter.size);
  splitter.overlap = std::min(number(inner, "overlap", splitter.size / 10), splitter.size - 1);
  if (text(inner, "encoding") == "cl100k") splitter.encoding = documents::Encoding::Cl100k;
  return splitter;
}

Mode mode_of(const json& options) {
  const std::string name = text(options, "search");
  if (name == "bm25") return Mode::Words;
  return name == "vector" ? Mode::Vectors : Mode::Hybrid;
}

vectors::Settings vectors_of(const json& options) {
  const auto [name, inner] = inside(options, "vectors");
  vectors::Settings settings;
  if (name == "flat") settings.kind = vectors::Kind::Flat;
  if (name == "ivf") settings.kind = vectors::Kind::Ivf;
  if (name == "hnsw") settings.kind = vectors::Kind::Hnsw;
  settings.lists = number(inner, "lists", settings.lists);
  settings.probes = number(inner, "probes", settings.probes);
  settings.m = number(inner, "m", settings.m);
  settings.ef = number(inner, "ef", settings.ef);
  return settings;
}

double weight(const json& options, const char* name, double otherwise) {
  const json& value = member(member(options, "weights"), name);
  return value.is_number() ? value.get<double>() : otherwise;
}

std::string name_of_embedder(const IndexSettings& settings, const program::Program& program) {
  if (!settings.has_vectors()) return {};
  const std::string dimensions = ' ' + std::to_string(settings.dimensions);
  if (!settings.asks_model()) return std::string(kLocalHashName) + dimensions;
  const program::Model& model = program.models[settings.embed_model];
  return model.provider + '/' + model.id + (settings.dimensions == 0 ? "" : dimensions) +
         (settings.images ? " with images" : "");
}

/// The number says how documents are read and cut: whoever changes that so that passages change raises it.
std::string recipe_of(const IndexSettings& settings, const documents::RecordFields* fields) {
  const documents::Splitter& splitter = settings.splitter;
  std::string text = "2 " + std::to_string(static_cast<int>(splitter.cut)) + ' ' +
                     std::to_string(static_cast<int>(splitter.encoding)) + ' ' +
                     std::to_string(splitter.size) + ' ' + std::to_string(splitter.overlap) + ' ' +
                     settings.embedder;
  if (!fields) return text;
  json names = {fields->id, fields->title, fields->source};
  for (const auto* list : {&fields->text, &fields->meta}) names.push_back(*list);
  return text + ' ' + names.dump(-1, ' ', false, json::error_handler_t::replace);
}

const documents::RecordFields* fields_in(const Source& source) {
  if (const auto* records = std::get_if<documents::FromRecords>(&source)) return &records->fields;
  const auto* database = std::get_if<documents::FromDatabase>(&source);
  return database ? &database->fields : nullptr;
}

}  // namespace

std::optional<IndexSettings> read_settings(const program::Program& program, uint32_t resource,
                                           std::string& error) {
  const program::Resource& declared = program.resources[resource];
  const json options = json::parse(declared.options_json, nullptr, false);
  auto source = source_of(declared, options, error);
  if (!source) return std::nullopt;
  IndexSettings settings{.name = declared.name, .file = declared.file, .source = *std::move(source)};
  settings.splitter = splitter_of(options);
  settings.mode = mode_of(options);
  settings.vectors = vectors_of(options);
  settings.embed_model = declared.embed_model;
  settings.word_weight = weight(options, "words", 1);
  settings.vector_weight = weight(options, "vectors", settings.asks_model() ? 1 : kLocalHashWeight);
  settings.rerank_model = declared.rerank_model;
  const json embedder = inside(options, "embed").second;
  settings.dimensions = number(embedder, "dimensions", settings.asks_model() ? 0 : kUsualDimensions);
  settings.images = member(embedder, "images") == true;
  settings.embedder = name_of_embedder(settings, program);
  settings.recipe = recipe_of(settings, fields_in(settings.source));
  return settings;
}

}  // namespace chain::retrieve
