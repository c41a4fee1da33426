#include "cli/output.h"
#include "cli/plan.h"
#include "runtime/value/json.h"

namespace chain::cli {
namespace {

/// Builds JSON on one line; commas come by themselves.
class Json {
 public:
  Json& open(char bracket) {
    comma();
    text_ += bracket;
    first_ = true;
    return *this;
  }
  Json& close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
  }
  Json& key(std::string_view name) {
    comma();
    value::append_json_string(text_, name);
    text_ += ':';
    first_ = true;
    return *this;
  }
  Json& text(std::string_view value) {
    comma();
    value::append_json_string(text_, value);
    return *this;
  }
  Json& raw(std::string_view json) {
    comma();
    text_ += json;
    return *this;
  }
  Json& number(std::optional<uint64_t> value) { return raw(value ? std::to_string(*value) : "null"); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void comma() {
    if (!first_) text_ += ',';
    first_ = false;
  }

  std::string text_;
  bool first_ = true;
};

void place(Json& json, const SourceMap& sources, Span span) {
  if (span.file.index >= sources.size()) return;
  const SourceFile& file = sources.file(span.file);
  const Position at = file.position(span.begin);
  json.key("file").text(file.path()).key("line").number(at.line).key("column").number(at.column);
}

void capability(Json& json, const Plan::Need& need, const SourceMap& sources) {
  const program::Capability& c = *need.capability;
  json.open('{').key("kind").text(program::to_string(c.kind)).key("value").text(c.value);
  json.key("user").text(c.user).key("verdict").text(word_of(need.verdict));
  place(json, sources, {{c.file}, c.begin, c.end});
  json.close('}');
}

void bound(Json& json, std::string_view name, int64_t value) {
  if (value >= 0) json.key(name).number(static_cast<uint64_t>(value));
}

/// Amounts are in 1e-9 US dollars.
void cost(Json& json, const ChainCost& cost) {
  json.key("cost").open('{').key("requests").open('[');
  for (const RequestCost& each : cost.requests) {
    json.open('{').key("name").text(each.name).key("model").text(each.model);
    if (each.price) {
      bound(json, "input_nano_dollars_for_a_million_tokens", each.price->input);
      bound(json, "output_nano_dollars_for_a_million_tokens", each.price->output);
    } else {
      json.key("unpriced").text(each.unpriced);
    }
    if (each.answer > 0) bound(json, "answer_tokens", each.answer);
    json.close('}');
  }
  json.close(']');
  bound(json, "answers_nano_dollars", cost.answers().value_or(-1));
  bound(json, "typical_nano_dollars", cost.typical().value_or(-1));
  if (cost.past) {
    json.key("past").open('{').key("runs").number(static_cast<uint64_t>(cost.past->runs));
    bound(json, "median_nano_dollars", cost.past->median);
    bound(json, "percentile_95_nano_dollars", cost.past->high);
    json.close('}');
  }
  json.close('}');
}

void chain(Json& json, const Plan::Chain& chain) {
  json.open('{').key("name").text(chain.name).key("artifact").text(chain.artifact).key("within").open('{');
  bound(json, "cost_nano_dollars", chain.bounds.cost);
  bound(json, "time_nanoseconds", chain.bounds.time);
  bound(json, "calls", chain.bounds.calls);
  bound(json, "tokens", chain.bounds.tokens);
  bound(json, "depth", chain.bounds.depth);
  json.close('}').key("calls").open('[');
  for (const plan::CallLine& line : chain.calls) {
    json.open('{').key("kind").text(line.kind).key("name").text(line.name);
    if (!line.model.empty()) json.key("model").text(line.model);
    json.key("formula").text(line.formula()).key("bound").number(line.bound()).key("open").open('[');
    for (const std::string& factor : line.calls.open_factors()) json.text(factor);
    json.close(']').close('}');
  }
  json.close(']').key("model_requests").number(model_requests(chain));
  cost(json, chain.cost);
  json.close('}');
}

void write(Json& json, const Plan::Write& write, const SourceMap& sources) {
  json.open('{').key("call").text(write.callee).key("chain").text(write.chain);
  place(json, sources, write.span);
  if (!write.guarded.empty()) json.key("guarded").text(write.guarded);
  json.key("untrusted_choices").open('[');
  for (const graph::GuardedWrite* guard : write.guards) {
    json.open('{').key("decides").text(guard->decided).key("condition").text(guard->condition);
    place(json, sources, guard->decider);
    json.key("path").open('[');
    for (const auto& step : guard->path) {
      json.open('{').key("message").text(step.message);
      place(json, sources, step.span);
      json.close('}');
    }
    json.close(']').close('}');
  }
  json.close(']').close('}');
}

}  // namespace

std::string plan_json(const Plan& plan, const SourceMap& sources) {
  Json json;
  json.open('{').key("file").text(plan.file).key("project").text(plan.folder);
  json.key("capabilities").open('[');
  for (const Plan::Need& need : plan.needs) capability(json, need, sources);
  json.close(']').key("graph").open('{');
  for (const auto& [word, count] : plan.summary) {
    std::string key = word == "other call" ? "other_call" : word;
    json.key(key + 's').number(count);
  }
  json.close('}').key("chains").open('[');
  for (const Plan::Chain& each : plan.chains) chain(json, each);
  json.close(']').key("writes").open('[');
  for (const Plan::Write& each : plan.writes) write(json, each, sources);
  json.close(']').close('}');
  return pretty_json(json.take()) + "\n";
}

}  // namespace chain::cli
