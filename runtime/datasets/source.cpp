#include "runtime/datasets/dataset.h"
#include "runtime/program/secret_source.h"
#include "runtime/value/json.h"

namespace chain::datasets {
namespace {

/// The text of an option; empty if it is not there.
std::string option(const std::vector<value::JsonMember>& options, std::string_view name) {
  for (const value::JsonMember& each : options)
    if (each.key == name) return value::json_string(each.value).value_or(std::string());
  return {};
}

}  // namespace

std::optional<Source> source_of(const program::Resource& dataset, std::string& error) {
  std::string message;
  const auto options =
      value::json_members(dataset.options_json, message).value_or(std::vector<value::JsonMember>());
  const std::string file = option(options, "file"), query = option(options, "query");
  if (dataset.provider == "jsonl") return FromFile{documents::Records::Jsonl, file};
  if (dataset.provider == "json") return FromFile{documents::Records::Json, file};
  if (dataset.provider == "csv") return FromFile{documents::Records::Csv, file};
  if (dataset.provider == "sqlite") return FromQuery{documents::Engine::Sqlite, file, query};
  if (dataset.provider != "postgres") {
    error = "dataset `" + dataset.name + "`: there is no source `" + dataset.provider + "`";
    return std::nullopt;
  }
  const std::string variable = option(options, "connection_env");
  FromQuery from{documents::Engine::Postgres,
                 variable.empty() ? option(options, "connection") : program::secret_value(variable), query};
  if (!from.where.empty()) return from;
  error = "dataset `" + dataset.name + "`: the environment variable `" + variable +
          "`, which says where the database is, is not set";
  return std::nullopt;
}

std::optional<program::TypeId> element_of(const program::Program& program, const program::Resource& dataset) {
  if (dataset.kind != "dataset") return std::nullopt;
  for (const program::Alias& alias : program.aliases) {
    const program::Type& type = program.types[alias.type];
    if (alias.name == dataset.name && type.kind == program::TypeKind::List) return type.element;
  }
  return std::nullopt;
}

}  // namespace chain::datasets
