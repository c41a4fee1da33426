#include "runtime/store/costs.h"

#include <string_view>

namespace chain::store {
namespace {

/// Of steps, those in which a model was called: a search of an index may have had its question embedded.
constexpr std::string_view kOfModels = "(kind = 'prompt' OR (kind = 'search' AND asked <> ''))";

/// SQL of the key of a step. A key of one's own keeps the calls of a chain apart from those of its namesakes
/// in other files.
std::string_view sql_of(CostKey key) {
  switch (key) {
    case CostKey::All: return "''";
    case CostKey::Prompt: return "name";
    case CostKey::Model: return "coalesce(nullif(asked, ''), model)";
    case CostKey::Chain: return "file || ':' || substr(chain, 1, instr(chain || '@', '@') - 1)";
    case CostKey::Version: return "file || ':' || chain";
    case CostKey::Day: return "date(steps.started / 1000000000, 'unixepoch')";
  }
  return "''";
}

bool needs_runs(CostKey key) {
  return key == CostKey::Chain || key == CostKey::Version;
}

/// A server may claim any number: capped, ten million of them can be added up.
std::string sum_of(std::string_view column, std::string_view where) {
  return "sum(CASE WHEN " + std::string(where) + " THEN min(max(" + std::string(column) +
         ", 0), 1000000000000) ELSE 0 END), ";
}

std::string tokens(std::string_view where) {
  return sum_of("input_tokens", where) + sum_of("output_tokens", where) + sum_of("cached_tokens", where) +
         sum_of("reasoning_tokens", where);
}

std::string from(CostKey key) {
  return std::string("FROM steps ") + (needs_runs(key) ? "JOIN runs ON runs.number = steps.run " : "") +
         "WHERE " + std::string(kOfModels) +
         " AND steps.ended IS NOT NULL AND kept < 2 AND steps.started >= ? ";
}

model::Usage usage_of(const Statement& row, int first) {
  return {row.integer(first), row.integer(first + 1), row.integer(first + 2), row.integer(first + 3)};
}

bool add_unpriced(Records& records, CostKey key, int64_t since, Costs& costs) {
  Statement row = records.database().prepare(
      "SELECT " + std::string(sql_of(key)) + " AS key, asked, count(*), " + tokens("1") + "0 " + from(key) +
      "AND ok AND kept = 0 AND cost IS NULL GROUP BY key, asked ORDER BY key, asked");
  for (row.bind(since); row.next();) {
    costs.unpriced.push_back(
        {std::string(row.text(0)), std::string(row.text(1)), row.integer(2), usage_of(row, 3)});
  }
  return !row.failed();
}

}  // namespace

std::optional<Costs> costs(Records& records, CostKey key, int64_t since) {
  Costs costs;
  const std::string name(sql_of(key));
  const std::string dropped = "coalesce(CASE WHEN json_valid(details) THEN details ->> 'dropped' END, 0)";
  Statement sums = records.database().prepare(
      "SELECT " + name + " AS key, count(DISTINCT run), count(*), sum(NOT ok AND NOT " + dropped +
      "), sum(instr(path, "
      "'/repair[') > 0), sum(kept = 1), " +
      tokens("1") + sum_of("cost", "kept = 0 AND cost IS NOT NULL") +
      sum_of("cost", "kept = 1 AND cost IS NOT NULL") +
      "sum(ok AND kept = 0 AND cost IS NULL), sum(NOT ok AND " + dropped + ") " + from(key) +
      "GROUP BY key ORDER BY " + (key == CostKey::Day ? "key" : "11 DESC, key"));
  int64_t unpriced = 0;
  for (sums.bind(since); sums.next();) {
    CostRow& row = costs.rows.emplace_back();
    row.key = sums.text(0);
    row.runs = sums.integer(1);
    row.calls = sums.integer(2);
    row.failed = sums.integer(3);
    row.repairs = sums.integer(4);
    row.kept = sums.integer(5);
    row.usage = usage_of(sums, 6);
    row.cost = sums.integer(10);
    row.saved = sums.integer(11);
    unpriced += sums.integer(12);
    row.dropped = sums.integer(13);
  }
  Statement runs = records.database().prepare("SELECT count(DISTINCT run) " + from(CostKey::All));
  if (sums.failed() || !runs.bind(since).next()) return std::nullopt;
  costs.runs = runs.integer(0);
  if (unpriced > 0 && !add_unpriced(records, key, since, costs)) return std::nullopt;
  return costs;
}

std::vector<int64_t> costs_of_runs(Records& records, const std::string& artifact, size_t most) {
  std::vector<int64_t> found;
  Statement runs = records.database().prepare(
      "SELECT " + sum_of("cost", std::string(kOfModels) + " AND kept = 0 AND cost IS NOT NULL") + "sum(" +
      std::string(kOfModels) +
      " AND ok AND kept = 0 AND cost IS NULL) FROM (SELECT number FROM runs WHERE "
      "artifact "
      "= ? AND state = ? AND NOT EXISTS (SELECT 1 FROM steps WHERE run = number AND kept = 2) ORDER BY "
      "number DESC LIMIT ?) JOIN steps ON run = number GROUP BY number");
  runs.bind(artifact).bind(static_cast<int64_t>(RunState::Done)).bind(static_cast<int64_t>(most));
  while (runs.next()) {
    if (runs.integer(1) == 0) found.push_back(runs.integer(0));
  }
  return found;
}

}  // namespace chain::store
