// `chain run FILE[:chain]`: runs a chain and prints its answer.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <optional>

#include "cli/answered_models.h"
#include "cli/argument_files.h"
#include "cli/arguments.h"
#include "cli/cache.h"
#include "cli/carry_out.h"
#include "cli/each.h"
#include "cli/export_run.h"
#include "cli/going_on.h"
#include "cli/new_run.h"
#include "cli/output.h"
#include "cli/permission.h"
#include "cli/price_table.h"
#include "cli/program.h"
#include "cli/report.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/variables.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"
#include "runtime/abi/context.h"
#include "runtime/sched/constraints.h"

namespace chain::cli {
namespace {

constexpr uint64_t kArgumentBytes = uint64_t{1} << 30;

struct CommandLine {
  std::string target;
  std::vector<std::string> arguments;
  std::optional<std::string> input;
  RunSettings run;
  ShowSettings show;
  EachSettings each;
  bool no_journal = false;
  bool frozen_models = false;
  trace::Content trace_content = trace::Content::Omitted;
  bool help = false;
};

void declare(CLI::App& app, CommandLine& settings) {
  app.set_help_flag();  // ours knows the chain's own arguments as well
  app.add_option("target", settings.target,
                 "the file, and the chain in it unless that is `main` or the only one")
      ->option_text("FILE[:chain]");
  app.add_option("-a,--argument", settings.arguments,
                 "an argument; strings as they are, other values as JSON, name=@path from a file")
      ->allow_extra_args(false)
      ->option_text("name=value ...");
  app.add_option("--input", settings.input,
                 "the arguments as a JSON object: a file, `-` for standard input, or JSON")
      ->option_text("FILE|-|JSON");
  app.add_option("--each", settings.each.rows, "a run for each line of this file, a JSON object of arguments")
      ->option_text("ROWS.jsonl");
  app.add_option("--out", settings.each.out, "with --each: where the answers go, a line each")
      ->option_text("ANSWERS.jsonl");
  app.add_option("--at-once", settings.each.at_once,
                 "with --each: so many runs at most are under way; 16 unless said")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, size_t{100'000}))
      ->option_text("N");
  app.add_option("--profile", settings.run.profile,
                 "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  app.add_option("--model", settings.run.models,
                 "another model: fast=baseline, 'fast=openai(\"gpt-5-mini\")'")
      ->allow_extra_args(false)
      ->option_text("name=provider ...");
  declare_permissions(app, settings.run.permissions);
  declare_show(app, settings.show);
  declare_cassette(app, settings.run.cassette);
  declare_env_files(app, settings.run.env_files);
  declare_talk(app, settings.run.talk);
  app.add_flag("--frozen-models", settings.frozen_models,
               "fail if another snapshot of a model answered than the lock has; else that is a warning");
  app.add_flag("--no-cache", settings.run.no_cache,
               "ask anew, and keep no answer, whatever prompts say of `cache`");
  app.add_flag("--no-journal", settings.no_journal, "write nothing down: the run cannot be shown or resumed");
  app.add_flag("--no-content", settings.run.no_content,
               "once the run is done, keep its times and tokens, but no text");
  declare_trace_content(app, settings.trace_content);
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

int show_help(const CLI::App& app, const CommandLine& settings) {
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

/// What `-a` and `--input` say, as the JSON that the chain takes; nothing, with all said, if that is wrong.
std::optional<std::string> read_arguments(const CommandLine& settings, const program::Program& program,
                                          const program::Chain& chain) {
  std::string error;
  std::optional<std::string> input;
  if (settings.input) {
    input = input_json(*settings.input, error);
    if (!input) {
      (void)usage_error("run", error);
      return std::nullopt;
    }
  }
  abi::Context context(kArgumentBytes);
  context.program = &program;
  sched::NativeConstraints constraints(program, context);
  const bool stdin_read = settings.input == "-";
  const auto given = with_files(program.types, chain.parameters, settings.arguments, stdin_read, error);
  auto arguments = given ? arguments_json(program.types, chain.parameters, *given, input, &constraints, error)
                         : std::nullopt;
  if (arguments) return arguments;
  const std::string parameters = list_parameters(program.types, chain.parameters);
  (void)usage_error("run", error);
  say(parameters.empty() ? fmt::format("`{}` takes no arguments\n", printable(chain.name))
                         : fmt::format("`{}` takes:\n{}", printable(chain.name), parameters));
  return std::nullopt;
}

int run_rows(const CommandLine& settings, bool journal, Session& session,
             const std::shared_ptr<const program::Program>& program, uint32_t chosen, const Target& target,
             const SourceMap& sources) {
  std::string error;
  const auto prices = load_prices(error);
  if (!prices) {
    say_error(error);
    return kFailed;
  }
  auto arguments =
      with_files(program->types, program->chains[chosen].parameters, settings.arguments, false, error);
  if (!arguments) return usage_error("run", error);
  EachRun each{.program = program,
               .chain = chosen,
               .arguments = *std::move(arguments),
               .prices = &*prices,
               .sources = kept_sources(sources),
               .content = !settings.run.no_content,
               .talk = settings.run.talk};
  if (journal) {
    each.record = new_record(settings.run, target.file, *program, program->chains[chosen], {});
    each.record->sources = store::places_of(*each.sources);
  }
  return run_each(session, each, settings.each);
}

/// What of `--each`, `--out` and `--input` does not go together; empty if it does.
std::string_view wrong_rows(const CommandLine& settings) {
  const bool each = !settings.each.rows.empty(), out = !settings.each.out.empty();
  if (each != out) return each ? "--each needs --out: where do the answers go?" : "--out goes with --each";
  if (!each && settings.each.at_once != EachSettings().at_once) return "--at-once goes with --each";
  if (each && settings.input) return "--each and --input both give the arguments";
  if (each && (settings.show.stream || settings.show.json || settings.show.events))
    return "--each writes its answers to --out alone";
  return {};
}

int run_chain(const CommandLine& settings, const std::shared_ptr<const program::Program>& program,
              const Target& target, const SourceMap& sources) {
  std::string error;
  const auto chosen = choose_chain(*program, target, error);
  if (!chosen) return usage_error("run", error);
  auto policy = policy_for(target.file, settings.run.profile, settings.run.permissions, error);
  if (!policy) return usage_error("run", error);
  if (!permitted(*program, *chosen, target.file, *policy, models_not_called(settings.run, *program), sources))
    return kRefused;
  const program::Chain& chain = program->chains[*chosen];
  if (const std::string_view wrong = wrong_rows(settings); !wrong.empty()) return usage_error("run", wrong);
  const bool rows = !settings.each.rows.empty();
  const auto arguments = rows ? std::optional<std::string>("") : read_arguments(settings, *program, chain);
  if (!arguments) return kUsage;

  if (settings.show.verbose && !chain.artifact.empty()) say("artifact " + chain.artifact + "\n");
  std::unique_ptr<CassetteFile> cassette;
  if (settings.run.cassette.any() && !(cassette = CassetteFile::open(settings.run.cassette, error))) {
    say_error(error);
    return kFailed;
  }
  const auto variables = load_variables(target.file, settings.run.env_files, error);
  if (!variables) return usage_error("run", error);
  bool journal = !settings.no_journal;
  if (journal && store::state_folder().empty()) {
    say("note: the run is not written down: set CHAIN_STATE_DIR or HOME\n");
    journal = false;
  }
  model::ClientOptions client{
      .verbose = settings.show.verbose || settings.show.events || (journal && !settings.run.no_content),
      .access = std::make_shared<const access::Policy>(*std::move(policy)),
      .variables = variables};
  std::optional<Session> session(std::in_place, program, std::move(client),
                                 settings.run.no_cache ? std::string() : answer_file(), cassette.get());
  if (journal) session->open_journal({.folder = store::state_folder()});
  int exit = kOk;
  std::string id;
  if (rows) {
    exit = run_rows(settings, journal, *session, program, *chosen, target, sources);
  } else {
    sched::RunOptions options;
    apply(settings.run.talk, options);
    if (journal) {
      store::RunRecord record = new_record(settings.run, target.file, *program, chain, *arguments);
      id = record.id;
      options.seed = record.seed;
      options.journal = &session->keep(std::move(record), kept_sources(sources), !settings.run.no_content);
    }
    exit = carry_out(*session, program, *chosen, *arguments, settings.show, options, id);
  }
  session.reset();  // all is written down then
  if (cassette && !cassette->save() && exit == kOk) exit = kFailed;
  if (rows) return exit;
  if (settings.frozen_models && !answered_as_locked(id, target.file) && exit == kOk) exit = kFailed;
  if (exit == kWaiting)
    return ask_here(id, {.verb = "run", .show = settings.show, .trace_content = settings.trace_content});
  if (exit != kInterrupted) export_ended(id, settings.trace_content);
  return exit;
}

}  // namespace

int run(Arguments arguments) {
  CLI::App app("Runs a chain and prints its answer on standard output.", "chain run");
  CommandLine settings;
  declare(app, settings);
  if (const auto code = read_options(app, arguments)) return *code;
  if (settings.help) return show_help(app, settings);
  if (settings.target.empty()) return usage_error("run", "which file? as in: chain run hello.chain");

  if (const std::string wrong = wrong_talk(settings.run.talk); !wrong.empty())
    return usage_error("run", wrong);
  const Target target = split_target(settings.target);
  if (target.ends_early) return usage_error("run", missing_name(target, "main"));
  int exit = kOk;
  SourceMap sources;
  auto program = load_program(target.file,
                              {.profile = settings.run.profile, .models = settings.run.models, .runs = true},
                              exit, sources);
  if (program == nullptr) return exit;
  return run_chain(settings, program, target, sources);
}

}  // namespace chain::cli
