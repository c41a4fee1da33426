// `chain repl [FILE]`: evaluates what is typed, with the names of a file.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <array>
#include <utility>

#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/repl_input.h"
#include "cli/repl_session.h"
#include "cli/usage.h"
#include "cli/variables.h"
#include "cli/verbs.h"

namespace chain::cli {
namespace {

constexpr std::string_view kHelp = R"(An expression is evaluated and shown: classify("hello"), [1, 2] | sum
let x = ...         names a value; x = ... gives it another one
prompt, chain, type and every other declaration add to the file's own; open brackets go on on the next line
:type EXPR          the type of an expression, without evaluating it
:load FILE          read a file (anew); what was named and declared is forgotten
:graph              the graph of the file and what was declared
:quit               leave, as Ctrl-D does; Ctrl-C cancels a call, or drops what was typed
)";

constexpr std::array<std::string_view, 5> kCommands = {"help", "type", "load", "graph", "quit"};

class Repl {
 public:
  explicit Repl(ReplSession session, std::string file)
      : session_(std::move(session)), lines_([this] { return words(); }), file_(std::move(file)) {}

  /// The exit code.
  int run() {
    if (lines_.is_terminal()) say("chain: expressions, `let`, declarations; :help says more, :quit leaves\n");
    std::string pending;
    for (;;) {
      std::string line;
      const LineReader::Got got = lines_.next(pending.empty() ? "> " : "... ", line);
      if (got == LineReader::Got::Interrupted) {
        pending.clear();
        continue;
      }
      const bool end = got == LineReader::Got::End;
      if (!end) pending += (pending.empty() ? "" : "\n") + line;
      // A person ends with an empty line what cannot be completed.
      const bool given_up = lines_.is_terminal() && line.empty();
      const bool command = pending.starts_with(':') && pending.find('\n') == std::string::npos;
      if (!end && !command && !given_up && !is_complete(pending)) continue;
      if (!pending.empty()) enter(std::exchange(pending, {}));
      if (told_to_end()) return kInterrupted;
      if (end || left_) break;
    }
    if (lines_.is_terminal() && !left_) say("\n");
    // A script that failed says so; a person has seen it.
    return failed_ && !lines_.is_terminal() ? kFailed : kOk;
  }

 private:
  [[nodiscard]] std::vector<std::string> words() const {
    std::vector<std::string> all = session_.words();
    for (const std::string_view command : kCommands) all.push_back(':' + std::string(command));
    return all;
  }

  void enter(const std::string& text) {
    const Input input = classify(text);
    const bool good = input.kind == InputKind::Command ? command(input) : session_.enter(input);
    failed_ = failed_ || !good;
  }

  bool command(const Input& input) {
    if (input.name == "quit" || input.name == "q") return left_ = true;
    if (input.name == "help" || input.name == "h") return write_out(kHelp);
    if (input.name == "graph") return session_.show_graph();
    if (input.name == "type" || input.name == "load") {
      const bool load = input.name == "load";
      if (load && !input.text.empty()) file_ = input.text;
      if (load && !file_.empty()) return session_.load(file_);
      if (!load && !input.text.empty()) return session_.show_type(input.text);
      say_error(load ? "which file? as in: :load support.chain" : "of what? as in: :type 1 + 2");
      return false;
    }
    const std::vector<std::string_view> names(kCommands.begin(), kCommands.end());
    say_error("unknown command `:" + input.name + "`" + meant(input.name, names) + "; :help lists them");
    return false;
  }

  ReplSession session_;
  LineReader lines_;
  std::string file_;
  bool left_ = false;
  bool failed_ = false;
};

}  // namespace

int repl(Arguments arguments) {
  CLI::App app("Evaluates expressions and calls the prompts and chains of a file, one input after the other.",
               "chain repl");
  ReplSettings settings;
  app.add_option("file", settings.file, "the file whose names are known")->option_text("FILE");
  app.add_option("--profile", settings.profile,
                 "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  app.add_option("--model", settings.models, "another model: fast=baseline, 'fast=openai(\"gpt-5-mini\")'")
      ->allow_extra_args(false)
      ->option_text("name=provider ...");
  app.add_flag("--verbose", settings.verbose, "show each request as it is sent, and each reply");
  declare_permissions(app, settings.permissions);
  declare_env_files(app, settings.env_files);
  if (const auto code = read_options(app, arguments)) return *code;
  std::string error;
  if (!policy_for(settings.file, settings.profile, settings.permissions, error))
    return usage_error("repl", error);
  const std::string file = std::exchange(settings.file, {});
  ReplSession session(std::move(settings));
  if (!file.empty() && !session.load(file)) return kWrongFile;
  return Repl(std::move(session), file).run();
}

}  // namespace chain::cli
