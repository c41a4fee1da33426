#include "compiler/plan/call_bounds.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "compiler/graph/expression_text.h"
#include "compiler/graph/names.h"
#include "compiler/graph/properties.h"
#include "compiler/plan/list_length.h"
#include "runtime/program/model_links.h"
#include "runtime/program/providers.h"
#include "runtime/program/web_search.h"
#include "runtime/value/json.h"

namespace chain::plan {

namespace {

/// What a turn of an agent's model calls at most (runtime/model/tool_calls.h).
constexpr uint64_t kCallsOfTurn = 128;

using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;
using program::ExternalKind;

/// What is called, and by which model: a `with` may name another one. Again: the chain `index`, which is
/// being counted.
struct Callee {
  enum class Kind : uint8_t { Prompt, External, Again } kind;
  uint32_t index;
  uint32_t model = UINT32_MAX;
  friend auto operator<=>(const Callee&, const Callee&) = default;
};

using Calls = std::map<Callee, Count>;

void add(Calls& calls, const Calls& more) {
  for (const auto& [callee, count] : more) calls[callee] += count;
}

Calls times(const Calls& calls, const Count& count) {
  Calls result;
  for (const auto& [callee, each] : calls) result[callee] = each * count;
  return result;
}

Calls most(const Calls& one, const Calls& other) {
  Calls result = one;
  for (const auto& [callee, count] : other) result[callee] = result[callee].most(count);
  return result;
}

/// A chain or an agent: what calls something of its own.
struct Unit {
  bool agent = false;
  uint32_t index = 0;
  friend auto operator<=>(const Unit&, const Unit&) = default;
};

class Counting {
 public:
  explicit Counting(const Module& module) : module_(module), lengths_(module) {}

  Calls of_chain(uint32_t chain) {
    for (const Unit& unit : callees_first({false, chain})) {
      Calls calls = count(unit);
      if (!unit.agent) calls = again(std::move(calls), unit.index);
      known_[unit] = std::move(calls);
    }
    Calls calls = known_[{false, chain}];
    for (const auto& [callee, count] : Calls(calls)) {
      if (callee.kind != Callee::Kind::Again) continue;
      calls.erase(callee);
      Calls inside = known_[{false, callee.index}];
      std::erase_if(inside, [](const auto& each) { return each.first.kind == Callee::Kind::Again; });
      add(calls, times(inside, count));
    }
    return calls;
  }

 private:
  /// With a stack of its own: chains call each other in depths that no thread's stack has.
  std::vector<Unit> callees_first(Unit root) {
    std::vector<Unit> order;
    std::map<Unit, bool> state;  // true once it is left
    std::vector<std::pair<Unit, bool>> stack{{root, false}};
    while (!stack.empty()) {
      const auto [unit, leaving] = stack.back();
      stack.pop_back();
      if (leaving) {
        state[unit] = true;
        order.push_back(unit);
      } else if (state.try_emplace(unit, false).second) {
        stack.push_back({unit, true});
        for (const Unit& callee : callees(unit)) {
          if (!state.contains(callee)) stack.push_back({callee, false});
        }
      }
    }
    return order;
  }

  /// A chain that calls itself, directly or through others, `again` times a run: with a depth of 3 it runs
  /// 1 + again + again x again times.
  Calls again(Calls calls, uint32_t chain) {
    const auto own = calls.find({Callee::Kind::Again, chain});
    if (own == calls.end()) return calls;
    const Count again = own->second;
    calls.erase(own);
    const int64_t depth = module_.chains[chain].bounds.depth;
    const std::optional<uint64_t> bound = again.bound();
    Factor runs{"runs of " + module_.chains[chain].name, std::nullopt};
    if (depth >= 0 && bound) {
      uint64_t sum = 0, level = 1;
      for (int64_t i = 0; i < depth && sum != UINT64_MAX; ++i) {
        sum = add_up(sum, level);
        if (*bound == 1) {
          sum = static_cast<uint64_t>(depth);
          break;
        }
        level = multiply(level, *bound);
      }
      runs.most = std::max<uint64_t>(sum, 1);
    }
    return times(calls, Count(runs));
  }

  std::vector<Unit> callees(Unit unit) const {
    std::vector<Unit> result;
    const auto external = [&](uint32_t index) {
      if (module_.externals[index].kind == ExternalKind::Agent) result.push_back({true, index});
    };
    if (unit.agent) {
      for (const graph::Callable& callable : module_.externals[unit.index].callables) {
        if (callable.kind == graph::Callable::Kind::Chain) result.push_back({false, callable.index});
        if (callable.kind == graph::Callable::Kind::External) external(callable.index);
      }
      return result;
    }
    graph::for_each_node(module_, module_.chains[unit.index].body, [&](NodeId id) {
      const Node& node = module_[id];
      if (node.op == Op::Chain) result.push_back({false, node.index});
      if (node.op == Op::External) external(node.index);
    });
    return result;
  }

  Calls count(Unit unit) {
    if (unit.agent) return agent(unit.index);
    const graph::Chain& chain = module_.chains[unit.index];
    return capped(region(chain.body), chain.bounds);
  }

  /// `within { calls: 20 }`.
  static Calls capped(Calls calls, const program::Bounds& bounds) {
    if (bounds.calls < 0) return calls;
    const auto limit = static_cast<uint64_t>(bounds.calls);
    for (auto& [callee, count] : calls) {
      const std::optional<uint64_t> bound = count.bound();
      if (!bound || *bound > limit) count = Count(Factor{"calls " + std::to_string(limit), limit});
    }
    return calls;
  }

  /// What the model of an agent chooses to call; nothing bounds it but `within`.
  Calls agent(uint32_t index) {
    const graph::External& agent = module_.externals[index];
    Factor choice{"calls of " + agent.name, std::nullopt};
    // Turns of an agent that it calls are steps of its own. Another loop than ours may have the calls of a
    // turn carried out more than once.
    Factor agents = choice;
    if (agent.bounds.steps >= 0) {
      const auto steps = static_cast<uint64_t>(agent.bounds.steps);
      agents = {"steps " + std::to_string(steps) + " of " + agent.name, steps};
      if (agent.loop.empty())
        choice = {agents.text + " x " + std::to_string(kCallsOfTurn) + " calls",
                  multiply(steps, kCallsOfTurn)};
    }
    if (agent.bounds.calls >= 0) choice.most = agents.most = static_cast<uint64_t>(agent.bounds.calls);
    Calls calls;
    for (const graph::Callable& callable : agent.callables) {
      switch (callable.kind) {
        case graph::Callable::Kind::Prompt:
          calls[{Callee::Kind::Prompt, callable.index}] += Count(choice);
          break;
        case graph::Callable::Kind::Chain:
          add(calls, times(known_[{false, callable.index}], Count(choice)));
          break;
        case graph::Callable::Kind::External: {
          const bool is_agent = module_.externals[callable.index].kind == ExternalKind::Agent;
          calls[{Callee::Kind::External, callable.index}] += Count(is_agent ? agents : choice);
          if (is_agent) add(calls, times(known_[{true, callable.index}], Count(agents)));
          break;
        }
      }
    }
    return capped(std::move(calls), agent.bounds);
  }

  Calls region(RegionId id) {
    Calls calls;
    for (NodeId node : module_[id].nodes) add(calls, this->node(node));
    return calls;
  }

  Calls node(NodeId id) {
    const Node& node = module_[id];
    Calls calls;
    switch (node.op) {
      case Op::Prompt: calls[{Callee::Kind::Prompt, node.index, node.model}] = Count(1); return calls;
      case Op::External:
        calls[{Callee::Kind::External, node.index}] = Count(1);
        if (module_.externals[node.index].kind == ExternalKind::Agent) add(calls, known_[{true, node.index}]);
        return calls;
      case Op::Chain: return called(node);
      case Op::If:
      case Op::Switch: return worst_arm(node, 0);
      case Op::Try: {
        calls = region(node.regions[0]);
        add(calls, worst_arm(node, 1));
        return calls;
      }
      case Op::For:
      case Op::Loop:
      case Op::Sample: return repeated(node);
      default:
        for (RegionId inner : node.regions) add(calls, region(inner));
        return calls;
    }
  }

  Calls worst_arm(const Node& node, size_t first) {
    Calls worst;
    for (size_t i = first; i < node.regions.size(); ++i) worst = most(worst, region(node.regions[i]));
    return worst;
  }

  Calls repeated(const Node& node) {
    Calls body = region(node.regions[0]);
    return body.empty() ? body : times(body, turns(node.operands[0]));
  }

  Count turns(NodeId over) {
    if (module_.types.base_kind(module_[over].type) == program::TypeKind::List) return lengths_.of(over);
    const auto* number = std::get_if<int64_t>(&module_[over].constant);
    if (module_[over].op == Op::Constant && number)
      return Count(static_cast<uint64_t>(std::max<int64_t>(*number, 0)));
    return Count(Factor{graph::expression_text(module_, over), std::nullopt});
  }

  /// A chain's own calls, with the lengths of its parameters as they are here.
  Calls called(const Node& node) {
    Calls result;
    const auto known = known_.find({false, node.index});
    if (known == known_.end()) {
      result[{Callee::Kind::Again, node.index}] = Count(1);
      return result;
    }
    for (const auto& [callee, count] : known->second)
      result[callee] = lengths_.in_caller(count, module_.chains[node.index], node);
    return result;
  }

  const Module& module_;
  ListLengths lengths_;
  std::map<Unit, Calls> known_;
};

uint64_t number_in(const std::string& json, std::string_view key, uint64_t otherwise) {
  std::string ignored;
  for (const value::JsonMember& member :
       value::json_members(json, ignored).value_or(std::vector<value::JsonMember>())) {
    if (member.key == key) return std::strtoull(std::string(member.value).c_str(), nullptr, 10);
  }
  return otherwise;
}

constexpr uint64_t kRetries = 2;  // of models and tools that read, unless they say otherwise

std::pair<std::string, uint64_t> one_and(const std::string& word, uint64_t number) {
  return {"(1 + " + word + ' ' + std::to_string(number) + ')', add_up(number, 1)};
}

uint64_t retries_of(const program::Model& model) {
  const bool retries = program::find_model_option(model.provider, "retry") != nullptr;
  return retries ? number_in(model.options_json, "retry", kRetries) : 0;
}

/// Requests that go on with an answer: each comes after a search.
uint64_t pauses_of(const program::Model& model) {
  if (model.provider != "anthropic" || !program::searches_web(model)) return 0;
  return std::min<uint64_t>(number_in(model.options_json, "max_searches", program::kMostPauses),
                            program::kMostPauses);
}

/// A model's retries count for each request to it. Where it fails all the same, the next member of its
/// `balance` is asked, and then the fallback.
void add_model(CallLine& line, const Module& module, uint32_t index) {
  line.asks_model = true;
  if (index >= module.models.size()) return;
  line.model = module.models[index].name;
  std::string text;
  uint64_t requests = 0;
  const auto add = [&](const program::Model& model, const std::string& as) {
    const uint64_t retry = retries_of(model), pauses = pauses_of(model);
    text += (text.empty() ? "(" : " + ") + as + "1" + (retry > 0 ? " + retry " + std::to_string(retry) : "") +
            (pauses > 0 ? " + pauses " + std::to_string(pauses) : "");
    requests = add_up(requests, add_up(add_up(retry, 1), pauses));
  };
  for (size_t steps = 0; index < module.models.size() && steps <= module.models.size(); ++steps) {
    const program::Model& model = module.models[index];
    const std::vector<uint32_t> members = program::links_of(model).members;
    for (const uint32_t member : members) {
      if (member < module.models.size()) add(module.models[member], module.models[member].name + ' ');
    }
    if (members.empty()) add(model, text.empty() ? "" : "fallback " + model.name + ' ');
    index = index < module.fallbacks.size() ? module.fallbacks[index] : UINT32_MAX;
  }
  if (requests > 1) line.repeats.emplace_back(text + ')', requests);
}

CallLine line_of(const Module& module, const Callee& callee, const Count& count) {
  CallLine line;
  line.calls = count;
  if (callee.kind == Callee::Kind::Prompt) {
    const graph::Prompt& prompt = module.prompts[callee.index];
    line.kind = "prompt";
    line.prompt = callee.index;
    line.name = graph::versioned(prompt.name, prompt.version);
    if (prompt.repair > 0 && prompt.result != module.types.string_type)
      line.repeats.push_back(one_and("repair", prompt.repair));
    add_model(line, module, callee.model == UINT32_MAX ? prompt.model : callee.model);
    return line;
  }
  const graph::External& external = module.externals[callee.index];
  line.kind = graph::word_of(external.kind);
  line.name = graph::versioned(external.name, external.version);
  if (external.kind == ExternalKind::Agent) {
    if (external.bounds.steps >= 0) {
      const auto steps = static_cast<uint64_t>(external.bounds.steps);
      line.repeats.emplace_back("steps " + std::to_string(steps), steps);
    } else {
      line.calls = line.calls * Count(Factor{"steps of " + external.name, std::nullopt});
    }
    add_model(line, module, external.model);
  }
  if (external.kind == ExternalKind::Tool && external.provider.name.starts_with("http.")) {
    const bool again = external.effect != program::Effect::Writes || external.idempotent;
    if (const uint64_t retry = number_in(external.provider.options_json, "retry", again ? kRetries : 0))
      line.repeats.push_back(one_and("retry", retry));
  }
  return line;
}

/// The clock, chance and the log: they reach nothing outside.
bool is_inside(const Module& module, const Callee& callee) {
  if (callee.kind != Callee::Kind::External) return false;
  switch (module.externals[callee.index].kind) {
    case ExternalKind::Now:
    case ExternalKind::Random:
    case ExternalKind::Draw:
    case ExternalKind::Log: return true;
    default: return false;
  }
}

}  // namespace

std::optional<uint64_t> CallLine::bound() const {
  std::optional<uint64_t> bound = calls.bound();
  for (const auto& [text, number] : repeats) {
    if (bound) bound = multiply(*bound, number);
  }
  return bound;
}

std::string CallLine::formula() const {
  std::string text;
  if (!calls.is_one() || repeats.empty()) {
    text = calls.text();
    if (calls.is_sum() && !repeats.empty()) text = '(' + text + ')';
  }
  for (const auto& [repeat, number] : repeats) text += (text.empty() ? "" : " x ") + repeat;
  return text;
}

std::vector<CallLine> call_bounds(const graph::Module& module, uint32_t chain) {
  std::vector<CallLine> lines;
  Counting counting(module);
  for (const auto& [callee, count] : counting.of_chain(chain)) {
    if (!count.zero() && !is_inside(module, callee)) lines.push_back(line_of(module, callee, count));
  }
  std::sort(lines.begin(), lines.end(), [](const CallLine& a, const CallLine& b) {
    return std::tie(a.kind, a.name, a.model) < std::tie(b.kind, b.name, b.model);
  });
  return lines;
}

}  // namespace chain::plan
