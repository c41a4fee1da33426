#include "runtime/sched/tariff.h"

#include <algorithm>

#include "runtime/model/abilities.h"
#include "runtime/model/media_answer.h"
#include "runtime/model/web_search.h"
#include "runtime/program/model_links.h"
#include "runtime/program/providers.h"

namespace chain::sched {
namespace {

/// What a provider puts around each message, and around all, in tokens; generously.
constexpr int64_t kPerMessage = 16, kPerRequest = 64;

int64_t turn_bytes(const model::Turn& turn) {
  int64_t bytes = static_cast<int64_t>(turn.state.json.size());
  for (const model::ToolCall& call : turn.calls)
    bytes += static_cast<int64_t>(call.name.size() + call.arguments.size()) + kPerMessage;
  for (const model::ToolResult& result : turn.results)
    bytes += static_cast<int64_t>(result.content.size()) + kPerMessage;
  return bytes;
}

/// A token stands for a byte at least, so this is never too little.
int64_t most_input(const model::Request& request) {
  auto tokens = static_cast<int64_t>(request.schema.size() + request.schema_name.size()) + kPerRequest;
  for (const model::Message& message : request.messages) {
    tokens += static_cast<int64_t>(message.text.size()) + kPerMessage;
    if (message.turn) tokens += turn_bytes(*message.turn);
  }
  for (const model::Tool& tool : request.tools) {
    const size_t bytes = tool.name.size() + tool.description.size() + tool.parameters.size();
    tokens += static_cast<int64_t>(bytes) + kPerMessage;
  }
  return tokens;
}

/// Four bytes are a token in usual text: for servers that do not count.
int64_t likely_tokens(int64_t bytes) {
  return (bytes + 3) / 4;
}

/// What the server counted, else what it is likely to have been.
model::Usage counted(model::Usage usage, const model::Request& request, const model::Completion& answer) {
  if (usage.input_tokens <= 0 && usage.output_tokens <= 0) {
    usage.input_tokens = likely_tokens(most_input(request));
    auto bytes = static_cast<int64_t>(answer.text.size());
    for (const model::ToolCall& call : answer.tool_calls)
      bytes += static_cast<int64_t>(call.name.size() + call.arguments.size());
    usage.output_tokens = likely_tokens(bytes);
  }
  return usage;
}

/// The model that did.
uint32_t answered(const model::Request& request, const model::Completion& answer) {
  return answer.answered_by.empty() ? request.model : answer.stood_in;
}

}  // namespace

Tariff::Tariff(const program::Program& program, const model::Prices* prices)
    : program_(program), prices_(prices), terms_(program.models.size()) {}

const model::Prices& Tariff::prices() {
  if (!prices_) prices_ = &built_in_.emplace();
  return *prices_;
}

/// Each time that the model looks at what it has found it reads all there is, which is what its window holds.
void Tariff::add_searches(const program::Model& model, const model::Options& options, Terms& made) const {
  const std::optional<int64_t> searches = model::most_searches(model, options);
  if (searches == 0) return;
  const std::string named = "model `" + model.name + "` searches the web";
  const int64_t window = model::abilities_of(model.provider, model.id).context;
  if (!searches) {
    made.unbounded =
        named + " as often as it likes" +
        (program::find_model_option(model.provider, "max_searches") != nullptr ? ": give it a `max_searches`"
                                                                               : ": its API knows no bound");
  } else if (window == 0) {
    made.unbounded = named + ", and how much it may read of what it finds is not known";
  } else {
    const model::SearchRounds rounds = model::rounds_of(model, *searches);
    made.searches = std::max(made.searches, *searches);
    made.found = std::max(made.found, rounds.reads * window);
    made.answer *= rounds.writes;
  }
}

const Tariff::Terms& Tariff::terms(uint32_t index) {
  std::optional<Terms>& known = terms_.at(index);
  if (known) return *known;
  const model::Prices& prices = this->prices();
  Terms made;
  made.price.emplace();
  for (const uint32_t at : program::answering_models(program_.models, index)) {
    const program::Model& model = program_.models[at];
    std::string error;
    const auto options = model::Options::read(model, error);
    const int64_t limit = options ? options->integer("max_tokens").value_or(0) : 0;
    const int64_t thoughts = options ? model::thinking_room(model.provider, *options) : 0;
    Terms own;
    own.answer = limit > 0 ? limit : kAnswer + thoughts;
    if (options) add_searches(model, *options, own);
    made.answer = std::max(made.answer, own.answer);
    made.found = std::max(made.found, own.found);
    made.searches = std::max(made.searches, own.searches);
    if (made.unbounded.empty()) made.unbounded = own.unbounded;
    const auto price = prices.of(model);
    if (!price || (own.searches > 0 && price->search < 0)) {
      made.unpriced = model.name;
      made.unpriced_search = price.has_value();
    } else if (made.price) {
      made.price->input =
          std::max({made.price->input, price->input, price->cached_input, price->written_input});
      made.price->cached_input = std::max(made.price->cached_input, price->cached_input);
      made.price->written_input = std::max(made.price->written_input, price->written_input);
      made.price->output = std::max(made.price->output, price->output);
      made.price->search = std::max(made.price->search, price->search);
    }
  }
  if (!made.unpriced.empty()) made.price.reset();
  return known.emplace(std::move(made));
}

std::optional<Amount> Tariff::most(const model::Request& request, bool priced, bool counted,
                                   std::string& error) {
  const Terms& terms = this->terms(request.model);
  if ((priced || counted) && !terms.unbounded.empty()) {
    error = terms.unbounded + "; `within` bounds what its calls take";
    return std::nullopt;
  }
  const bool draws = !model::answer_medium(request).empty();
  if ((priced || counted) && draws && program_.models[request.model].provider != "gemini") {
    error = "what an image takes is known when it is made; `within` bounds what its calls take";
    return std::nullopt;
  }
  if (priced && !terms.price) {
    const auto named = [&](const program::Model& model) { return model.name == terms.unpriced; };
    const auto model = std::ranges::find_if(program_.models, named);
    error = "model `" + terms.unpriced + "` has no price" +
            (terms.unpriced_search ? " for a search of the web (`search`)" : "") +
            ", and `within` bounds the cost: add \"" + model->provider + "/" + model->id +
            "\" to the prices in `prices.json` (docs/cli.md, Prices)";
    return std::nullopt;
  }
  model::Usage usage;
  usage.input_tokens = most_input(request) + terms.found;
  usage.output_tokens = terms.answer;
  usage.searches = terms.searches;
  return Amount{terms.price ? model::cost_of(*terms.price, usage) : 0, 1,
                usage.input_tokens + usage.output_tokens};
}

Amount Tariff::taken(const model::Request& request, const model::Completion& answer) {
  if (model::is_kept(answer.cached)) return {};
  const model::Usage usage = counted(answer.usage, request, answer);
  const auto price = prices().of(program_.models.at(answered(request, answer)));
  return {price ? model::cost_of(*price, usage) : 0, 1, usage.input_tokens + usage.output_tokens};
}

std::optional<int64_t> Tariff::cost(const model::Request& request, const model::Completion& answer) {
  if (answer.cached == model::Cached::Replay) return std::nullopt;  // what it took stands in the run before
  const auto price = prices().of(program_.models.at(answered(request, answer)));
  const model::Usage& usage = model::is_kept(answer.cached) ? answer.saved : answer.usage;
  if (!price || (usage.searches > 0 && price->search < 0)) return std::nullopt;
  return model::cost_of(*price, counted(usage, request, answer));
}

std::optional<int64_t> Tariff::cost(uint32_t model, const model::Usage& usage) {
  const auto price = prices().of(program_.models.at(model));
  return price ? std::optional(model::cost_of(*price, usage)) : std::nullopt;
}

std::optional<Amount> Tariff::most_embedded(uint32_t model, std::string_view text, bool priced,
                                            std::string& error) {
  model::Usage usage;
  usage.input_tokens = static_cast<int64_t>(text.size()) + kPerRequest;
  const std::optional<int64_t> cost = this->cost(model, usage);
  if (priced && !cost) {
    const program::Model& embedder = program_.models.at(model);
    error = "model `" + embedder.name + "` has no price, and `within` bounds the cost: add \"" +
            embedder.provider + "/" + embedder.id + "\" to the prices in `prices.json` (docs/cli.md, Prices)";
    return std::nullopt;
  }
  return Amount{cost.value_or(0), 0, usage.input_tokens};
}

Amount Tariff::embedded(uint32_t model, std::string_view text, const model::Usage& usage) {
  model::Usage counted = usage;
  if (counted.input_tokens <= 0) counted.input_tokens = likely_tokens(static_cast<int64_t>(text.size()));
  return {cost(model, counted).value_or(0), 0, counted.input_tokens};
}

Amount Tariff::unanswered(const model::Request& request) {
  model::Usage usage;
  usage.input_tokens = likely_tokens(most_input(request));
  const Terms& terms = this->terms(request.model);
  return {terms.price ? model::cost_of(*terms.price, usage) : 0, 1, usage.input_tokens};
}

}  // namespace chain::sched
