// `chain eval FILE[:NAME]`: answers the cases of a dataset, scores the answers, and holds the figures against
// what is required.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/cache.h"
#include "cli/carry_out.h"
#include "cli/eval_arms.h"
#include "cli/eval_page.h"
#include "cli/eval_report.h"
#include "cli/eval_run.h"
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
#include "runtime/access/project.h"
#include "runtime/program/providers.h"
#include "runtime/value/digest.h"
#include "runtime/value/text.h"

namespace chain::cli {
namespace {

struct CommandLine {
  std::string target;
  RunSettings run;
  EvalSettings eval;
  std::string cost;  // of `--max-cost`
  std::string against;
  std::string markdown, junit, html;
  bool json = false;
};

void declare(CLI::App& app, CommandLine& settings) {
  app.add_option("target", settings.target, "the file, and the eval in it unless that is the only one")
      ->required()
      ->option_text("FILE[:eval]");
  app.add_option("--repeat", settings.eval.repeat, "answer each case so often; once unless said")
      ->check(CLI::Range(1, 1000))
      ->option_text("N");
  app.add_option("--limit", settings.eval.limit, "the first cases alone")
      ->check(CLI::Range(size_t{1}, SIZE_MAX))
      ->option_text("N");
  app.add_option("--concurrency", settings.eval.at_once, "so many cases at once, at most; 16 unless said")
      ->check(CLI::Range(size_t{1}, size_t{100'000}))
      ->option_text("N");
  app.add_option("--max-cost", settings.cost, "begin no further case once this is spent: 2 or '$0.50'")
      ->option_text("DOLLARS");
  app.add_option("--seed", settings.eval.seed, "of `random`, and of intervals; 1 unless said")
      ->option_text("N");
  app.add_option(
         "--rows", settings.eval.rows,
         "where the answers are written, a line each; `.chain/evals/NAME.jsonl` in the project unless said")
      ->option_text("ROWS.jsonl");
  app.add_flag("--resume", settings.eval.resume,
               "go on: answers that are written down are not asked for again");
  app.add_option("--against", settings.against, "compare with the rows of an earlier eval")
      ->option_text("ROWS.jsonl");
  app.add_flag("--json", settings.json, "print figures and answers as JSON");
  app.add_option("--markdown", settings.markdown, "also write a report in Markdown")->option_text("FILE");
  app.add_option("--junit", settings.junit, "also write a report in JUnit's form")->option_text("FILE");
  app.add_option("--html", settings.html, "also write a page that shows figures and answers")
      ->option_text("FILE");
  app.add_option("--profile", settings.run.profile,
                 "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  app.add_option("--model", settings.run.models,
                 "another model: fast=baseline, 'fast=openai(\"gpt-5-mini\")'")
      ->allow_extra_args(false)
      ->option_text("name=provider ...");
  declare_permissions(app, settings.run.permissions);
  declare_cassette(app, settings.run.cassette);
  declare_env_files(app, settings.run.env_files);
  declare_talk(app, settings.run.talk);
  app.add_flag("--no-cache", settings.run.no_cache,
               "ask anew, and keep no answer, whatever prompts say of `cache`");
}

/// The eval called `target.name`, or the only one; null, with `error` saying which there are.
const program::Eval* choose(const program::Program& program, const Target& target, std::string& error) {
  std::string names;
  for (const program::Eval& eval : program.evals) {
    if (eval.name == target.name) return &eval;
    names += (names.empty() ? "" : ", ") + eval.name;
  }
  if (target.name.empty() && program.evals.size() == 1) return program.evals.data();
  error = program.evals.empty() ? fmt::format("`{}` has no eval", target.file)
          : target.name.empty()
              ? fmt::format("say which eval: `{}` has {}", target.file, names)
              : fmt::format("`{}` has no eval `{}`; it has {}", target.file, target.name, names);
  return nullptr;
}

class EvalVerb {
 public:
  explicit EvalVerb(CommandLine& settings) : settings_(settings) {}

  int run() {
    if (!load()) return exit_;
    make_columns();
    // What is compared with may be the very rows that this eval writes anew.
    if (!settings_.against.empty() && !read_against()) return kFailed;
    if (!open_rows()) return kFailed;
    report_.eval = eval_;
    report_.seed = settings_.eval.seed;
    report_.cases = cases_.count();
    report_.rows = settings_.eval.rows;
    for (uint32_t arm = 0; arm < columns_.size(); ++arm) {
      const EvalEnd end = run_column(arm);
      const bool cut_short = end == EvalEnd::Broken || end == EvalEnd::Interrupted;
      if (cut_short && cassette_ && !cassette_->replays()) (void)cassette_->save();
      if (end == EvalEnd::Broken) return kFailed;
      if (end == EvalEnd::Interrupted) {
        say(fmt::format("interrupted; `--resume` goes on from `{}`\n", printable(settings_.eval.rows)));
        return kInterrupted;
      }
      if (end == EvalEnd::Budget && report_.stopped.empty())
        report_.stopped = "stopped: what may be spent is spent; not every case has an answer";
    }
    if (cassette_ && cassette_->replays()) (void)cassette_->say_missed();
    if (cassette_ && !cassette_->replays() && !cassette_->save()) return kFailed;
    return tell();
  }

 private:
  bool fail(int exit, const std::string& error = {}) {
    if (!error.empty()) exit == kUsage ? (void)usage_error("eval", error) : say_error(error);
    exit_ = exit;
    return false;
  }

  // ---- Before

  bool load() {
    target_ = split_target(settings_.target);
    if (target_.ends_early) return fail(kUsage, missing_name(target_, "triage"));
    std::string error;
    if (!settings_.cost.empty()) {
      const auto cost = value::parse_money(settings_.cost);
      if (!cost || *cost < 0)
        return fail(kUsage,
                    fmt::format("--max-cost is an amount such as 2 or $0.50, not `{}`", settings_.cost));
      settings_.eval.cost = *cost;
    }
    program_ = load_program(target_.file,
                            {.tests = true, .profile = settings_.run.profile, .models = settings_.run.models},
                            exit_, sources_);
    if (!program_) return false;
    eval_ = choose(*program_, target_, error);
    if (!eval_) return fail(kUsage, error);
    if (settings_.eval.cost < 0) settings_.eval.cost = eval_->bounds.cost;
    prices_ = load_prices(error);
    if (!prices_) return fail(kFailed, error);
    if (!bounds_can_be_held(error)) return fail(kFailed, error);
    return permit() && find_cases();
  }

  /// A bound on the cost is none if a model's answers cost nobody knows what.
  bool bounds_can_be_held(std::string& error) const {
    if (settings_.eval.cost < 0) return true;
    for (const program::Model& model : program_->models) {
      const bool answers = model.use == program::ModelUse::Answers && model.provider != "balance";
      if (!answers || program::is_stand_in(model.provider) || prices_->of(model)) continue;
      error =
          fmt::format("model `{}` has no price, and the eval bounds the cost: add \"{}/{}\" to prices.json",
                      model.name, model.provider, model.id);
      return false;
    }
    return true;
  }

  bool permit() {
    std::string error;
    auto policy = policy_for(target_.file, settings_.run.profile, settings_.run.permissions, error);
    if (!policy) return fail(kUsage, error);
    const auto unneeded = models_not_called(settings_.run, *program_);
    for (const uint32_t chain : {eval_->run, eval_->score}) {
      if (!permitted(*program_, chain, target_.file, *policy, unneeded, sources_)) return fail(kRefused);
    }
    if (!permitted(*program_, needs_of(*program_, "dataset", eval_->dataset), target_.file, *policy, {},
                   sources_))
      return fail(kRefused);
    folder_ = policy->folder;
    policy_ = std::make_shared<const access::Policy>(*std::move(policy));
    if (settings_.run.cassette.any() && !(cassette_ = CassetteFile::open(settings_.run.cassette, error)))
      return fail(kFailed, error);
    variables_ = load_variables(target_.file, settings_.run.env_files, error);
    return variables_ || fail(kUsage, error);
  }

  bool find_cases() {
    report_.dataset = program_->resources[eval_->dataset].name;
    std::string error;
    return cases_.read(*program_, eval_->dataset, policy_, settings_.eval.limit, error) ||
           fail(kFailed, error);
  }

  /// What the answers of a column hang on besides the case.
  std::string identity(uint32_t arm) const {
    std::string text = fmt::format("{}\n{}\n{}\n{}\n", eval_->name, settings_.run.profile,
                                   settings_.eval.seed, columns_[arm].name());
    for (const std::string& model : settings_.run.models) text += model + '\n';
    for (const auto& source : driver::texts_of(sources_)) text += source.text + '\n';
    return value::hex(value::sha256(text));
  }

  void make_columns() {
    if (eval_->arms.empty()) columns_.emplace_back(*eval_, eval_->name, settings_.eval.repeat);
    for (const program::EvalArm& arm : eval_->arms)
      columns_.emplace_back(*eval_, arm.name, settings_.eval.repeat);
  }

  /// Whether what is there already, if anything, is rows of an eval.
  [[nodiscard]] bool holds_rows() const {
    std::ifstream file(settings_.eval.rows);
    std::string line;
    return !std::getline(file, line) || read_eval_row(line).has_value();
  }

  bool open_rows() {
    std::string error;
    if (settings_.eval.rows.empty()) {
      const std::filesystem::path folder = std::filesystem::path(folder_) / ".chain" / "evals";
      std::error_code problem;
      std::filesystem::create_directories(folder, problem);
      settings_.eval.rows = (folder / (eval_->name + ".jsonl")).string();
    }
    if (!holds_rows())
      return fail(kFailed, fmt::format("`{}` holds something else than rows of an eval, and stays as it is",
                                       settings_.eval.rows));
    if (!rows_.open(settings_.eval.rows, error)) return fail(kFailed, error);
    if (!rows_.is_regular()) return fail(kFailed, "the rows of an eval go to a file");
    if (!settings_.eval.resume) return rows_.clear(error) || fail(kFailed, error);
    return read_rows();
  }

  /// What was answered before, if it is what would be answered now.
  bool read_rows() {
    std::vector<std::string> identities;
    for (uint32_t arm = 0; arm < columns_.size(); ++arm) identities.push_back(identity(arm));
    const std::vector<std::string> lines = case_lines();
    std::ifstream file(settings_.eval.rows);
    size_t others = 0;
    for (std::string line; std::getline(file, line); written_ += line.size() + 1) {
      auto row = read_eval_row(line);
      if (!row) return fail(kFailed, rows_.not_ours());
      const bool known = row->number >= 1 && row->number <= lines.size() && row->arm < columns_.size() &&
                         row->repeat <= settings_.eval.repeat;
      if (!known) continue;
      if (row->of != eval_hash(identities[row->arm], lines[row->number - 1])) {
        ++others;
        continue;
      }
      row->outcome.offset = written_;
      if (row->outcome.state == Outcome::State::Done)
        (void)columns_[row->arm].put(row->number, row->repeat, row->outcome, row->scores);
    }
    if (others > 0)
      say(fmt::format("{} answers are of another program or other cases, and asked for again\n", others));
    for (const EvalColumn& column : columns_) spent_ += column.cost();
    return true;
  }

  std::vector<std::string> case_lines() const {
    std::vector<std::string> lines;
    std::ifstream file(cases_.path());
    for (std::string line; lines.size() < cases_.count() && std::getline(file, line);) {
      if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(std::move(line));
    }
    return lines;
  }

  /// The rows of an earlier eval; cases are the same by their numbers.
  bool read_against() {
    std::ifstream file(settings_.against);
    if (!file) return fail(kFailed, fmt::format("`{}` cannot be read", settings_.against));
    uint32_t repeats = 1;
    std::vector<EvalRow> rows;
    for (std::string line; std::getline(file, line);) {
      auto row = read_eval_row(line);
      if (!row) return fail(kFailed, fmt::format("`{}` holds no rows of an eval", settings_.against));
      repeats = std::max(repeats, row->repeat);
      rows.push_back(*std::move(row));
    }
    for (const EvalColumn& column : columns_) before_.emplace_back(*eval_, column.name(), repeats);
    size_t taken = 0;
    for (const EvalRow& row : rows) {
      if (row.arm < before_.size() && row.number <= cases_.count())
        taken += before_[row.arm].put(row.number, row.repeat, row.outcome, row.scores) ? 1 : 0;
    }
    if (taken == 0)
      return fail(kFailed, fmt::format("`{}` holds no answer to a case of this eval", settings_.against));
    report_.against = '`' + settings_.against + '`';
    return true;
  }

  // ---- The runs

  EvalEnd run_column(uint32_t arm) {
    const auto program = eval_->arms.empty() ? program_ : program_of_arm(program_, *eval_, arm);
    Session session(program, {.access = policy_, .variables = variables_},
                    settings_.run.no_cache ? std::string() : answer_file(), cassette_.get());
    const EvalRun run{.program = program,
                      .eval = eval_,
                      .arm = arm,
                      .identity = identity(arm),
                      .cases = &cases_,
                      .prices = &*prices_,
                      .talk = settings_.run.talk};
    const EvalEnd end = run_eval(session, run, settings_.eval, columns_[arm], rows_, written_, spent_);
    if (end == EvalEnd::Done || end == EvalEnd::Budget) add_report(session, arm);
    return end;
  }

  // ---- What came of it

  void add_report(Session& session, uint32_t arm) {
    EvalColumnReport column;
    column.column = &columns_[arm];
    column.summary = summarize(columns_[arm], settings_.eval.seed);
    if (!before_.empty()) {
      column.against = compare(before_[arm], columns_[arm], settings_.eval.seed);
    } else if (arm > 0) {
      column.against = compare(columns_[0], columns_[arm], settings_.eval.seed);
      report_.against = columns_[0].name();
    }
    if (eval_->require != UINT32_MAX) require(session, column);
    report_.columns.push_back(std::move(column));
  }

  void require(Session& session, EvalColumnReport& column) {
    const auto result =
        session.run(eval_->require, requirement_arguments(*eval_, column.summary), {.test = true});
    if (!result || !result->ok) {
      column.requirements_error = result ? result->error.message : "interrupted";
      return;
    }
    for (const sched::Expected& expected : result->expected) {
      const program::Expectation& expectation = program_->expectations[expected.expectation];
      Requirement requirement{
          expectation.text,
          fmt::format("{}:{}:{}", program_->files[expectation.file], expectation.line, expectation.column),
          expected.holds,
          expected.left,
          expected.right,
          {}};
      if (!expected.holds) requirement.cases = cases_against(*column.column, expectation.text);
      column.requirements.push_back(std::move(requirement));
    }
  }

  /// Where a condition names a figure of the score, as `name.mean` does; npos if nowhere.
  static size_t place_of_figure(const std::string& text, const std::string& name) {
    const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
      const size_t end = at + name.size();
      const bool begins = at == 0 || (!is_word(text[at - 1]) && text[at - 1] != '.');
      if (begins && end < text.size() && text[end] == '.') return at;
    }
    return std::string::npos;
  }

  /// The worst cases of the scores that a condition names; for `failed` those that failed.
  std::vector<uint64_t> cases_against(const EvalColumn& column, const std::string& text) const {
    constexpr size_t kNamed = 10;
    std::vector<uint64_t> cases;
    for (size_t i = 0; i < eval_->scores.size(); ++i) {
      const size_t place = place_of_figure(text, eval_->scores[i].name);
      if (place == std::string::npos) continue;
      const size_t less = text.find('<'), more = text.find('>');
      const bool low_is_good =
          less != std::string::npos ? place < less : more != std::string::npos && place > more;
      for (const auto& [number, mean] : worst_cases(column, i, kNamed, low_is_good)) {
        if (std::ranges::find(cases, number) == cases.end()) cases.push_back(number);
      }
    }
    for (size_t slot = 0; slot < column.slots() && text.find("failed") != std::string::npos; ++slot) {
      if (column.outcome(slot).state == Outcome::State::Failed) cases.push_back(column.case_of(slot));
    }
    if (cases.size() > kNamed) cases.resize(kNamed);
    return cases;
  }

  int tell() {
    bool written = settings_.json ? print_json() : answer_text(eval_text(report_));
    const std::pair<const std::string&, std::string (*)(const EvalReport&)> files[] = {
        {settings_.markdown, eval_markdown}, {settings_.junit, eval_junit}};
    for (const auto& [name, make] : files) {
      if (!name.empty()) written = write_file(name, make(report_)) && written;
    }
    if (!settings_.html.empty()) written = write_page() && written;
    if (!written) return kFailed;
    if (settings_.json && !report_.passed()) say_failures();
    return report_.passed() ? kOk : kFailed;
  }

  /// With `--json` the table is not there to say it.
  void say_failures() {
    for (const EvalColumnReport& column : report_.columns) {
      if (column.summary.failed > 0)
        say(fmt::format("{}: {} answers failed\n", printable(column.column->name()), column.summary.failed));
      for (const Requirement& each : column.requirements) {
        std::string cases;
        for (const uint64_t number : each.cases)
          cases += fmt::format("{}{}", cases.empty() ? "" : ", ", number);
        if (!each.holds)
          say(printable(fmt::format("{}: {}: `{}` does not hold{}\n", column.column->name(), each.place,
                                    each.text, cases.empty() ? "" : "; cases " + cases)));
      }
    }
  }

  /// Calls `take` with each row, column by column and case by case.
  template <class Take>
  bool each_row(Take&& take) {
    std::ifstream file(settings_.eval.rows);
    for (const EvalColumn& column : columns_) {
      for (size_t slot = 0; slot < column.slots(); ++slot) {
        if (column.outcome(slot).state == Outcome::State::Missing) continue;
        file.seekg(static_cast<std::streamoff>(column.outcome(slot).offset));
        std::string line;
        if (!std::getline(file, line) || !take(column, line)) return false;
      }
    }
    return true;
  }

  bool print_json() {
    if (!answer_json(eval_json(report_))) return false;
    bool first = true;
    const bool all = each_row([&](const EvalColumn&, const std::string& line) {
      const bool written = answer_json((first ? "\n" : ",\n") + line);
      first = false;
      return written;
    });
    return answer_json("\n]}\n") && all;
  }

  bool write_file(const std::string& name, const std::string& text) {
    std::ofstream file(name, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (file) return true;
    say_error(fmt::format("`{}` cannot be written", name));
    return false;
  }

  bool write_page() {
    std::ofstream file(settings_.html, std::ios::binary | std::ios::trunc);
    file << page_begin(report_);
    const std::vector<std::string> lines = case_lines();
    bool first = true;
    const bool all = each_row([&](const EvalColumn&, const std::string& line) {
      const auto row = read_eval_row(line);
      if (!row || row->number > lines.size()) return false;
      file << (first ? "" : ",\n") << page_row(line, lines[row->number - 1]);
      first = false;
      return file.good();
    });
    file << page_end();
    file.close();
    if (all && file) return true;
    say_error(fmt::format("`{}` cannot be written", settings_.html));
    return false;
  }

  CommandLine& settings_;
  Target target_;
  int exit_ = kOk;
  SourceMap sources_;
  std::shared_ptr<const program::Program> program_;
  const program::Eval* eval_ = nullptr;
  std::string folder_;  // of the project
  EvalCases cases_;
  std::optional<model::Prices> prices_;
  std::shared_ptr<const access::Policy> policy_;
  std::shared_ptr<const model::Variables> variables_;
  std::unique_ptr<CassetteFile> cassette_;
  std::vector<EvalColumn> columns_, before_;
  LineFile rows_;
  uint64_t written_ = 0;  // bytes of it
  int64_t spent_ = 0;
  EvalReport report_;
};

}  // namespace

int eval(Arguments arguments) {
  CLI::App app(
      "Answers the cases of a dataset, scores the answers, and holds the figures against what is required.",
      "chain eval");
  CommandLine settings;
  declare(app, settings);
  if (const auto code = read_options(app, arguments)) return *code;
  if (const std::string wrong = wrong_talk(settings.run.talk); !wrong.empty())
    return usage_error("eval", wrong);
  return EvalVerb(settings).run();
}

}  // namespace chain::cli
