// Whether what every run needs is there: folders, files, the compiler of native code, libcurl, the terminal.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <langinfo.h>
#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/cache.h"
#include "cli/doctor.h"
#include "cli/output.h"
#include "cli/price_table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "compiler/driver/artifact.h"
#include "compiler/driver/compile.h"
#include "runtime/access/grants.h"
#include "runtime/http/client.h"
#include "runtime/sched/event_loop.h"
#include "runtime/store/answer_table.h"
#include "runtime/store/records.h"

namespace chain::cli {
namespace {

using nlohmann::json;

enum class State : uint8_t { Fine, Odd, Broken };  // Odd: everything works, but for what is said

struct Finding {
  std::string what;
  State state = State::Fine;
  std::string note;
};

std::string_view word_of(State state) {
  switch (state) {
    case State::Fine: return "fine";
    case State::Odd: return "odd";
    case State::Broken: return "broken";
  }
  return "";
}

/// A folder that runs write to. One that is not there yet is made when it is first needed.
Finding folder(std::string what, const std::string& path, std::string_view without) {
  if (path.empty())
    return {std::move(what), State::Odd,
            fmt::format("there is no place for it, or others can write to it: {}", without)};
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {std::move(what), State::Fine, path + ", which is made when it is needed"};
    return {std::move(what), State::Odd, fmt::format("`{}`: {}; {}", path, std::strerror(errno), without)};
  }
  if (!S_ISDIR(status.st_mode))
    return {std::move(what), State::Odd, fmt::format("`{}` is no folder; {}", path, without)};
  if (::access(path.c_str(), W_OK | X_OK) != 0)
    return {std::move(what), State::Odd, fmt::format("`{}` cannot be written to; {}", path, without)};
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return {std::move(what), State::Odd, fmt::format("others can write to `{0}`: `chmod 700 {0}`", path)};
  return {std::move(what), State::Fine, path};
}

Finding answers() {
  const std::string file = answer_file();
  if (file.empty() || ::access(file.c_str(), F_OK) != 0)
    return {"kept answers", State::Fine, "there are none yet"};
  std::string problem;
  const auto table = store::AnswerTable::open(file, problem);
  if (!table) return {"kept answers", State::Odd, problem + "; no answer is used again"};
  const auto totals = table->totals();
  if (!totals) return {"kept answers", State::Odd, table->why() + "; `chain cache clear` begins anew"};
  return {"kept answers", State::Fine, fmt::format("{} in {}", totals->answers, file)};
}

Finding journal() {
  const std::string folder = store::state_folder();
  if (folder.empty() || ::access(store::journal_path(folder).c_str(), F_OK) != 0)
    return {"journal", State::Fine, "no run is written down yet"};
  std::string problem;
  const auto records = store::Records::open(folder, store::Durability::Normal, problem);
  if (!records) return {"journal", State::Broken, problem + "; runs go on with `--no-journal`"};
  static_cast<void>(records->runs(1));
  return {"journal", State::Fine, store::journal_path(folder)};
}

Finding prices() {
  const std::string file = price_file();
  if (file.empty() || ::access(file.c_str(), F_OK) != 0)
    return {"prices", State::Fine, "those that are built in"};
  std::string problem;
  if (!load_prices(problem)) return {"prices", State::Broken, problem};
  const auto text = read_file(file, problem);
  const std::vector<std::string> odd = text ? model::odd_prices(*text) : std::vector<std::string>();
  if (odd.empty()) return {"prices", State::Fine, file + ", before those that are built in"};
  std::string note = "`" + file + "`: " + odd.front();
  if (odd.size() > 1) note += fmt::format("; and {} more that mean nothing", odd.size() - 1);
  return {"prices", State::Odd, std::move(note)};
}

/// Compiles and links the smallest program.
Finding native_code() {
  const std::vector<driver::SourceText> given = {{"doctor.chain", "chain main() -> int { 1 + 1 }\n"}};
  SourceMap sources;
  Diagnostics diagnostics;
  const auto program = driver::compile("doctor.chain", sources, diagnostics, {.given = &given});
  if (program) return {"native code", State::Fine, "programs compile"};
  std::string why = "no program can be compiled";
  for (const Diagnostic* diagnostic : diagnostics.sorted()) why = diagnostic->message;
  return {"native code", State::Broken, why};
}

/// Opens libcurl, and sees whether it can ask. Port 9 of this machine is answered by nobody, or at once.
Finding network() {
  struct Nobody final : http::Handler {
    explicit Nobody(EventLoop& loop) : loop(loop) {}
    void end(const http::Outcome& ended) override {
      outcome = ended;
      loop.stop();
    }
    EventLoop& loop;
    http::Outcome outcome;
  };
  EventLoop loop;
  http::Client client(loop);
  Nobody nobody(loop);
  http::Endpoint endpoint;
  endpoint.url = "http://127.0.0.1:9/";
  endpoint.method = "GET";
  endpoint.timeouts.total = 1'000'000'000;
  client.start(client.add(endpoint), {}, nobody);
  loop.run();
  if (nobody.outcome.message.find("libcurl") != std::string::npos)
    return {"libcurl", State::Broken, nobody.outcome.message};
  return {"libcurl", State::Fine, "requests can be made"};
}

Finding terminal() {
  if (!is_terminal(STDOUT_FILENO))
    return {"terminal", State::Fine, "standard output is none; progress is not drawn"};
  return {"terminal", State::Fine,
          fmt::format("{} columns, {}", columns(STDOUT_FILENO),
                      has_color(STDOUT_FILENO) ? "with colour" : "without colour")};
}

Finding locale() {
  std::setlocale(LC_CTYPE, "");
  const std::string codeset = nl_langinfo(CODESET);
  if (codeset == "UTF-8") return {"locale", State::Fine, codeset};
  return {"locale", State::Odd,
          fmt::format("{} instead of UTF-8: what is printed is UTF-8 all the same; `LC_ALL=C.UTF-8` says so",
                      codeset)};
}

}  // namespace

int examine_installation(bool as_json) {
  const std::vector<Finding> findings = {
      folder("cache folder", driver::artifact_folder(),
             "every run compiles anew, and `cache:` keeps nothing"),
      folder("state folder", store::state_folder(), "runs are not written down, and cannot go on"),
      folder("configuration folder", access::config_folder(), "nothing can be allowed with `chain allow`"),
      answers(),
      journal(),
      prices(),
      native_code(),
      network(),
      terminal(),
      locale(),
  };
  bool sound = true;
  std::string text;
  json list = json::array();
  for (const Finding& finding : findings) {
    sound = sound && finding.state != State::Broken;
    text += fmt::format("{:<7} {:<21} {}\n", word_of(finding.state), finding.what, one_line(finding.note));
    list.push_back({{"what", finding.what}, {"state", word_of(finding.state)}, {"note", finding.note}});
  }
  const json report = {{"findings", std::move(list)}, {"sound", sound}};
  const bool out = as_json ? answer_json(report.dump(2, ' ', false, json::error_handler_t::replace) + "\n")
                           : write_out(printable(text));
  return out && sound ? kOk : kFailed;
}

}  // namespace chain::cli
