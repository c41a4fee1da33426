#include "tests/unit/graph/compare.h"

#include <algorithm>
#include <random>

#include "compiler/graph/liveness.h"
#include "compiler/graph/properties.h"
#include "compiler/graph/validate.h"
#include "compiler/jit/load.h"
#include "compiler/transform/hoist_invariant_effects.h"
#include "compiler/transform/merge_equal_effects.h"
#include "compiler/transform/pipeline.h"
#include "compiler/transform/remove_dead_effects.h"
#include "runtime/abi/functions.h"
#include "runtime/program/well_formed.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/run.h"
#include "runtime/value/json.h"
#include "tests/unit/graph/answers.h"
#include "tests/unit/sema/checked.h"

namespace chain::oracle {

namespace {

/// Holds calls back and answers one of those under way, any of them, whenever the loop has nothing else to
/// do.
class FakeClient : public model::Client {
 public:
  FakeClient(EventLoop& loop, uint64_t seed) : loop_(loop), seed_(seed), order_(seed) {}

  CallId start(model::Request request, model::Listener& listener) override {
    const auto prompt = static_cast<uint32_t>(request.prompt - request.program->prompts.data());
    std::string text;
    for (const model::Message& message : request.messages)
      text += text_of(prompt, request.program->types, message);
    requests.push_back(std::move(text));
    calls_.push_back({next_, std::move(request), &listener});
    loop_.post([this] { answer_one(); });
    return next_++;
  }

  void cancel(CallId call) override {
    std::erase_if(calls_, [call](const Call& each) { return each.id == call; });
  }

  std::vector<std::string> requests;

 private:
  static std::string text_of(uint32_t prompt, const program::TypeTable& types,
                             const model::Message& message) {
    std::string text = request_text(prompt, message.role, message.text);
    for (const abi::Attachment& each : message.media)
      text += media_text(each.offset, types[each.type].name, each.source.view());
    return text;
  }

  struct Call {
    CallId id;
    model::Request request;
    model::Listener* listener;
  };

  void answer_one() {
    if (calls_.empty()) return;
    const auto place = static_cast<std::ptrdiff_t>(order_() % calls_.size());
    const Call call = std::move(calls_[static_cast<size_t>(place)]);
    calls_.erase(calls_.begin() + place);
    const program::TypeTable& types = call.request.program->types;
    const program::Prompt& prompt = *call.request.prompt;
    const auto index = static_cast<uint32_t>(&prompt - call.request.program->prompts.data());
    std::string arguments;
    value::write_json(types, prompt.parameters, &call.request.arguments, arguments);
    const Answer answer = oracle::answer(types, index, prompt.result, arguments, seed_);
    if (answer.error) return call.listener->failed({*answer.error, "the stand-in fails"});
    call.listener->done({.text = reply(types, prompt.result, answer.json)});
  }

  /// A string is answered as it is, everything else as JSON.
  static std::string reply(const program::TypeTable& types, program::TypeId type, const std::string& json) {
    if (types[type].kind != program::TypeKind::String) return json;
    value::Arena arena;
    value::Text text;
    if (!value::from_json(types, type, json, arena, &text)) return json;
    return std::string(text.view());
  }

  EventLoop& loop_;
  uint64_t seed_;
  std::mt19937_64 order_;
  std::vector<Call> calls_;
  CallId next_ = 1;
};

struct Native {
  sched::RunResult result;
  std::vector<std::string> requests;
  std::vector<std::string> logged;
};

class Log : public sched::Observer {
 public:
  void logged(std::string_view, std::string_view text) override { lines.emplace_back(text); }
  std::vector<std::string> lines;
};

Native run_native(const program::Program& program, uint32_t chain, std::string_view arguments, uint64_t seed,
                  bool test) {
  EventLoop loop;
  FakeClient client(loop, seed);
  sched::Scheduler scheduler(program, client, loop);
  Native native;
  Log log;
  sched::RunOptions options;
  options.test = test;
  options.observer = &log;
  options.now = [] { return kNow; };
  options.chance = [](std::string_view) { return kChance; };
  scheduler.start(chain, arguments, options,
                  [&](sched::RunResult result) { native.result = std::move(result); });
  loop.run();
  native.requests = std::move(client.requests);
  native.logged = std::move(log.lines);
  return native;
}

std::string shown(const Outcome& outcome) {
  if (outcome.ok) return outcome.json;
  return std::string(program::to_string(outcome.kind)) + " at line " + std::to_string(outcome.site.line) +
         ':' + std::to_string(outcome.site.column);
}

std::string shown(const sched::RunResult& result) {
  if (result.ok) return result.value_json;
  return std::string(program::to_string(result.error.kind)) + " at line " +
         std::to_string(result.error.line) + ':' + std::to_string(result.error.column) + " (" +
         result.error.message + ")";
}

std::string expectations(const auto& expected) {
  std::vector<std::string> all;
  for (const auto& each : expected)
    all.push_back(std::to_string(each.expectation) + (each.holds ? "+" : "-"));
  std::ranges::sort(all);
  std::string text;
  for (const std::string& each : all) text += each + ' ';
  return text;
}

/// The kinds that `answer` fails with.
bool of_a_call(abi::ErrorKind kind) {
  return kind <= abi::ErrorKind::Refused;
}

/// What is wrong with the way a run failed; empty if a program that is right may fail so. The stand-ins time
/// out, refuse and so on, a test has no answer, a person says no, a program says `fail`, a value does not
/// fit, and a depth is used up; nothing else may come up. Only arguments of the run fail outside of its text.
std::string undeclared(const sched::RunError& error, bool in_the_text) {
  using abi::ErrorKind;
  static constexpr ErrorKind kDeclared[] = {ErrorKind::InvalidValue, ErrorKind::Budget, ErrorKind::Denied,
                                            ErrorKind::NotFound, ErrorKind::Failed};
  const bool declared =
      of_a_call(error.kind) || std::ranges::find(kDeclared, error.kind) != std::end(kDeclared);
  if (!declared) return "it fails with a kind that nothing in it can fail with";
  if (error.message.empty() && error.kind != ErrorKind::Failed) return "it fails without a word";
  return (error.line > 0) == in_the_text ? "" : "it fails nowhere";
}

/// Runs both and adds what came of it to `report`.
class Pair {
 public:
  Pair(const graph::Module& module, const graph::Module& transformed, const program::Program& program,
       uint64_t seed, Comparison& report)
      : module_(module), transformed_(transformed), program_(program), seed_(seed), report_(report) {}

  void run(uint32_t chain, const std::string& arguments, bool test) {
    const Answers answers = [this](uint32_t prompt, std::string_view json) {
      return oracle::answer(module_.types, prompt, module_.prompts[prompt].result, json, seed_);
    };
    Outcome expected = interpret(module_, chain, arguments, answers, test, needed_);
    Outcome transformed = interpret(transformed_, chain, arguments, answers, test);
    Native native = run_native(program_, chain, arguments, seed_, test);
    ++report_.runs;
    report_.succeeded += expected.ok;
    report_.calls += expected.calls;
    std::string what = difference(expected, native);
    // What failed together has asked more than the oracle, which stops at the first failure, or less.
    if (what.empty() && expected.ok && expected.caught == 0)
      what = difference_of_requests(expected, transformed, native);
    if (what.empty() || !report_.difference.empty()) return;
    report_.difference = what + "\nchain " + module_.chains[chain].name + " with " + arguments +
                         "\noracle: " + shown(expected) + "\nnative: " + shown(native.result) + "\n";
  }

 private:
  std::string difference(Outcome& expected, Native& native) {
    const sched::RunResult& result = native.result;
    if (expected.ok != result.ok) return "one of them fails";
    if (!expected.ok) {
      if (std::string wrong = undeclared(result.error, expected.site.line > 0); !wrong.empty()) return wrong;
      const bool same_place =
          expected.site.line == result.error.line && expected.site.column == result.error.column;
      report_.failed_elsewhere += !same_place;
      // In a loop the calls of two iterations may both fail, each in its own way, at one place.
      const bool same_kind =
          expected.kind == result.error.kind || (of_a_call(expected.kind) && of_a_call(result.error.kind));
      return same_place && !same_kind ? "they fail in two ways" : "";
    }
    if (expected.json != result.value_json) return "the results differ";
    // Likewise: what was dropped has missed no answer. Equal calls may miss one answer together.
    if (expected.caught == 0 && (expected.unanswered > 0) != !result.unanswered.empty())
      return "calls without an answer differ";
    return expectations(expected.expected) == expectations(result.expected) ? "" : "the expectations differ";
  }

  /// The passes leave calls out; they make no new ones, and what they leave is made.
  std::string difference_of_requests(Outcome& expected, Outcome& transformed, Native& native) const {
    for (auto* all : {&expected.requests, &transformed.requests, &native.requests}) {
      std::ranges::sort(*all);
      // The loser of a race has asked too, or not.
      if (races_) all->erase(std::unique(all->begin(), all->end()), all->end());
    }
    const auto without = [](const std::vector<std::string>& all, const std::vector<std::string>& others) {
      std::string text;
      std::vector<std::string> rest;
      std::ranges::set_difference(all, others, std::back_inserter(rest));
      for (const std::string& each : rest) text += "\n  " + each;
      return text;
    };
    const std::string lost = without(transformed.requests, native.requests);
    const std::string added = without(native.requests, transformed.requests);
    const std::string made = without(transformed.requests, expected.requests);
    if (!lost.empty()) return "native code did not ask" + lost;
    if (!added.empty()) return "native code alone asked" + added;
    if (!made.empty()) return "the passes made a call that was not there:" + made;
    std::ranges::sort(expected.logged);
    std::ranges::sort(native.logged);
    return races_ || expected.logged == native.logged ? "" : "the logs differ";
  }

  const graph::Module& module_;
  const graph::Module& transformed_;
  const program::Program& program_;
  uint64_t seed_;
  Comparison& report_;
  std::vector<bool> needed_ = graph::needed(module_);
  bool races_ =
      std::ranges::any_of(module_.nodes, [](const graph::Node& node) { return node.op == graph::Op::Race; });
};

/// The calls of a region, each counted once and once more for each loop around it.
uint64_t calls_in(const graph::Module& module, graph::RegionId region, uint64_t weight) {
  uint64_t calls = 0;
  for (graph::NodeId id : module[region].nodes) {
    const graph::Node& node = module[id];
    using graph::Op;
    if (node.op == Op::Prompt || node.op == Op::Chain || node.op == Op::External) calls += weight;
    const bool loop = node.op == Op::For || node.op == Op::Loop;
    for (graph::RegionId inner : node.regions) calls += calls_in(module, inner, weight + loop);
  }
  return calls;
}

uint64_t calls_in(const graph::Module& module) {
  uint64_t calls = 0;
  for (const graph::Chain& chain : module.chains) calls += calls_in(module, chain.body, 1);
  return calls;
}

/// Runs the pass alone.
void count_fired(const graph::Module& module, const char* name, void (*pass)(graph::Module&),
                 Comparison& report) {
  graph::Module copy = module;
  pass(copy);
  report.fired[name] += calls_in(module) - calls_in(copy);
}

jit::Compiled compile(const graph::Module& module) {
  jit::Compiled compiled;
  const jit::Api* back_end = jit::open(compiled.error);
  if (!back_end) return compiled;
  jit::Options options;
  for (const abi::Symbol& symbol : abi::symbols())
    options.symbols.push_back({symbol.name.data(), symbol.address});
  return back_end->compile(module, options);
}

}  // namespace

Comparison compare(const graph::Module& module, uint32_t chain,
                   const std::vector<std::string>& arguments_json, uint64_t seed) {
  Comparison report;
  graph::Module transformed = module;
  transform::transform(transformed);
  if (const auto mistakes = graph::validate(transformed); !mistakes.empty()) {
    report.difference = "the passes made a graph that is not well formed: " + mistakes.front();
    return report;
  }
  const jit::Compiled compiled = compile(transformed);
  if (!compiled.error.empty()) {
    report.difference = "no native code: " + compiled.error;
    return report;
  }
  if (!program::is_well_formed(compiled.program) || !program::has_its_functions(compiled.program)) {
    report.difference = "the program's tables would be refused when read back";
    return report;
  }
  count_fired(module, "remove_dead_effects", transform::remove_dead_effects, report);
  count_fired(module, "merge_equal_effects", transform::merge_equal_effects, report);
  count_fired(module, "hoist_invariant_effects", transform::hoist_invariant_effects, report);
  Pair pair(module, transformed, compiled.program, seed, report);
  for (const std::string& arguments : arguments_json) pair.run(chain, arguments, false);
  for (const program::Test& test : module.tests) pair.run(test.chain, "{}", true);
  return report;
}

Comparison compare(const std::string& source, const std::vector<std::string>& arguments_json, uint64_t seed) {
  const sema::test::Checked checked = sema::test::check_text(source);
  if (!checked.module) {
    Comparison report;
    report.difference = "the program does not compile: " + checked.graph();
    return report;
  }
  const auto& chains = checked.module->chains;
  const auto main = std::ranges::find(chains, "main", &graph::Chain::name);
  if (main == chains.end()) return {.difference = "the program has no chain `main`"};
  return compare(*checked.module, static_cast<uint32_t>(main - chains.begin()), arguments_json, seed);
}

std::map<std::string, uint64_t> count_ops(const graph::Module& module) {
  std::map<std::string, uint64_t> counts;
  for (size_t op = 0; op < graph::kOpCount; ++op)
    counts[std::string(graph::op_text(static_cast<graph::Op>(op)))] = 0;
  graph::for_each_body(module, [&](graph::RegionId body) {
    graph::for_each_node(module, body,
                         [&](graph::NodeId id) { ++counts[std::string(graph::op_text(module[id].op))]; });
  });
  return counts;
}

}  // namespace chain::oracle
