// `chain test FILE...`: runs the tests of files. No model is called.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "cli/cassette_file.h"
#include "cli/output.h"
#include "cli/program.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/value_difference.h"
#include "cli/verbs.h"
#include "runtime/value/json.h"

namespace chain::cli {
namespace {

struct Counts {
  size_t passed = 0;
  size_t failed = 0;
  bool interrupted = false;
  bool output_failed = false;
};

bool passed(const sched::RunResult& result) {
  return result.ok && result.unanswered.empty() &&
         std::all_of(result.expected.begin(), result.expected.end(),
                     [](const sched::Expected& expected) { return expected.holds; });
}

/// "    expected r.confidence > 0.5 at support.chain:7:3; left 0.2, right 0.5".
std::string describe(const program::Program& program, const sched::Expected& expected) {
  const program::Expectation& expectation = program.expectations[expected.expectation];
  std::string text = ::fmt::format("     {}:{}:{}: does not hold: {}\n", program.files[expectation.file],
                                   expectation.line, expectation.column, expectation.text);
  if (!expected.left.empty() || !expected.right.empty()) {
    text += ::fmt::format("       left:  {}\n       right: {}\n", expected.left, expected.right);
    for (const std::string& line : value_difference(expected.left, expected.right))
      text += "         " + line + '\n';
  }
  return text;
}

std::string describe(const program::Program& program, const sched::RunError& error) {
  const bool placed = error.line > 0 && error.file < program.files.size();
  const std::string place =
      placed ? ::fmt::format("{}:{}:{}: ", program.files[error.file], error.line, error.column) : "";
  return ::fmt::format("     {}{}: {}\n", place, program::to_string(error.kind), error.message);
}

/// Whether the run ended for want of an answer.
bool says_the_same(const sched::RunResult& result) {
  return std::any_of(result.unanswered.begin(), result.unanswered.end(),
                     [&](const sched::RunError& missing) { return missing.message == result.error.message; });
}

std::string describe(const program::Program& program, const program::Test& test,
                     const sched::RunResult& result) {
  const bool good = passed(result);
  std::string text = ::fmt::format("{} {}\n", good ? "ok  " : "FAIL", test.title);
  if (good) return text;
  for (const sched::Expected& expected : result.expected) {
    if (!expected.holds) text += describe(program, expected);
  }
  for (const sched::RunError& error : result.unanswered) text += describe(program, error);
  if (!result.ok && !says_the_same(result)) text += describe(program, result.error);
  return text;
}

std::string as_json(const program::Program& program, const program::Test& test,
                    const sched::RunResult& result) {
  std::string text = "{\"file\":";
  value::append_json_string(text, test.file < program.files.size() ? program.files[test.file] : "");
  text += ",\"title\":";
  value::append_json_string(text, test.title);
  text += ::fmt::format(",\"line\":{},\"passed\":{},\"failures\":[", test.line, passed(result));
  const char* comma = "";
  for (const sched::Expected& expected : result.expected) {
    if (expected.holds) continue;
    const program::Expectation& expectation = program.expectations[expected.expectation];
    text += ::fmt::format("{}{{\"line\":{},\"column\":{},\"expected\":", comma, expectation.line,
                          expectation.column);
    value::append_json_string(text, expectation.text);
    if (!expected.left.empty())
      text += ::fmt::format(",\"left\":{},\"right\":{}", expected.left, expected.right);
    text += "}";
    comma = ",";
  }
  for (const sched::RunError& missing : result.unanswered) {
    text +=
        ::fmt::format("{}{{\"line\":{},\"column\":{},\"unanswered\":", comma, missing.line, missing.column);
    value::append_json_string(text, missing.message);
    text += "}";
    comma = ",";
  }
  text += "]";
  if (!result.ok) {
    text += ::fmt::format(",\"error\":{{\"kind\":\"{}\",\"message\":", program::to_string(result.error.kind));
    value::append_json_string(text, result.error.message);
    text += "}";
  }
  return text + "}";
}

/// The cassettes that answer in a test, as one. Null, with `error` set, if one cannot be read.
std::unique_ptr<CassetteFile> cassette_of(const program::Program& program, const program::Test& test,
                                          std::string& error) {
  const std::filesystem::path folder = std::filesystem::path(program.files[test.file]).parent_path();
  std::unique_ptr<CassetteFile> all;
  std::set<std::string> read;
  for (const program::Taped& taped : test.taped) {
    if (!read.insert(taped.file).second) continue;
    auto each = CassetteFile::open({.record = "", .replay = (folder / taped.file).string()}, error);
    if (!each) return nullptr;
    if (all) all->cassette().add(each->cassette());
    if (!all) all = std::move(each);
  }
  return all;
}

/// The result of a test; nothing if Ctrl-C came first.
std::optional<sched::RunResult> run_test(Session& session,
                                         const std::shared_ptr<const program::Program>& program,
                                         const program::Test& test) {
  if (test.taped.empty()) return session.run(test.chain, "{}", {.test = true});
  std::string error;
  const auto cassette = cassette_of(*program, test, error);
  if (!cassette) {
    sched::RunResult result;
    result.error = {abi::ErrorKind::NotFound, error, test.title, test.file, test.line, 1};
    return result;
  }
  Session taped(program, {}, {}, cassette.get());
  auto result = taped.run(test.chain, "{}", {.test = true});
  if (result && cassette->missed(0)) {
    (void)cassette->say_missed();
    result->unanswered.push_back({abi::ErrorKind::NotFound,
                                  "the cassette holds no answer to one of its calls", test.title, test.file,
                                  test.line, 1});
  }
  return result;
}

struct Settings {
  bool json = false;
  std::string filter;  // what titles contain
  std::string junit;   // a file
};

/// "&lt;a&gt;", without control characters, which XML has no way to write.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

std::string as_junit(const program::Program& program, const program::Test& test,
                     const sched::RunResult& result) {
  std::string text = ::fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                                   escaped(test.file < program.files.size() ? program.files[test.file] : ""),
                                   escaped(test.title));
  if (passed(result)) return text + "/>\n";
  return text + ">\n      <failure>" + escaped(describe(program, test, result)) +
         "</failure>\n    </testcase>\n";
}

/// Runs the tests of one program and prints them; `junit` gets them too.
void run_tests(const std::shared_ptr<const program::Program>& program, const Settings& settings,
               Counts& counts, std::string& junit) {
  Session session(program, {});
  for (const program::Test& test : program->tests) {
    if (test.title.empty()) continue;  // what an eval requires
    if (test.title.find(settings.filter) == std::string::npos) continue;
    const auto result = run_test(session, program, test);
    if (!result) {
      counts.interrupted = true;
      return;
    }
    ++(passed(*result) ? counts.passed : counts.failed);
    const bool written = settings.json ? answer_json(as_json(*program, test, *result) + "\n")
                                       : answer_text(describe(*program, test, *result));
    counts.output_failed = counts.output_failed || !written;
    if (!settings.junit.empty()) junit += as_junit(*program, test, *result);
  }
}

bool write_junit(const std::string& name, const Counts& counts, const std::string& tests) {
  std::ofstream file(name, std::ios::binary | std::ios::trunc);
  file << ::fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"chain test\" "
      "tests=\"{}\" "
      "failures=\"{}\">\n{}  </testsuite>\n</testsuites>\n",
      counts.passed + counts.failed, counts.failed, tests);
  file.close();
  if (!file) say_error(::fmt::format("`{}` cannot be written", name));
  return static_cast<bool>(file);
}

}  // namespace

int test(Arguments arguments) {
  CLI::App app("Runs the tests of files. No model is called: prompts answer what the test gives them.",
               "chain test");
  std::vector<std::string> files;
  Settings settings;
  std::string profile;
  app.add_option("files", files, "the files")->required()->option_text("FILE...");
  app.add_flag("--json", settings.json, "print a JSON object a test");
  app.add_option("--filter", settings.filter, "only the tests whose titles contain this")
      ->option_text("TEXT");
  app.add_option("--junit", settings.junit, "also write a report in JUnit's form")->option_text("FILE");
  app.add_option("--profile", profile, "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  if (const auto code = read_options(app, arguments)) return *code;

  Counts counts;
  std::string junit;
  int wrong = kOk;
  for (const std::string& file : files) {
    const auto program = load_program(file, {.tests = true, .profile = profile, .models = {}}, wrong);
    if (program != nullptr) run_tests(program, settings, counts, junit);
    if (counts.interrupted) {
      say("interrupted\n");
      return kInterrupted;
    }
  }
  if (!settings.junit.empty() && !write_junit(settings.junit, counts, junit)) counts.output_failed = true;
  if (!settings.json && counts.passed + counts.failed > 0) {
    const bool written = write_out(::fmt::format("{} passed, {} failed\n", counts.passed, counts.failed));
    counts.output_failed = counts.output_failed || !written;
  } else if (wrong == kOk && counts.passed + counts.failed == 0) {
    say("no tests found\n");
  }
  if (wrong != kOk) return wrong;
  return counts.failed > 0 || counts.output_failed ? kFailed : kOk;
}

}  // namespace chain::cli
