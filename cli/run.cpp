// `chain run FILE[:chain]`: runs a chain and prints its answer.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "cli/arguments.h"
#include "cli/model_setting.h"
#include "cli/output.h"
#include "cli/permission.h"
#include "cli/program.h"
#include "cli/report.h"
#include "cli/run_observer.h"
#include "cli/session.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "runtime/abi/context.h"
#include "runtime/sched/constraints.h"

namespace chain::cli {
namespace {

constexpr uint64_t kArgumentBytes = uint64_t{1} << 30;

struct RunSettings {
  std::string target;
  std::vector<std::string> arguments;
  std::optional<std::string> input;
  std::vector<std::string> models;
  std::string profile;
  PermissionSettings permissions;
  bool stream = false;
  bool json = false;
  bool verbose = false;
  bool help = false;
};

void declare(CLI::App& app, RunSettings& settings) {
  app.set_help_flag();  // ours knows the chain's own arguments as well
  app.add_option("target", settings.target,
                 "the file, and the chain in it unless that is `main` or the only one")
      ->option_text("FILE[:chain]");
  app.add_option("-a,--argument", settings.arguments,
                 "an argument; strings as they are, other values as JSON")
      ->allow_extra_args(false)
      ->option_text("name=value ...");
  app.add_option("--input", settings.input,
                 "the arguments as a JSON object: a file, `-` for standard input, or JSON")
      ->option_text("FILE|-|JSON");
  app.add_option("--profile", settings.profile,
                 "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  app.add_option("--model", settings.models, "another model: fast=baseline, 'fast=openai(\"gpt-5-mini\")'")
      ->allow_extra_args(false)
      ->option_text("name=provider ...");
  declare_permissions(app, settings.permissions);
  app.add_flag("--stream", settings.stream, "print the answer as it arrives");
  app.add_flag("--json", settings.json,
               "print the answer as JSON, text too; with --stream a JSON object a line");
  app.add_flag("--verbose", settings.verbose, "show each request as it is sent, and each reply");
  app.add_flag("-h,--help", settings.help, "show this, and the chain's own arguments if FILE is given");
}

/// The JSON that `--input` names.
std::optional<std::string> input_json(const std::string& input, std::string& error) {
  if (input == "-") return read_stdin(error);
  const size_t first = input.find_first_not_of(" \t\r\n");
  const char begin = first == std::string::npos ? '\0' : input[first];
  if (begin == '{' || begin == '[' || begin == '"') return input;
  return read_file(input, error);
}

int show_help(const CLI::App& app, const RunSettings& settings) {
  std::string text = app.help();
  if (!settings.target.empty()) {
    int exit = kOk;
    const Target target = split_target(settings.target);
    if (target.ends_early) return usage_error("run", missing_name(target, "main"));
    const auto program = load_program(target.file, {}, exit);
    if (program == nullptr) return exit;
    std::string error;
    const auto chosen = choose_chain(*program, target, error);
    if (!chosen) return usage_error("run", error);
    const program::Chain& chain = program->chains[*chosen];
    const std::string parameters = list_parameters(program->types, chain.parameters);
    text += fmt::format("\nArguments of {} (gives {}):\n{}{}", versioned(chain.name, chain.version),
                        program->types.to_string(chain.result),
                        chain.doc.empty() ? "" : printable(chain.doc) + "\n",
                        parameters.empty() ? "  none\n" : parameters);
  }
  return write_out(text) ? kOk : kFailed;
}

Stream stream_of(const RunSettings& settings, bool is_text) {
  if (!settings.stream) return Stream::None;
  if (settings.json) return Stream::Events;
  return is_text ? Stream::Answer : Stream::Aside;
}

/// Prints what has not been streamed yet.
int print_answer(const RunSettings& settings, const sched::RunResult& result, program::TypeKind kind,
                 const RunObserver& observer) {
  bool written = !observer.output_failed();
  if (kind == program::TypeKind::Void && !settings.json) return kOk;
  if (settings.json && settings.stream) {
    written = written && answer_json("{\"result\":" + result.value_json + "}\n");
  } else if (kind != program::TypeKind::String || settings.json) {
    written = written && answer_json(pretty_json(result.value_json) + "\n");
  } else if (observer.written().empty()) {
    written = written && answer_text(result.text + "\n");
  } else {
    const bool complete = observer.written() == result.text;
    written = written && answer_text(complete ? "\n" : "\n" + result.text + "\n");
  }
  return written ? kOk : kFailed;
}

int run_chain(const RunSettings& settings, std::shared_ptr<const program::Program> program,
              const Target& target, const SourceMap& sources) {
  std::string error;
  const auto chosen = choose_chain(*program, target, error);
  if (!chosen) return usage_error("run", error);
  auto policy = policy_for(target.file, settings.profile, settings.permissions, error);
  if (!policy) return usage_error("run", error);
  if (!permitted(*program, *chosen, target.file, *policy, models_named(settings.models), sources))
    return kRefused;
  const program::Chain& chain = program->chains[*chosen];

  std::optional<std::string> input;
  if (settings.input) {
    input = input_json(*settings.input, error);
    if (!input) return usage_error("run", error);
  }
  abi::Context context(kArgumentBytes);
  context.program = program.get();
  sched::NativeConstraints constraints(*program, context);
  const auto arguments =
      arguments_json(program->types, chain.parameters, settings.arguments, input, &constraints, error);
  if (!arguments) {
    const std::string parameters = list_parameters(program->types, chain.parameters);
    const int code = usage_error("run", error);
    say(parameters.empty() ? fmt::format("`{}` takes no arguments\n", printable(chain.name))
                           : fmt::format("`{}` takes:\n{}", printable(chain.name), parameters));
    return code;
  }

  if (settings.verbose && !chain.artifact.empty()) say("artifact " + chain.artifact + "\n");
  const program::TypeKind kind = program->types.base_kind(chain.result);
  const Stream stream = stream_of(settings, kind == program::TypeKind::String);
  Session session(program, settings.verbose);
  RunObserver observer(*program, session.loop(), settings.verbose, stream);
  const auto result =
      session.run(*chosen, *arguments, {.stream = stream != Stream::None, .observer = &observer});
  (void)observer.finish();
  if (!result) {
    say("interrupted\n");
    return kInterrupted;
  }
  if (!result->ok) {
    if (stream == Stream::Answer && !observer.written().empty()) (void)answer_text("\n");
    report(result->error, *program);
    return kFailed;
  }
  return print_answer(settings, *result, kind, observer);
}

}  // namespace

int run(Arguments arguments) {
  CLI::App app("Runs a chain and prints its answer on standard output.", "chain run");
  RunSettings settings;
  declare(app, settings);
  if (const auto code = read_options(app, arguments)) return *code;
  if (settings.help) return show_help(app, settings);
  if (settings.target.empty()) return usage_error("run", "which file? as in: chain run hello.chain");

  const Target target = split_target(settings.target);
  if (target.ends_early) return usage_error("run", missing_name(target, "main"));
  int exit = kOk;
  SourceMap sources;
  auto program =
      load_program(target.file, {.profile = settings.profile, .models = settings.models}, exit, sources);
  if (program == nullptr) return exit;
  return run_chain(settings, std::move(program), target, sources);
}

}  // namespace chain::cli
