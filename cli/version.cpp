// `chain version`.
#include <CLI/CLI.hpp>

#include "cli/output.h"
#include "cli/usage.h"
#include "cli/verbs.h"

namespace chain::cli {

int version(Arguments arguments) {
  CLI::App app("Prints the version of chain.", "chain version");
  if (const auto code = read_options(app, arguments)) return *code;
  return write_out("chain " CHAIN_VERSION "\n") ? kOk : kFailed;
}

}  // namespace chain::cli
