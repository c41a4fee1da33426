#include "cli/kept_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <iterator>

#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "runtime/store/run_lock.h"

namespace chain::cli {

std::unique_ptr<store::Records> open_records(int& exit) {
  const std::string folder = store::state_folder();
  std::string error;
  if (!folder.empty() && ::access(store::journal_path(folder).c_str(), F_OK) != 0) {
    say(fmt::format("no run is written down yet: `chain run` does so, in {}\n",
                    printable(store::journal_path(folder))));
    exit = kFailed;
    return nullptr;
  }
  auto records = store::Records::open(folder, store::Durability::Normal, error);
  if (!records) {
    say_error(error);
    exit = kFailed;
  }
  return records;
}

std::optional<store::RunRecord> find_run(store::Records& records, const std::string& id,
                                         std::string_view verb, int& exit) {
  std::vector<store::RunRecord> found = records.find(id);
  if (found.size() == 1) return std::move(found.front());
  if (found.empty()) {
    exit = usage_error(verb, "there is no run `" + id + "`; `chain runs` lists them");
    return std::nullopt;
  }
  std::string ids;
  for (size_t i = 0; i < found.size() && i < 5; ++i) ids += (i > 0 ? ", " : "") + found[i].id;
  exit = usage_error(verb, fmt::format("`{}` could be {} runs: {}{}", id, found.size(), ids,
                                       found.size() > 5 ? ", ..." : ""));
  return std::nullopt;
}

std::string_view state_word(const store::RunRecord& run) {
  switch (run.state) {
    case store::RunState::Done: return "done";
    case store::RunState::Failed: return "failed";
    case store::RunState::Open: break;
  }
  if (store::RunLock::is_held(store::state_folder(), run.number)) return "running";
  return run.waits ? "waiting" : "stopped";
}

std::string shown_time(int64_t time) {
  const std::time_t seconds = time / 1'000'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

std::string shown_duration(int64_t duration) {
  const double seconds = static_cast<double>(duration) / 1e9;
  if (seconds < 0.001) return fmt::format("{:.0f} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 60) return fmt::format("{:.2f} s", seconds);
  const int64_t whole = duration / 1'000'000'000;
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

}  // namespace chain::cli
