// The verbs of the command line, each in a file of its own.
#pragma once

#include <span>
#include <string_view>

namespace chain::cli {

/// Exit codes; docs/cli.md lists them.
enum Exit : int {
  kOk = 0,
  kFailed = 1,         // the chain, a test or the output failed; `fmt --check` found a file to change
  kUsage = 2,          // the command line is wrong
  kWrongFile = 3,      // the program is wrong, or cannot be read
  kRefused = 4,        // the program needs what it is not allowed
  kWaiting = 5,        // the run waits for a person's answer
  kInterrupted = 130,  // Ctrl-C; `main` makes it 128 + n of another signal
};

/// What stands after the verb.
using Arguments = std::span<char* const>;

struct Verb {
  std::string_view name;
  std::string_view summary;
  int (*run)(Arguments arguments);
};

/// Every verb, in the order of `chain help`.
[[nodiscard]] std::span<const Verb> verbs();

int run(Arguments arguments);
int resume(Arguments arguments);
int answer(Arguments arguments);
int replay(Arguments arguments);
int runs(Arguments arguments);
int show(Arguments arguments);
int lineage(Arguments arguments);
int trace_run(Arguments arguments);
int cost(Arguments arguments);
int check(Arguments arguments);
int fmt(Arguments arguments);
int lock(Arguments arguments);
int diff(Arguments arguments);
int log(Arguments arguments);
int graph(Arguments arguments);
int test(Arguments arguments);
int eval(Arguments arguments);
int plan(Arguments arguments);
int tools(Arguments arguments);
int allow(Arguments arguments);
int cache(Arguments arguments);
int index(Arguments arguments);
int dataset(Arguments arguments);
int memory(Arguments arguments);
int mcp(Arguments arguments);
int doctor(Arguments arguments);
int import_files(Arguments arguments);
int new_project(Arguments arguments);
int repl(Arguments arguments);
int chat(Arguments arguments);
int parse(Arguments arguments);
int explain(Arguments arguments);
int version(Arguments arguments);
int help(Arguments arguments);

}  // namespace chain::cli
