// The program `chain`: finds the verb and hands over.
#include <unistd.h>

#include <string>

#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"
#include "runtime/http/client.h"

namespace {

using namespace chain::cli;

int dispatch(Arguments words) {
  if (words.empty()) return help({});
  std::string_view name = words.front();
  if (name == "--help" || name == "-h") name = "help";
  if (name == "--version") name = "version";
  for (const Verb& verb : verbs()) {
    if (verb.name == name) return verb.run(words.subspan(1));
  }
  std::vector<std::string_view> names;
  for (const Verb& verb : verbs()) names.push_back(verb.name);
  const bool option = !name.empty() && name.front() == '-';
  return usage_error("", (option ? "a verb comes first; found `" : "unknown verb `") + std::string(name) +
                             "`" + meant(name, names));
}

}  // namespace

int main(int count, char** words) {
  prepare_standard_files();
  keep_memory_out_of_files();
  const int exit = dispatch(Arguments(words, static_cast<size_t>(count)).subspan(count > 0 ? 1 : 0));
  // Whoever pressed Ctrl-C does not wait for work in the background, such as code that is optimized for the
  // next run.
  if (exit == kInterrupted) _exit(interrupted_exit());
  chain::driver::finish();
  chain::http::finish_preparing();
  return exit;
}
