// `chain index build`, `status` and `drop`.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "cli/amounts.h"
#include "cli/cache.h"
#include "cli/doctor.h"
#include "cli/index.h"
#include "cli/interrupt.h"
#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/price_table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "runtime/model/vectors.h"
#include "runtime/retrieve/build.h"
#include "runtime/retrieve/index.h"
#include "runtime/sched/ambient.h"
#include "runtime/sched/event_loop.h"
#include "runtime/value/calendar.h"

namespace chain::cli {
namespace {

using nlohmann::ordered_json;

constexpr int64_t kRedraw = 100'000'000;  // nanoseconds

/// What the build says of itself, told by its thread and shown by the loop's.
class ProgressLine {
 public:
  explicit ProgressLine(EventLoop& loop)
      : loop_(loop), draws_(is_terminal(STDERR_FILENO)), began_(loop.now()) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// From any thread.
  void set(const retrieve::BuildProgress& progress) {
    const std::lock_guard lock(mutex_);
    if (progress.ordering != progress_.ordering) began_ = loop_.now();
    progress_ = progress;
  }
  void draw() {
    if (!draws_) return;
    say("\r\x1b[K" + std::string(cut_to_width(text(), columns(STDERR_FILENO) - 1)));
    timer_ = loop_.after(kRedraw, [this] { draw(); });
  }
  void clear() {
    if (!draws_ || timer_ == 0) return;
    loop_.cancel_timer(std::exchange(timer_, 0));
    say("\r\x1b[K");
  }

 private:
  std::string text() {
    retrieve::BuildProgress now;
    int64_t began = 0;
    {
      const std::lock_guard lock(mutex_);
      now = progress_;
      began = began_;
    }
    const double seconds = static_cast<double>(loop_.now() - began) / 1e9;
    const double rate = seconds > 0 ? static_cast<double>(now.read) / seconds : 0;
    const char* done = now.ordering ? "vectors in order" : "read";
    std::string line = now.total > 0 ? fmt::format("{} of {} {}", now.read, now.total, done)
                                     : fmt::format("{} {}", now.read, done);
    if (now.ordering && now.total == 0) return "ordering the vectors";
    if (!now.ordering)
      line += fmt::format(", {}, {} embedded", counted(now.passages, "passage"), now.embedded);
    line += fmt::format(", {:.1f}/s", rate);
    if (now.total > now.read && rate > 0)
      line += fmt::format(
          ", {} left",
          shown_duration(static_cast<int64_t>(static_cast<double>(now.total - now.read) / rate * 1e9)));
    return line;
  }

  EventLoop& loop_;
  const bool draws_;
  int64_t began_;  // with what it does now
  EventLoop::TimerId timer_ = 0;
  std::mutex mutex_;
  retrieve::BuildProgress progress_;
};

struct Built {
  bool done = false;
  std::string error;
  retrieve::BuildReport report;
};

/// On a thread of its own; the loop makes the calls of models meanwhile.
class Building {
 public:
  explicit Building(const IndexTarget& target) : target_(target), line_(loop_) {
    if (!target.settings.has_vectors() || !target.settings.asks_model()) {
      embedder_ = retrieve::make_local_embedder(target.settings.dimensions);
      return;
    }
    client_ = model::make_vector_client(
        *target.program, loop_,
        {.access = target.access, .known = known_endpoints(), .variables = target.variables});
    embedder_ = retrieve::make_model_embedder(target.settings, *client_, loop_);
  }

  /// Until its end, or the end that Ctrl-C makes of it.
  Built run() {
    loop_.hold();
    std::thread worker([this] {
      work();
      loop_.post([this] { loop_.release(), loop_.stop(); });
    });
    {
      const Interrupt interrupt(loop_);
      line_.draw();
      loop_.run();
      line_.clear();
      // From here on a second Ctrl-C ends the process at once; what is written stays whole.
      interrupted_ = interrupt.requested();
    }
    if (interrupted_) stop_ = true;
    worker.join();
    return std::move(built_);
  }
  [[nodiscard]] bool interrupted() const { return interrupted_; }

 private:
  void work() {
    const auto tell = [this](const retrieve::BuildProgress& progress) { line_.set(progress); };
    const retrieve::BuildOptions options{
        .around = {.files = target_.files.get(), .access = target_.access, .stop = &stop_}, .progress = tell};
    built_.done =
        retrieve::build(target_.settings, target_.place, *embedder_, options, built_.report, built_.error);
    if (!built_.done || built_.report.stopped) return;
    line_.set({.ordering = true});
    const auto began = std::chrono::steady_clock::now();
    auto index = retrieve::Index::open(target_.settings, target_.place, built_.error);
    const bool ordered =
        index && index->load_vectors(true, &stop_, built_.error, [this](size_t done, size_t total) {
          line_.set({.read = done, .total = total, .ordering = true});
        });
    built_.done = ordered || stop_;
    built_.report.stopped = !ordered && stop_;
    built_.report.time += (std::chrono::steady_clock::now() - began).count();
  }

  const IndexTarget& target_;
  EventLoop loop_;
  ProgressLine line_;
  std::unique_ptr<model::VectorClient> client_;
  std::unique_ptr<retrieve::Embedder> embedder_;
  std::atomic<bool> stop_ = false;
  bool interrupted_ = false;
  Built built_;
};

/// In 1e-9 dollars; nothing if nobody knows, or nothing was asked.
std::optional<int64_t> cost_of(const IndexTarget& target, const retrieve::BuildReport& report) {
  if (!target.settings.asks_model() || report.spent.requests == 0) return std::nullopt;
  std::string ignored;
  const auto prices = load_prices(ignored);
  const auto price = prices ? prices->of(target.program->models[target.settings.embed_model])
                            : std::optional<model::Price>();
  if (!price) return std::nullopt;
  return model::cost_of(*price, report.spent.usage);
}

ordered_json as_json(const IndexTarget& target, const retrieve::BuildReport& report) {
  ordered_json json = {{"index", target.settings.name},
                       {"added", report.added},
                       {"changed", report.changed},
                       {"unchanged", report.unchanged},
                       {"moved", report.moved},
                       {"dropped", report.dropped},
                       {"skipped", ordered_json::array()},
                       {"skipped_count", report.skipped},
                       {"passages", report.passages},
                       {"embedded", report.spent.texts},
                       {"requests", report.spent.requests},
                       {"input_tokens", report.spent.usage.input_tokens}};
  for (const retrieve::Skipped& each : report.reasons)
    json["skipped"].push_back({{"source", each.source}, {"why", each.why}});
  json["notes"] = ordered_json::array();
  for (const retrieve::Skipped& each : report.notes)
    json["notes"].push_back({{"source", each.source}, {"what", each.why}});
  if (const auto cost = cost_of(target, report)) json["cost_nano_dollars"] = *cost;
  json["seconds"] = static_cast<double>(report.time) / 1e9;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  json["process_memory_bytes"] = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  return json;
}

std::string dump(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

void say_skipped(const retrieve::BuildReport& report) {
  for (const retrieve::Skipped& each : report.reasons)
    say(one_line(fmt::format("skipped {}: {}", each.source, each.why)) + "\n");
  if (report.skipped > report.reasons.size())
    say(fmt::format("and {} more were skipped\n", report.skipped - report.reasons.size()));
  for (const retrieve::Skipped& each : report.notes)
    say(one_line(fmt::format("note {}: {}", each.source, each.why)) + "\n");
}

std::string documents_text(const retrieve::BuildReport& report) {
  std::string text = counted(report.added + report.changed + report.unchanged, "document");
  text += fmt::format(": {} new, {} changed, {} as before", report.added, report.changed, report.unchanged);
  if (report.moved > 0) text += fmt::format(" ({} of them at another place)", report.moved);
  if (report.dropped > 0) text += fmt::format(", {} dropped", report.dropped);
  if (report.skipped > 0) text += fmt::format("; {} skipped", report.skipped);
  return text;
}

std::string as_text(const IndexTarget& target, const retrieve::BuildReport& report) {
  std::string text =
      fmt::format("{}: {}\n  {} made, {} embedded", target.settings.name, documents_text(report),
                  counted(report.passages, "passage"), report.spent.texts);
  if (report.spent.requests > 0)
    text += fmt::format(" in {}, {} tokens", counted(report.spent.requests, "request"),
                        report.spent.usage.input_tokens);
  if (const auto cost = cost_of(target, report))
    text += fmt::format(", ${:.4f}", static_cast<double>(*cost) / 1e9);
  return text + fmt::format("; {}\n", shown_duration(report.time));
}

/// What a look at the documents gives, without touching the index.
bool look(const IndexTarget& target, retrieve::BuildReport& report, std::string& error) {
  const auto embedder = retrieve::make_local_embedder(1);  // nothing is embedded
  return retrieve::build(
      target.settings, target.place, *embedder,
      {.around = {.files = target.files.get(), .access = target.access}, .only_look = true}, report, error);
}

std::string age_of(const std::string& time) {
  if (time.empty()) return "never to its end";
  const int64_t built = std::strtoll(time.c_str(), nullptr, 10);
  return age_text(sched::wall_clock() - built) + " ago";
}

}  // namespace

int build_index(const IndexTarget& target, const IndexCommand& command) {
  Building building(target);
  const Built built = building.run();
  say_skipped(built.report);
  const bool stopped = building.interrupted() || built.report.stopped;
  if (!built.done && !built.error.empty()) {
    say_error(fmt::format("index `{}`: {}", target.settings.name, built.error));
    if (built.report.passages > 0) say("what was done is kept; the same command goes on\n");
    return stopped ? kInterrupted : kFailed;
  }
  const bool written = command.json ? answer_json(dump(as_json(target, built.report)))
                                    : answer_text(as_text(target, built.report));
  if (stopped) say("interrupted: what was done is kept; the same command goes on\n");
  if (stopped) return kInterrupted;
  return written ? kOk : kFailed;
}

int index_status(const IndexTarget& target, const IndexCommand& command) {
  std::string error;
  std::unique_ptr<store::PassageFile> file;
  if (retrieve::is_built(target.place)) {
    file = retrieve::open_file(target.place, error);
    if (!file) return say_error(error), kFailed;
  }
  retrieve::BuildReport report;
  if (!look(target, report, error) && !report.empty) return say_error(error), kFailed;
  const store::PassageCounts counts = file ? file->counts() : store::PassageCounts();
  const std::string built = file ? file->setting("built") : "";
  const std::string recipe = file ? file->setting("recipe") : "";
  const int64_t builder = retrieve::builder_of(target.place);
  const bool fresh = !report.changes() && !report.empty && recipe == target.settings.recipe;
  const bool writable = !file || retrieve::is_writable(target.place);
  if (command.json) {
    ordered_json json = {
        {"index", target.settings.name}, {"folder", target.place.folder}, {"built", !recipe.empty()},
        {"up_to_date", fresh},           {"documents", counts.documents}, {"passages", counts.passages},
        {"new", report.added},           {"changed", report.changed},     {"moved", report.moved},
        {"dropped", report.dropped},     {"skipped", report.skipped},     {"read_only", !writable}};
    if (builder != 0) json["built_by_process"] = builder;
    if (report.empty) json["empty"] = error;
    return answer_json(dump(json)) ? kOk : kFailed;
  }
  std::string text =
      fmt::format("index    {}\nfolder   {}{}\nbuilt    {}\n", target.name(), printable(target.place.folder),
                  writable ? "" : " (read-only here)", file ? age_of(built) : "not yet");
  if (builder != 0) text += fmt::format("         process {} builds it at this moment\n", builder);
  text += fmt::format("holds    {}, {}\n", counted(counts.documents, "document"),
                      counted(counts.passages, "passage"));
  text += "since    ";
  if (fresh) {
    text += "nothing has changed\n";
  } else if (report.empty) {
    text += error + '\n';
  } else if (!recipe.empty() && recipe != target.settings.recipe) {
    text += "the index's declaration has changed: all is built anew\n";
  } else {
    text += fmt::format("{} new, {} changed, {} at another place, {} gone\n", report.added, report.changed,
                        report.moved, report.dropped);
  }
  say_skipped(report);
  return answer_text(text) ? kOk : kFailed;
}

int drop_index(const IndexTarget& target, const IndexCommand& command) {
  std::string error;
  const bool was_there = retrieve::is_built(target.place);
  if (was_there) {
    const auto lock = retrieve::BuildLock::take(target.place, 0, nullptr, error);
    if (!lock || !retrieve::remove_files(target.place, error)) return say_error(error), kFailed;
  }
  if (command.json) return answer_json(dump({{"dropped", was_there}})) ? kOk : kFailed;
  say(was_there ? fmt::format("index `{}` is dropped\n", target.settings.name)
                : fmt::format("index `{}` was not built\n", target.settings.name));
  return kOk;
}

}  // namespace chain::cli
