// Chains that call one another far deeper than a thread's stack reaches.
#include <catch2/catch.hpp>

#include "runtime/sched/event_loop.h"
#include "runtime/sched/run.h"
#include "tests/unit/sched/session.h"

using namespace chain;

namespace {

constexpr uint32_t kDepth = 100'000;

program::Task task(program::TaskKind kind, uint32_t target, std::string path) {
  program::Task task;
  task.kind = kind;
  task.target = target;
  task.path = std::move(path);
  task.result_offset = abi::kFrameHeaderSize;
  return task;
}

/// Chain i calls chain i + 1, and the last one calls the prompt. There is no native code.
program::Program nested_chains() {
  program::Program program;
  program::Type record;
  record.kind = program::TypeKind::Record;
  const program::TypeId nothing = program.types.add(std::move(record));
  program.types.layout_record(nothing);
  program.prompts.push_back({.name = "ask", .parameters = nothing, .result = program.types.string_type});
  for (uint32_t i = 0; i <= kDepth; ++i) {
    const bool last = i == kDepth;
    program::Region body;
    body.frame_size = abi::kFrameHeaderSize + sizeof(value::Text);
    body.tasks.push_back(last ? task(program::TaskKind::Prompt, 0, "ask")
                              : task(program::TaskKind::Call, i + 1, "c"));
    body.ready = {0};
    program.regions.push_back(std::move(body));
    program.chains.push_back(
        {.name = "c", .parameters = nothing, .result = program.types.void_type, .body = i});
  }
  return program;
}

/// Answers every call at the loop's next turn.
class Answering final : public model::Client {
 public:
  Answering(EventLoop& loop, bool well) : loop_(loop), well_(well) {}
  CallId start(model::Request /*request*/, model::Listener& listener) override {
    loop_.post([this, &listener] {
      if (well_) return listener.done({.text = "x"});
      listener.failed({abi::ErrorKind::Refused, "no"});
    });
    return 1;
  }
  void cancel(CallId /*call*/) override {}

 private:
  EventLoop& loop_;
  bool well_;
};

sched::RunResult run(const program::Program& program, bool well) {
  EventLoop loop;
  Answering client(loop, well);
  sched::Scheduler scheduler(program, client, loop);
  sched::RunResult given;
  scheduler.start(0, "{}", {}, [&](sched::RunResult result) { given = std::move(result); });
  loop.run();
  return given;
}

}  // namespace

TEST_CASE("the end of the innermost of very many chains ends them all") {
  const program::Program program = nested_chains();
  CHECK(test::outcome(run(program, true)) == "null");
  const sched::RunResult refused = run(program, false);
  CHECK(test::outcome(refused) == "refused: no");
  CHECK(refused.error.path.size() == 1 + 2 * kDepth + 4);  // c/c/c/.../ask
}

namespace {

/// A function that goes `n` deep, with more text in each call than a small stack has room for.
std::string wide_function() {
  std::string source = "fn wide(n: int) -> int within { depth: 1000 } {\n  var text = \"\"\n";
  for (int i = 0; i < 1000; ++i) source += "  text = \"{{ text.len() }}{{ n }}\"\n";
  return source + "  return if n == 0 { text.len() } else { wide(n - 1) }\n}\n";
}

}  // namespace

TEST_CASE("functions end with an error before the stack does") {
  test::Session session(wide_function() + "chain main(n: int) -> int {\n  return wide(n)\n}\n");
  CHECK(test::outcome(session.run("main", R"({"n": 10})")) == "2");
  CHECK(test::outcome(session.run("main", R"({"n": 999})")) ==
        "budget: functions call each other deeper than the stack of the process allows; bound them lower");
  CHECK(test::outcome(session.run("main", R"({"n": 10})")) == "2");
}

TEST_CASE("functions may call each other as deep as they say") {
  std::string source = "fn f0(n: int) -> int { n }\n";
  for (int i = 1; i < 500; ++i) {
    const std::string name = std::to_string(i), callee = std::to_string(i - 1);
    source += "fn f" + name + "(n: int) -> int { f" + callee + "(n) + 1 }\n";
  }
  source += "fn down(n: int) -> int within { depth: 1000 } { if n == 0 { 0 } else { down(n - 1) + 1 } }\n";
  test::Session session(source + "chain main() -> int[] {\n  return [f499(0), down(999)]\n}\n");
  CHECK(test::outcome(session.run()) == "[499, 999]");
}
