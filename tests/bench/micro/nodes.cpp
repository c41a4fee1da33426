// bench_nodes COUNT: COUNT pure nodes in a row, each of which needs the one before; the CPU time of a node
// when run, the start and end of a run included, and of compiling one, from source text to something that
// runs.
#include <fmt/format.h>

#include <cstdlib>

#include "runtime/model/client.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/run.h"
#include "tests/bench/micro/compiled.h"

using namespace chain;

namespace {

/// Not a sum of constants: each node multiplies by what is known at run time only.
std::string source(int count) {
  std::string text = "chain main(seed: int, factor: int) -> int {\n  let n0 = seed\n";
  for (int i = 1; i <= count; ++i) text += fmt::format("  let n{} = n{} * factor + {}\n", i, i - 1, i % 7);
  return text + fmt::format("  return n{}\n}}\n", count);
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 0;
  if (count < 1) {
    fmt::print(stderr, "usage: bench_nodes COUNT\n");
    return 2;
  }
  const bench::ScratchFile file(source(count));
  const auto program = bench::compile_quick(file.path());
  const double compile_us = bench::time_each([&] { (void)bench::compile_quick(file.path()); }, 5, 1);

  EventLoop loop;
  const auto client = model::make_client(*program, loop);
  sched::Scheduler scheduler(*program, *client, loop);
  const std::string arguments = R"({"seed": 3, "factor": 1})";
  int64_t expected = 3;
  for (int i = 1; i <= count; ++i) expected += i % 7;
  uint64_t bad = 0;
  const double run_us = bench::time_each([&] {
    scheduler.start(program->entries.front(), arguments, {}, [&](const sched::RunResult& result) {
      if (!result.ok || result.value_json != fmt::to_string(expected)) ++bad;
    });
    loop.run();
  });

  // Each node is a multiplication and an addition.
  const double nodes = 2.0 * count;
  fmt::print(
      "{{\"impl\":\"chain\",\"nodes\":{},\"bad\":{},\"us_per_node\":{:.6f},\"compile_us_per_node\":{:.4f}}}"
      "\n",
      count, bad, run_us / nodes, compile_us / nodes);
  return bad == 0 ? 0 : 1;
}
