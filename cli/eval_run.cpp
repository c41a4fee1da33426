#include "cli/eval_run.h"

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

#include "cli/cassette_file.h"
#include "cli/interrupt.h"
#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/run_observer.h"
#include "cli/terminal.h"
#include "runtime/program/errors.h"
#include "runtime/program/providers.h"
#include "runtime/sched/ambient.h"
#include "runtime/value/digest.h"
#include "runtime/value/json.h"
#include "runtime/value/text.h"

namespace chain::cli {
namespace {

using nlohmann::json;

constexpr size_t kMostCaseBytes = size_t{64} << 20;
constexpr uint64_t kMostArms = 64;
constexpr int64_t kRedraw = 100'000'000;  // nanoseconds

class Cases;

/// One case on its way: the answer first, then its scores.
struct Unit final : sched::Observer {
  Unit(Cases& cases_, const program::Program& program_, const model::Prices& prices_)
      : cases(cases_), program(program_), prices(prices_) {}

  void started(std::string_view, const program::Prompt&, const program::Model& model) override {
    if (program::is_stand_in(model.provider)) stand_in = &model;
  }
  void ended(std::string_view, const program::Prompt& prompt, const model::Completion& answer) override {
    const auto by = std::ranges::find(program.models, answer.answered_by, &program::Model::name);
    const program::Model& model = by == program.models.end() ? program.models[prompt.model] : *by;
    if (const auto price = prices.of(model))
      (scoring ? judging : cost) += model::cost_of(*price, answer.usage);
  }
  void called(std::string_view, const program::External& tool) override {
    if (!scoring) trajectory.push_back(tool.name);
  }

  Cases& cases;
  const program::Program& program;
  const model::Prices& prices;
  EvalRow row;
  std::string line;  // of the case
  std::string answer;
  std::vector<std::string> trajectory;
  int64_t cost = 0, judging = 0, began = 0;
  bool scoring = false;
  const program::Model* stand_in = nullptr;
};

class Cases {
 public:
  Cases(Session& session, const EvalRun& run, const EvalSettings& settings, EvalColumn& column,
        LineFile& rows, uint64_t& written, int64_t& spent)
      : session_(session),
        run_(run),
        settings_(settings),
        column_(column),
        rows_(rows),
        written_(written),
        spent_(spent),
        draws_(is_terminal(STDERR_FILENO)) {}

  EvalEnd run() {
    file_.open(run_.cases->path());
    const Interrupt interrupt(session_.loop());
    began_ = session_.loop().now();
    session_.loop().post([this] { fill(); });
    session_.loop().run();
    if (interrupt.requested() || !error_.empty()) {
      stopping_ = true;
      session_.scheduler().cancel_all();
      session_.loop().run();
    }
    session_.loop().cancel_timer(timer_);
    std::string error;
    if (!rows_.flush(error) && error_.empty()) error_ = error;
    if (draws_) say("\r\x1b[K");
    if (offline_) say(no_language_model(offline_->name, offline_->provider));
    if (!error_.empty()) say_error(error_);
    return !error_.empty()         ? EvalEnd::Broken
           : interrupt.requested() ? EvalEnd::Interrupted
           : over_                 ? EvalEnd::Budget
                                   : EvalEnd::Done;
  }

 private:
  // ---- Cases

  void fill() {
    posted_ = false;
    std::string error;
    if (!rows_.flush(error)) return stop(error);
    while (under_way_ < settings_.at_once && !stopping_ && next()) {}
    draw();
    if (under_way_ == 0) session_.loop().stop();
  }

  /// Begins the next answer that there is not; false if there is none.
  bool next() {
    do {
      if (number_ == 0 || repeat_ == settings_.repeat) {
        if (number_ >= run_.cases->count() || !read_line()) return false;
        hash_ = eval_hash(run_.identity, line_);
        repeat_ = 0;
      }
      ++repeat_;
    } while (known());
    if (settings_.cost >= 0 && spent_ >= settings_.cost) {
      over_ = stopping_ = true;
      return false;
    }
    begin();
    return true;
  }

  [[nodiscard]] bool known() const {
    const size_t slot = (number_ - 1) * settings_.repeat + repeat_ - 1;
    return slot < column_.slots() && column_.outcome(slot).state == Outcome::State::Done;
  }

  bool read_line() {
    do {
      if (!std::getline(file_, line_)) return false;
    } while (line_.find_first_not_of(" \t\r") == std::string::npos);
    ++number_;
    return true;
  }

  // ---- The answer

  void begin() {
    auto unit = std::make_shared<Unit>(*this, *run_.program, *run_.prices);
    unit->row = {number_, run_.arm, repeat_, hash_, {}, {}};
    unit->line = line_;
    unit->began = session_.loop().now();
    ++under_way_;
    if (line_.size() > kMostCaseBytes) return failed(*unit, "invalid_value", "the case is too long", "");
    // Nothing in a case may end the argument that it is.
    if (!json::accept(line_)) return failed(*unit, "invalid_value", "the case is no JSON value", "");
    const program::Chain& chain = run_.program->chains[run_.eval->run];
    std::string arguments = "{";
    value::append_json_string(arguments, run_.program->types[chain.parameters].fields[0].name);
    arguments.append(":").append(line_) += '}';
    session_.scheduler().start(
        run_.eval->run, arguments, options(unit), [this, unit](sched::RunResult result) {
          unit->row.outcome.latency = replays() ? 0 : session_.loop().now() - unit->began;
          unit->row.outcome.cost = unit->cost;
          spent_ += unit->cost;
          if (!ended_well(*unit, result)) return;
          unit->answer = std::move(result.value_json);
          // Not from here: the scheduler is in the midst of ending the run.
          session_.loop().post([this, unit] { score(unit); });
        });
  }

  [[nodiscard]] bool replays() const { return session_.cassette() && session_.cassette()->replays(); }

  [[nodiscard]] uint64_t place(const EvalRow& row) const {
    return (row.number - 1) * settings_.repeat + row.repeat;
  }

  /// Rows of a cassette tell the columns apart, and answers from the judgements of them.
  [[nodiscard]] uint64_t cassette_row(const Unit& unit) const {
    return (place(unit.row) * kMostArms + run_.arm) * 2 + (unit.scoring ? 1 : 0);
  }

  sched::RunOptions options(const std::shared_ptr<Unit>& unit) const {
    sched::RunOptions options;
    apply(run_.talk, options);
    options.prices = run_.prices;
    options.observer = unit.get();
    options.names_steps = session_.cassette() != nullptr;
    options.row = cassette_row(*unit);
    options.seed = settings_.seed * 0x9E3779B97F4A7C15ULL + place(unit->row);
    return options;
  }

  bool ended_well(Unit& unit, const sched::RunResult& result) {
    if (unit.stand_in) offline_ = unit.stand_in;
    if (result.ok && session_.cassette() && session_.cassette()->missed(cassette_row(unit))) {
      failed(unit, "not_found", "the cassette holds no answer to one of its calls", "");
      return false;
    }
    if (result.ok) return true;
    if (result.error.kind == abi::ErrorKind::Cancelled) {
      --under_way_;
      again();
      return false;
    }
    failed(unit, program::to_string(result.error.kind), result.error.message, result.error.path);
    return false;
  }

  // ---- Its scores

  void score(const std::shared_ptr<Unit>& unit) {
    if (!error_.empty()) {
      --under_way_;
      return again();
    }
    unit->scoring = true;
    const auto& fields = run_.program->types[run_.program->chains[run_.eval->score].parameters].fields;
    std::string arguments = "{";
    value::append_json_string(arguments, fields[0].name);
    arguments.append(":").append(unit->line).append(",\"it\":").append(unit->answer);
    arguments += ",\"cost\":\"";
    value::append_money(arguments, unit->row.outcome.cost);
    arguments += "\",\"latency\":\"";
    value::append_duration(arguments, unit->row.outcome.latency);
    arguments += "\",\"trajectory\":" + json(unit->trajectory).dump() + '}';
    session_.scheduler().start(run_.eval->score, arguments, options(unit),
                               [this, unit](sched::RunResult result) {
                                 spent_ += unit->judging;
                                 if (!ended_well(*unit, result)) return;
                                 unit->row.scores = std::move(result.value_json);
                                 unit->row.outcome.state = Outcome::State::Done;
                                 std::string rest = ",\"answer\":" + unit->answer;
                                 if (!unit->trajectory.empty())
                                   rest += ",\"trajectory\":" + json(unit->trajectory).dump();
                                 write(*unit, rest + ",\"scores\":" + unit->row.scores);
                               });
  }

  void failed(Unit& unit, std::string_view kind, std::string_view message, std::string_view path) {
    unit.row.outcome.state = Outcome::State::Failed;
    std::string rest = ",\"error\":{\"kind\":";
    value::append_json_string(rest, kind);
    rest += ",\"message\":";
    value::append_json_string(rest, message);
    rest += ",\"path\":";
    value::append_json_string(rest, path);
    write(unit, rest + (unit.answer.empty() ? "}" : "},\"answer\":" + unit.answer));
  }

  void write(Unit& unit, const std::string& rest) {
    --under_way_;
    std::string line = fmt::format(R"({{"row":{},"of":"{}","arm":{},"repeat":{},"cost":{},"latency":{})",
                                   unit.row.number, unit.row.of, unit.row.arm, unit.row.repeat,
                                   unit.row.outcome.cost, unit.row.outcome.latency);
    line += rest + '}';
    unit.row.outcome.offset = written_;
    written_ += line.size() + 1;
    std::string error;
    if (!rows_.add(line, error)) stop(error);
    if (!column_.put(unit.row.number, unit.row.repeat, unit.row.outcome, unit.row.scores))
      stop("a score is not what it should be");
    again();
  }

  void again() {
    if (posted_) return;
    posted_ = true;
    session_.loop().post([this] { fill(); });
  }

  void stop(const std::string& error) {
    if (error_.empty()) error_ = error;
    stopping_ = true;
    session_.loop().stop();
  }

  // ---- What is shown

  void draw() {
    if (timer_ != 0 || !draws_) return;
    const double seconds = static_cast<double>(session_.loop().now() - began_) / 1e9;
    const size_t ended = column_.done() + column_.failed(), all = run_.cases->count() * settings_.repeat;
    std::string line = fmt::format("{} {}/{}", column_.name(), ended, all);
    if (column_.failed() > 0) line += fmt::format(", {} failed", column_.failed());
    for (size_t i = 0; i < run_.eval->scores.size(); ++i) {
      const EvalColumn::Running& score = column_.running()[i];
      if (score.count == 0) continue;
      const auto count = static_cast<double>(score.count);
      const double mean = score.sum / count;
      const double variance = std::max(0.0, score.squares / count - mean * mean);
      line += fmt::format(", {} {:.3f} ±{:.3f}", run_.eval->scores[i].name, mean,
                          1.96 * std::sqrt(variance / count));
    }
    if (spent_ > 0) line += fmt::format(", ${:.4f}", static_cast<double>(spent_) / 1e9);
    if (seconds > 0 && ended > 0 && all > ended)
      line += fmt::format(", {} left",
                          shown_duration(static_cast<int64_t>(seconds * 1e9 / static_cast<double>(ended) *
                                                              static_cast<double>(all - ended))));
    say("\r\x1b[K" + std::string(cut_to_width(line, columns(STDERR_FILENO) - 1)));
    timer_ = session_.loop().after(kRedraw, [this] {
      timer_ = 0;
      if (under_way_ > 0) draw();
    });
  }

  Session& session_;
  const EvalRun& run_;
  const EvalSettings& settings_;
  EvalColumn& column_;
  LineFile& rows_;
  uint64_t& written_;
  int64_t& spent_;
  const bool draws_;
  std::ifstream file_;
  std::string line_, hash_;
  uint64_t number_ = 0;
  uint32_t repeat_ = 0;
  size_t under_way_ = 0;
  bool posted_ = false, stopping_ = false, over_ = false;
  int64_t began_ = 0;
  std::string error_;
  EventLoop::TimerId timer_ = 0;
  const program::Model* offline_ = nullptr;
};

}  // namespace

EvalEnd run_eval(Session& session, const EvalRun& run, const EvalSettings& settings, EvalColumn& column,
                 LineFile& rows, uint64_t& written, int64_t& spent) {
  return Cases(session, run, settings, column, rows, written, spent).run();
}

std::string eval_hash(const std::string& identity, const std::string& line) {
  return value::hex(value::sha256(identity + "\n" + line)).substr(0, 16);
}

std::optional<EvalRow> read_eval_row(const std::string& line) {
  const json row = json::parse(line, nullptr, false);
  constexpr int64_t kMostCases = 1'000'000'000, kMostRepeats = 1'000'000, kMostArms = 1'000;
  const auto number = [&](const char* name, int64_t least = 0, int64_t most = INT64_MAX) {
    if (!row.contains(name) || !row[name].is_number_integer()) return false;
    const bool fits = !row[name].is_number_unsigned() || row[name].get<uint64_t>() <= INT64_MAX;
    return fits && row[name].get<int64_t>() >= least && row[name].get<int64_t>() <= most;
  };
  const bool ours = row.is_object() && number("row", 1, kMostCases) && number("arm", 0, kMostArms) &&
                    number("repeat", 1, kMostRepeats) && number("cost") && number("latency") &&
                    row.contains("of") && row["of"].is_string();
  if (!ours) return std::nullopt;
  EvalRow result;
  result.number = row["row"].get<uint64_t>();
  result.arm = row["arm"].get<uint32_t>();
  result.repeat = row["repeat"].get<uint32_t>();
  result.of = row["of"].get<std::string>();
  result.outcome.cost = row["cost"].get<int64_t>();
  result.outcome.latency = row["latency"].get<int64_t>();
  result.outcome.state = Outcome::State::Failed;
  if (row.contains("scores") && row["scores"].is_object()) {
    result.outcome.state = Outcome::State::Done;
    result.scores = row["scores"].dump(-1, ' ', false, json::error_handler_t::replace);
  }
  return result;
}

}  // namespace chain::cli
