#include "cli/each.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <unordered_map>

#include "cli/arguments.h"
#include "cli/cassette_file.h"
#include "cli/interrupt.h"
#include "cli/kept_run.h"
#include "cli/line_file.h"
#include "cli/output.h"
#include "cli/questions.h"
#include "cli/run_observer.h"
#include "cli/snapshots.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "cli/waterfall.h"
#include "runtime/abi/context.h"
#include "runtime/model/prices.h"
#include "runtime/program/errors.h"
#include "runtime/program/providers.h"
#include "runtime/sched/ambient.h"
#include "runtime/sched/constraints.h"
#include "runtime/value/digest.h"
#include "runtime/value/json.h"

namespace chain::cli {
namespace {

using nlohmann::json;

constexpr size_t kMostRowBytes = size_t{64} << 20;
constexpr int64_t kRedraw = 100'000'000;  // nanoseconds

/// What the answer to a row hangs on: the row itself, what is laid over it, and the program.
std::string hash_of(std::string_view row, const EachRun& run) {
  std::string bytes = run.program->chains[run.chain].artifact;
  for (const std::string& argument : run.arguments) bytes.append("\n-a ").append(argument);
  return value::hex(value::sha256(bytes.append("\n").append(row))).substr(0, 12);
}

class Batch final : sched::Observer {
 public:
  Batch(Session& session, const EachRun& run, const EachSettings& settings)
      : session_(session), run_(run), settings_(settings), draws_(is_terminal(STDERR_FILENO)) {}

  int run() {
    if (!open_files()) return kFailed;
    const Interrupt interrupt(session_.loop());
    began_ = session_.loop().now();
    session_.loop().post([this] { fill(); });
    session_.loop().run();
    const bool interrupted = interrupt.requested();
    if (interrupted || !error_.empty()) {
      stopping_ = true;
      session_.scheduler().cancel_all();
      session_.loop().run();
    }
    session_.loop().cancel_timer(timer_);
    flush();
    return tell_end(interrupted);
  }

 private:
  struct Row {
    size_t number = 0;
    std::string hash;
    std::string arguments;
    std::string id;  // of the run
    std::unique_ptr<store::RunJournal> journal;
  };

  // ---- What is there already ------------------------------------------------------------------

  /// The rows that `out` answers, by number.
  bool read_answers(std::string& error) {
    if (!out_.is_regular()) return true;
    std::ifstream file(settings_.out);
    for (std::string line; std::getline(file, line);) {
      const json answer = json::parse(line, nullptr, false);
      const bool ours = answer.is_object() && answer.contains("row") && answer["row"].is_number_unsigned() &&
                        answer.contains("of") && answer["of"].is_string();
      if (!ours) {
        error = out_.not_ours();
        return false;
      }
      answered_.emplace(answer["row"].get<size_t>(), answer["of"].get<std::string>());
    }
    return true;
  }

  /// The rows whose runs stopped at questions the last time.
  void read_waiting() {
    std::ifstream file(failed_name(settings_.out));
    for (std::string line; std::getline(file, line);) {
      const json row = json::parse(line, nullptr, false);
      const auto is = [&](const char* name, auto what) { return row.contains(name) && (row[name].*what)(); };
      if (row.is_object() && row.contains("waits") && is("row", &json::is_number_unsigned) &&
          is("of", &json::is_string) && is("run", &json::is_string))
        waits_.emplace(row["row"].get<size_t>(),
                       std::pair(row["of"].get<std::string>(), row["run"].get<std::string>()));
    }
    std::string ignored;  // without a journal they are run again
    if (!waits_.empty())
      records_ = store::Records::open(store::state_folder(), store::Durability::Normal, ignored);
  }

  bool open_files() {
    std::string error;
    if (open_rows(error) && apart(error) && out_.open(settings_.out, error) && read_answers(error)) {
      if (regular_rows_) count_rows();
      read_waiting();
      return true;
    }
    say_error(error);
    return false;
  }

  bool open_rows(std::string& error) {
    rows_.open(settings_.rows);
    const bool found = rows_ && stat(settings_.rows.c_str(), &rows_info_) == 0;
    if (!found || S_ISDIR(rows_info_.st_mode)) {
      error = fmt::format("`{}` cannot be read: {}", settings_.rows, std::strerror(found ? EISDIR : errno));
      return false;
    }
    regular_rows_ = S_ISREG(rows_info_.st_mode);
    return true;
  }

  /// Rows, answers and failures are three files.
  bool apart(std::string& error) const {
    for (const std::string& written : {settings_.out, failed_name(settings_.out)}) {
      struct stat other{};
      const bool there = stat(written.c_str(), &other) == 0;
      if (!there || !regular_rows_ || other.st_dev != rows_info_.st_dev || other.st_ino != rows_info_.st_ino)
        continue;
      error = fmt::format("`{}` would be written over: give another --out", settings_.rows);
      return false;
    }
    return true;
  }

  void count_rows() {
    std::ifstream all(settings_.rows);
    for (std::string line; std::getline(all, line);) ++total_;
  }

  // ---- Rows -----------------------------------------------------------------------------------

  /// Begins rows while there is room.
  void fill() {
    flush();
    while (under_way_ < settings_.at_once && !stopping_ && next_row()) {}
    draw();
    if (under_way_ == 0) session_.loop().stop();
  }

  bool next_row() {
    std::string line;
    do {
      if (!std::getline(rows_, line)) return false;
      if (++read_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    } while (line.find_first_not_of(" \t\r") == std::string::npos);
    auto row = std::make_shared<Row>();
    row->number = read_;
    row->hash = hash_of(line, run_);
    if (const auto known = answered_.find(read_); known != answered_.end()) {
      if (known->second == row->hash) return ++passed_over_, true;
      stop(fmt::format(
          "row {} of `{}` is not what `{}` answers: the row, `-a` or the program is another one; give "
          "another --out",
          read_, settings_.rows, settings_.out));
      return false;
    }
    if (!waited(*row, line)) begin(row, line);
    return true;
  }

  /// Whether the row's run stopped at a question the last time, and has an answer by now or waits still.
  bool waited(Row& row, const std::string& line) {
    const auto known = waits_.find(row.number);
    if (known == waits_.end() || known->second.first != row.hash || !records_) return false;
    const std::vector<store::RunRecord> found = records_->find(known->second.second);
    if (found.size() != 1) return false;
    row.id = found[0].id;
    row.arguments = line;
    if (found[0].state == store::RunState::Done && !found[0].result.empty()) {
      sched::RunResult result;
      result.value_json = found[0].result;
      row_answered(row, result);
      return true;
    }
    const auto question = question_of(*records_, found[0]);
    if (question) row_waits(row, question->step.end.request);
    return question.has_value();
  }

  void begin(const std::shared_ptr<Row>& row, const std::string& line) {
    const program::Chain& chain = run_.program->chains[run_.chain];
    abi::Context context(kMostRowBytes);
    context.program = run_.program.get();
    sched::NativeConstraints constraints(*run_.program, context);
    std::string error;
    const auto arguments = line.size() > kMostRowBytes
                               ? std::nullopt
                               : arguments_json(run_.program->types, chain.parameters, run_.arguments, line,
                                                &constraints, error);
    if (!arguments) {
      sched::RunError wrong{abi::ErrorKind::InvalidValue, error.empty() ? "the row is too long" : error,
                            chain.name};
      row->arguments = line;
      return row_failed(*row, wrong);
    }
    row->arguments = *arguments;
    sched::RunOptions options;
    apply(run_.talk, options);
    options.prices = run_.prices;
    options.observer = this;
    options.names_steps = session_.cassette() != nullptr;
    options.row = row->number;
    if (run_.record) {
      store::RunRecord record = *run_.record;
      record.id = store::fresh_id();
      record.arguments = *arguments;
      record.seed = sched::fresh_seed();
      record.started = sched::wall_clock();
      row->id = record.id;
      options.seed = record.seed;
      row->journal = session_.journal(std::move(record), run_.sources, run_.content);
      options.journal = row->journal.get();
    }
    ++under_way_;
    session_.scheduler().start(run_.chain, *arguments, options, [this, row](const sched::RunResult& result) {
      --under_way_;
      if (result.ok && session_.cassette() && session_.cassette()->missed(row->number)) {
        row_failed(*row, {abi::ErrorKind::NotFound, "the cassette holds no answer to one of its calls",
                          run_.program->chains[run_.chain].name});
      } else if (result.ok) {
        row_answered(*row, result);
      } else if (result.journal_lost) {
        stop(result.error.message);
      } else if (result.question) {
        row_waits(*row, result.question->request);
      } else if (result.error.kind != abi::ErrorKind::Cancelled) {
        row_failed(*row, result.error);
      }
      // Not from here: the scheduler is in the midst of ending the run.
      session_.loop().post([this] { fill(); });
    });
  }

  void row_answered(const Row& row, const sched::RunResult& result) {
    ++done_;
    std::string line = fmt::format(R"({{"row":{},"of":"{}")", row.number, row.hash);
    if (!row.id.empty()) line += fmt::format(R"(,"run":"{}")", row.id);
    write(out_, line + R"(,"result":)" + result.value_json + '}');
  }

  void row_failed(const Row& row, const sched::RunError& error) {
    ++failures_;
    set_apart(row, "error",
              {{"kind", program::to_string(error.kind)}, {"message", error.message}, {"path", error.path}});
  }

  void row_waits(const Row& row, const std::string& request) {
    ++waiting_;
    set_apart(row, "waits", nlohmann::ordered_json::parse(request, nullptr, false));
  }

  /// A row without an answer, and `why` it has none.
  void set_apart(const Row& row, const char* name, const nlohmann::ordered_json& why) {
    std::string problem;
    if (!failed_.is_open() && !open_failed(problem)) return stop(problem);
    nlohmann::ordered_json line = {{"row", row.number}, {"of", row.hash}};
    if (!row.id.empty()) line["run"] = row.id;
    line[name] = why.is_discarded() ? nlohmann::ordered_json::object() : why;
    auto arguments = nlohmann::ordered_json::parse(row.arguments, nullptr, false);
    line["arguments"] =
        arguments.is_discarded() ? nlohmann::ordered_json(row.arguments) : std::move(arguments);
    write(failed_, line.dump(-1, ' ', false, json::error_handler_t::replace));
  }

  /// The failures of the last time make room for those of this.
  bool open_failed(std::string& error) {
    const std::string name = failed_name(settings_.out);
    std::string first;
    if (std::ifstream before(name); std::getline(before, first) && !is_answer(first)) {
      error = fmt::format("`{}` holds something else than rows that failed, so nothing is added to it", name);
      return false;
    }
    return failed_.open(name, error) && failed_.clear(error);
  }

  void write(LineFile& file, const std::string& line) {
    std::string error;
    if (!file.add(line, error)) stop(error), disk_ = true;
  }

  void flush() {
    std::string error;
    if (!out_.flush(error) || (failed_.is_open() && !failed_.flush(error))) stop(error), disk_ = true;
  }

  void stop(const std::string& error) {
    if (error_.empty()) error_ = error;
    stopping_ = true;
    session_.loop().stop();
  }

  // ---- What is shown --------------------------------------------------------------------------

  void started(std::string_view, const program::Prompt&, const program::Model& model) override {
    if (program::is_stand_in(model.provider)) offline_ = &model;
  }

  void logged(std::string_view path, std::string_view text) override {
    if (draws_) say("\r\x1b[K");
    say(one_line(fmt::format("{}: {}", path, text)) + "\n");
  }

  void ended(std::string_view, const program::Prompt& prompt, const model::Completion& answer) override {
    const auto& models = run_.program->models;
    const auto by = std::ranges::find(models, answer.answered_by, &program::Model::name);
    const program::Model& model = by == models.end() ? models[prompt.model] : *by;
    if (program::is_stand_in(model.provider)) offline_ = &model;
    snapshots_.note(model, answer);
    const auto price = run_.prices->of(model);
    price ? cost_ += model::cost_of(*price, answer.usage) : unpriced_ = true;
    tokens_ += answer.usage.input_tokens + answer.usage.output_tokens;
  }

  [[nodiscard]] std::string cost() const {
    if (unpriced_ || cost_ == 0) return tokens_ > 0 ? fmt::format(", {} tokens", tokens_) : std::string();
    return fmt::format(", ${:.4f}", static_cast<double>(cost_) / 1e9);
  }

  void draw() {
    if (timer_ != 0) return;
    if (draws_) {
      const double seconds = static_cast<double>(session_.loop().now() - began_) / 1e9;
      const double rate = seconds > 0 ? static_cast<double>(done_ + failures_) / seconds : 0;
      const size_t left = rows_left();
      std::string line =
          fmt::format("{} answered, {} failed, {:.1f} rows/s{}", done_, failures_, rate, cost());
      if (left > 0 && rate > 0)
        line += fmt::format(", {} left",
                            shown_duration(static_cast<int64_t>(static_cast<double>(left) / rate * 1e9)));
      say("\r\x1b[K" + std::string(cut_to_width(line, columns(STDERR_FILENO) - 1)));
    }
    timer_ = session_.loop().after(kRedraw, [this] {
      timer_ = 0;
      if (under_way_ > 0) draw();
    });
  }

  /// Rows that are not begun or not ended; 0 if nobody knows how many there are.
  [[nodiscard]] size_t rows_left() const {
    const size_t gone = passed_over_ + done_ + failures_ + waiting_;
    return total_ > gone ? total_ - gone : 0;
  }

  /// All rows are answered: what failed before has not any more.
  void forget_failures() {
    const std::string name = failed_name(settings_.out);
    std::string first;
    if (std::ifstream before(name); std::getline(before, first) && is_answer(first)) unlink(name.c_str());
  }

  int tell_end(bool interrupted) {
    if (draws_) say("\r\x1b[K");
    if (!error_.empty()) say_error(error_);
    const int64_t took = session_.loop().now() - began_;
    std::string line = fmt::format("{} answered", done_);
    if (failures_ > 0) line += fmt::format(", {} failed ({})", failures_, failed_name(settings_.out));
    if (waiting_ > 0)
      line +=
          fmt::format(", {} wait{} for a person (`chain answer` lists them; then run the same command again)",
                      waiting_, waiting_ == 1 ? "s" : "");
    if (passed_over_ > 0) line += fmt::format(", {} were answered before", passed_over_);
    line += fmt::format("; {}{}", shown_duration(took), cost());
    if (interrupted || disk_) line += "; the same command goes on";
    say(printable(line) + "\n");
    if (failures_ + waiting_ == 0 && error_.empty() && !interrupted) forget_failures();
    if (offline_ != nullptr) say(no_language_model(offline_->name, offline_->provider));
    if (session_.cassette()) (void)session_.cassette()->say_missed();
    if (interrupted) return kInterrupted;
    if (failures_ > 0 || !error_.empty()) return kFailed;
    return waiting_ > 0 ? kWaiting : kOk;
  }

  Session& session_;
  const EachRun& run_;
  const EachSettings& settings_;
  const bool draws_;
  std::ifstream rows_;
  LineFile out_, failed_;
  std::unordered_map<size_t, std::string> answered_;
  std::unordered_map<size_t, std::pair<std::string, std::string>> waits_;  // hash of the row, run
  std::unique_ptr<store::Records> records_;                                // if some wait
  struct stat rows_info_{};
  bool regular_rows_ = false;
  Snapshots snapshots_{*run_.program};
  const program::Model* offline_ = nullptr;  // a stand-in that was asked, of the program that runs
  size_t read_ = 0, total_ = 0, under_way_ = 0, done_ = 0, failures_ = 0, waiting_ = 0, passed_over_ = 0;
  int64_t began_ = 0, cost_ = 0, tokens_ = 0;
  bool unpriced_ = false;
  bool stopping_ = false;
  bool disk_ = false;  // answers cannot be written
  std::string error_;  // why it stopped
  EventLoop::TimerId timer_ = 0;
};

}  // namespace

std::string failed_name(const std::string& out) {
  const size_t slash = out.rfind('/'), dot = out.rfind('.');
  const bool has_ending =
      dot != std::string::npos && dot > 0 && (slash == std::string::npos || dot > slash + 1);
  return has_ending ? out.substr(0, dot) + ".failed" + out.substr(dot) : out + ".failed";
}

int run_each(Session& session, const EachRun& run, const EachSettings& settings) {
  return Batch(session, run, settings).run();
}

}  // namespace chain::cli
