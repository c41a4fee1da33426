#include "cli/plan_cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "cli/terminal.h"
#include "compiler/plan/typical.h"
#include "runtime/model/options.h"
#include "runtime/model/web_search.h"
#include "runtime/program/model_links.h"
#include "runtime/store/costs.h"
#include "runtime/value/text.h"

namespace chain::cli {
namespace {

constexpr size_t kPastRuns = 100;

std::string dollars(int64_t nano) {
  std::string text;
  value::append_money(text, nano);
  return text;
}

/// To two digits: a guess claims no more.
int64_t guessed(int64_t nano) {
  int64_t unit = 1;
  while (nano / unit >= 100) unit *= 10;
  return (nano / unit + (nano % unit * 2 >= unit ? 1 : 0)) * unit;
}

/// Of one answer, rounded up.
int64_t of_answer(const RequestCost& request) {
  model::Usage usage;
  usage.output_tokens = request.answer;
  usage.searches = request.searches;
  return model::cost_of(*request.price, usage);
}

bool is_free(const RequestCost& request) {
  return request.price && request.price->input == 0 && request.price->output == 0;
}

/// Calls with options of their own have models of the same name: the most expensive counts.
void add_model(RequestCost& cost, const graph::Module& module, uint32_t index, const model::Prices& prices) {
  for (const uint32_t answering : program::answering_models(module.models, index)) {
    const program::Model& model = module.models[answering];
    std::string ignored;
    const auto options = model::Options::read(model, ignored);
    const int64_t limit = options ? options->integer("max_tokens").value_or(0) : 0;
    const auto searches = options ? model::most_searches(model, *options) : std::optional<int64_t>(0);
    cost.searches_web = cost.searches_web || searches != 0;
    if (!searches) cost.searches = -1;
    if (cost.searches >= 0) cost.searches = std::max(cost.searches, searches.value_or(0));
    if (limit <= 0) cost.answer = -1;
    if (cost.answer >= 0)
      cost.answer = std::max(cost.answer, limit * model::rounds_of(model, searches.value_or(0)).writes);
    const auto price = prices.of(model);
    if (!price || (searches != 0 && price->search < 0)) {
      cost.unpriced = model.provider + '/' + model.id;
    } else if (cost.price) {
      cost.price->input =
          std::max({cost.price->input, price->input, price->cached_input, price->written_input});
      cost.price->output = std::max(cost.price->output, price->output);
      cost.price->search = std::max(cost.price->search, price->search);
    }
  }
}

/// Once each, with no repair and no retry.
int64_t typical_cost(const graph::Module& module, const plan::CallLine& line, const RequestCost& cost) {
  const plan::TypicalTokens tokens = plan::typical_tokens(module, module.prompts[line.prompt]);
  const auto within_int = [](uint64_t number) {
    return static_cast<int64_t>(std::min<uint64_t>(number, INT32_MAX));
  };
  model::Usage usage;
  usage.input_tokens = within_int(tokens.request);
  usage.output_tokens = within_int(tokens.answer);
  if (cost.answer > 0) usage.output_tokens = std::min(usage.output_tokens, cost.answer);
  const __int128 all =
      static_cast<__int128>(model::cost_of(*cost.price, usage)) * within_int(plan::typical_count(line.calls));
  return static_cast<int64_t>(std::min<__int128>(all, INT64_MAX));
}

std::string request_line(const RequestCost& cost) {
  const std::string model = '`' + one_line(cost.model) + '`';
  if (!cost.unpriced.empty())
    return fmt::format("{} is unpriced: add \"{}\"{} to prices.json", model, one_line(cost.unpriced),
                       cost.searches_web ? " with its `search`" : "");
  std::string text;
  if (cost.answer == 0) {
    text = fmt::format("answers {} x open, for {} has no `max_tokens`", cost.formula, model);
  } else {
    text = fmt::format("answers {} x {} ({} tokens)", cost.formula, dollars(of_answer(cost)), cost.answer);
  }
  if (cost.searches < 0) text += ", each with as many searches of the web as it likes";
  if (cost.searches > 0)
    text += fmt::format(", each with at most {} search{} of the web", cost.searches,
                        cost.searches == 1 ? "" : "es");
  model::Usage million;
  million.input_tokens = 1'000'000;
  return text +
         fmt::format(", text in {} for a million tokens", dollars(model::cost_of(*cost.price, million)));
}

}  // namespace

bool ChainCost::free() const {
  return std::ranges::all_of(requests, is_free);
}

std::optional<int64_t> ChainCost::answers() const {
  __int128 sum = 0;
  for (const RequestCost& each : requests) {
    if (is_free(each)) continue;
    if (!each.price || !each.requests || each.answer == 0 || each.searches < 0) return std::nullopt;
    sum += static_cast<__int128>(*each.requests) * of_answer(each);
    if (sum > INT64_MAX) return std::nullopt;
  }
  return static_cast<int64_t>(sum);
}

std::optional<int64_t> ChainCost::typical() const {
  __int128 sum = 0;
  for (const RequestCost& each : requests) {
    if (!each.typical) return std::nullopt;
    sum += *each.typical;
  }
  return static_cast<int64_t>(std::min<__int128>(sum, INT64_MAX));
}

std::vector<RequestCost> request_costs(const graph::Module& module, const std::vector<plan::CallLine>& calls,
                                       const model::Prices& prices) {
  std::vector<RequestCost> costs;
  for (const plan::CallLine& line : calls) {
    if (!line.asks_model) continue;
    RequestCost cost{
        .name = line.name, .model = line.model, .formula = line.formula(), .requests = line.bound()};
    if (line.calls.is_sum() && line.repeats.empty()) cost.formula = '(' + cost.formula + ')';
    cost.price.emplace();
    for (uint32_t i = 0; i < module.models.size(); ++i) {
      if (module.models[i].name == line.model) add_model(cost, module, i, prices);
    }
    cost.answer = std::max<int64_t>(cost.answer, 0);
    if (!cost.unpriced.empty()) cost.price.reset();
    if (cost.price && line.prompt < module.prompts.size()) cost.typical = typical_cost(module, line, cost);
    costs.push_back(std::move(cost));
  }
  return costs;
}

std::optional<PastCost> past_cost(store::Records& records, const std::string& artifact) {
  std::vector<int64_t> costs = store::costs_of_runs(records, artifact, kPastRuns);
  if (artifact.empty() || costs.empty()) return std::nullopt;
  std::ranges::sort(costs);
  // The nearest rank: the least cost that so many of the runs did not exceed.
  const auto rank = [&](size_t percent) { return costs[(costs.size() * percent + 99) / 100 - 1]; };
  return PastCost{costs.size(), rank(50), rank(95)};
}

std::string cost_lines(const ChainCost& cost, int64_t within) {
  if (cost.requests.empty()) return {};
  std::string text;
  auto to = std::back_inserter(text);
  if (within >= 0) {
    fmt::format_to(to, "  cost: at most {}, by `within`\n", dollars(within));
  } else if (cost.free()) {
    return "  cost: nothing, for its models are free\n";
  }
  for (const RequestCost& each : cost.requests) {
    if (!is_free(each)) fmt::format_to(to, "  cost of {}: {}\n", one_line(each.name), request_line(each));
  }
  if (const auto answers = cost.answers(); answers && *answers > 0)
    fmt::format_to(to, "  cost of all answers: at most {}\n", dollars(*answers));
  if (const auto typical = cost.typical(); typical && *typical > 0 && !cost.past)
    fmt::format_to(to, "  cost, typically: about {}, guessed from its prompts and types\n",
                   dollars(guessed(*typical)));
  if (cost.past) {
    fmt::format_to(to, "  cost of the last {} run{}: median {}, 95% at most {}\n", cost.past->runs,
                   cost.past->runs == 1 ? "" : "s", dollars(cost.past->median), dollars(cost.past->high));
  }
  return text;
}

}  // namespace chain::cli
