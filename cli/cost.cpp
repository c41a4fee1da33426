// `chain cost`: what the calls of the journal's runs took and cost.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/price_table.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "runtime/sched/ambient.h"
#include "runtime/store/costs.h"
#include "runtime/value/calendar.h"
#include "runtime/value/text.h"

namespace chain::cli {
namespace {

using nlohmann::json;
using store::CostKey;
using store::CostRow;

constexpr std::pair<std::string_view, CostKey> kKeys[] = {{"prompt", CostKey::Prompt},
                                                          {"model", CostKey::Model},
                                                          {"chain", CostKey::Chain},
                                                          {"version", CostKey::Version},
                                                          {"day", CostKey::Day}};

/// A sum, and the calls in it that nobody knows a price of.
struct Line {
  CostRow sum;
  int64_t unpriced = 0;
};

struct Table {
  std::vector<Line> lines;
  Line total;
  std::map<std::string, int64_t> unpriced;  // calls, by "PROVIDER/ID"
};

/// When `text` is, in nanoseconds since 1970: so long ago, or a day.
std::optional<int64_t> time_of(const std::string& text) {
  if (const auto age = value::parse_duration(text); age && *age >= 0) return sched::wall_clock() - *age;
  return value::parse_time(text.find('T') == std::string::npos ? text + "T00:00:00Z" : text);
}

/// Calls that had no price when they were made have today's, if there is one by now.
void add_unpriced(const store::Costs& costs, const model::Prices& prices, Table& table) {
  for (const store::UnpricedRow& row : costs.unpriced) {
    const size_t slash = row.model.find('/');
    const auto price = slash == std::string::npos
                           ? std::nullopt
                           : prices.of(row.model.substr(0, slash), row.model.substr(slash + 1));
    const auto line =
        std::ranges::find_if(table.lines, [&](const Line& each) { return each.sum.key == row.key; });
    if (line == table.lines.end()) continue;  // of a run that goes on: it came since the sums were made
    if (price) {
      line->sum.cost += model::cost_of(*price, row.usage);
    } else {
      line->unpriced += row.calls;
      table.unpriced[row.model.empty() ? "unknown" : row.model] += row.calls;
    }
  }
}

void add(CostRow& sum, const CostRow& row) {
  sum.calls += row.calls;
  sum.failed += row.failed;
  sum.dropped += row.dropped;
  sum.repairs += row.repairs;
  sum.kept += row.kept;
  sum.usage.input_tokens += row.usage.input_tokens;
  sum.usage.output_tokens += row.usage.output_tokens;
  sum.usage.cached_tokens += row.usage.cached_tokens;
  sum.usage.reasoning_tokens += row.usage.reasoning_tokens;
  sum.cost += row.cost;
  sum.saved += row.saved;
}

std::optional<Table> table_of(store::Records& records, CostKey key, int64_t since,
                              const model::Prices& prices) {
  const auto costs = store::costs(records, key, since);
  if (!costs) return std::nullopt;
  Table table;
  for (const CostRow& row : costs->rows) table.lines.push_back({row, 0});
  add_unpriced(*costs, prices, table);
  if (key != CostKey::Day)
    std::ranges::stable_sort(table.lines, std::greater(), [](const Line& line) { return line.sum.cost; });
  for (const Line& line : table.lines) {
    add(table.total.sum, line.sum);
    table.total.unpriced += line.unpriced;
  }
  table.total.sum.runs = costs->runs;  // a run may be in several lines
  return table;
}

/// To a hundredth of a cent.
std::string dollars(int64_t nano) {
  if (nano > 0 && nano < 50'000) return "<$0.0001";
  return fmt::format("${:.4f}", static_cast<double>(nano) / 1e9);
}

std::string cost_text(const Line& line) {
  if (line.unpriced == 0) return dollars(line.sum.cost);
  const bool known = line.sum.cost > 0 ||
                     line.unpriced < line.sum.calls - line.sum.failed - line.sum.dropped - line.sum.kept;
  return known ? dollars(line.sum.cost) + " + ?" : "unpriced";
}

using Cells = std::array<std::string, 12>;

Cells cells_of(std::string name, const Line& line) {
  const CostRow& sum = line.sum;
  const auto number = [](int64_t count) { return std::to_string(count); };
  return {std::move(name),
          number(sum.runs),
          number(sum.calls),
          number(sum.failed),
          number(sum.dropped),
          number(sum.repairs),
          number(sum.kept),
          number(sum.usage.input_tokens),
          number(sum.usage.cached_tokens),
          number(sum.usage.output_tokens),
          number(sum.usage.reasoning_tokens),
          cost_text(line) + (sum.saved > 0 ? ", saved " + dollars(sum.saved) : "")};
}

std::string as_text(const Table& table, std::string_view by) {
  std::string word(by);
  std::ranges::transform(word, word.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
  std::vector<Cells> rows = {{word, "RUNS", "CALLS", "FAILED", "DROPPED", "REPAIRS", "CACHE", "TOKENS IN",
                              "CACHED", "TOKENS OUT", "REASONING", "COST"}};
  for (const Line& line : table.lines) rows.push_back(cells_of(one_line(line.sum.key), line));
  rows.push_back(cells_of("total", table.total));
  std::array<size_t, std::tuple_size_v<Cells>> widths{};
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  const bool color = has_color(STDOUT_FILENO);
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    const bool strong = color && (r == 0 || r + 1 == rows.size());
    std::string line = rows[r][0] + std::string(widths[0] - display_width(rows[r][0]), ' ');
    for (size_t i = 1; i + 1 < rows[r].size(); ++i)
      line += std::string(widths[i] - display_width(rows[r][i]) + 2, ' ') + rows[r][i];
    text += (strong ? "\x1b[1m" : "") + line + "  " + rows[r].back() + (strong ? "\x1b[0m" : "") + "\n";
  }
  for (const auto& [model, calls] : table.unpriced) {
    text += fmt::format("{} call{} of `{}` {} no price: add it to {}\n", calls, calls == 1 ? "" : "s",
                        one_line(model), calls == 1 ? "has" : "have",
                        price_file().empty() ? "prices.json" : printable(price_file()));
  }
  return text;
}

json json_of(const Line& line) {
  const CostRow& sum = line.sum;
  return {{"runs", sum.runs},
          {"calls", sum.calls},
          {"failed", sum.failed},
          {"dropped", sum.dropped},
          {"repairs", sum.repairs},
          {"from_cache", sum.kept},
          {"input_tokens", sum.usage.input_tokens},
          {"cached_tokens", sum.usage.cached_tokens},
          {"output_tokens", sum.usage.output_tokens},
          {"reasoning_tokens", sum.usage.reasoning_tokens},
          {"cost_nano_dollars", sum.cost},
          {"saved_nano_dollars", sum.saved},
          {"unpriced_calls", line.unpriced}};
}

std::string as_json(const Table& table, std::string_view by) {
  json object = {{"by", by}, {"rows", json::array()}, {"total", json_of(table.total)}};
  for (const Line& line : table.lines) {
    json row = json_of(line);
    row[std::string(by)] = line.sum.key;
    object["rows"].push_back(std::move(row));
  }
  object["unpriced"] = json::object();
  for (const auto& [model, calls] : table.unpriced) object["unpriced"][model] = calls;
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

int cost(Arguments arguments) {
  CLI::App app("Shows what the calls of the runs that are written down took and cost.", "chain cost");
  std::string by = "model", since;
  bool as_object = false;
  app.add_option("--by", by, "sum up by this")
      ->capture_default_str()
      ->option_text("prompt|model|chain|version|day");
  app.add_option("--since", since, "only calls of so long ago or later, or of this day (UTC) or later")
      ->option_text("7d|2026-01-31");
  app.add_flag("--json", as_object, "print JSON; amounts are in 1e-9 US dollars");
  if (const auto code = read_options(app, arguments)) return *code;
  const auto* key = std::ranges::find(kKeys, by, &std::pair<std::string_view, CostKey>::first);
  if (key == std::end(kKeys)) {
    std::vector<std::string_view> names;
    for (const auto& [name, unused] : kKeys) names.push_back(name);
    return usage_error(
        "cost", "`--by` takes prompt, model, chain, version or day; found `" + by + "`" + meant(by, names));
  }
  const auto begin = app.count("--since") == 0 ? std::optional<int64_t>(0) : time_of(since);
  if (!begin) {
    return usage_error("cost",
                       "`--since` takes a duration or a day, as in `--since 7d` or `--since "
                       "2026-01-31`; found `" +
                           since + "`");
  }
  std::string error;
  const auto prices = load_prices(error);
  if (!prices) {
    say_error(error);
    return kFailed;
  }
  int exit = kOk;
  const auto records = open_records(exit);
  if (!records) return exit;
  const auto table = table_of(*records, key->second, *begin, *prices);
  if (!table) {
    say_error(records->why());
    return kFailed;
  }
  if (as_object) return answer_json(as_json(*table, by)) ? kOk : kFailed;
  if (table->lines.empty())
    say("no call of a model is written down" + std::string(since.empty() ? "\n" : " since then\n"));
  return table->lines.empty() || write_out(as_text(*table, by)) ? kOk : kFailed;
}

}  // namespace chain::cli
