// `chain cache ls|stats|clear`: the answers of prompts with `cache:`.
#include "cli/cache.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "cli/amounts.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/driver/artifact.h"
#include "runtime/sched/ambient.h"
#include "runtime/store/answer_table.h"
#include "runtime/value/calendar.h"
#include "runtime/value/json.h"
#include "runtime/value/text.h"

namespace chain::cli {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

struct CacheSettings {
  std::string action;
  std::string prompt;
  std::string older;
  bool json = false;
};

void member(std::string& json, std::string_view name, std::string_view text) {
  json += json.empty() ? "{" : ",";
  value::append_json_string(json, name);
  json += ':';
  value::append_json_string(json, text);
}

void member(std::string& json, std::string_view name, int64_t number) {
  json += json.empty() ? "{" : ",";
  value::append_json_string(json, name);
  json += ':' + std::to_string(number);
}

std::string time_text(int64_t time) {
  std::string text;
  value::append_time(text, time);
  return text;
}

std::string row_json(const store::AnswerRow& row) {
  std::string json;
  member(json, "key", row.key);
  member(json, "prompt", row.prompt);
  member(json, "model", row.model);
  member(json, "made", time_text(row.made));
  member(json, "until", time_text(row.until));
  member(json, "used", time_text(row.used));
  member(json, "uses", row.uses);
  member(json, "bytes", row.bytes);
  member(json, "begins", row.begins);
  return json + "}\n";
}

/// One line, whatever the answer holds.
std::string row_text(const store::AnswerRow& row, int64_t now) {
  std::string begins = row.begins;
  std::ranges::replace_if(begins, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return printable(fmt::format("{:<20} {:<24} {:>10} old, {:>11}, used {:<9}  {}\n",
                               row.prompt.empty() ? "-" : row.prompt, row.model, age_text(now - row.made),
                               bytes_text(static_cast<uint64_t>(row.bytes)),
                               counted(static_cast<uint64_t>(row.uses), "time"), begins));
}

int list(const CacheSettings& settings, store::AnswerTable* table, int64_t now) {
  std::string text;
  const auto add = [&](const store::AnswerRow& row) {
    text += settings.json ? row_json(row) : row_text(row, now);
  };
  if (table && !table->list(settings.prompt, add)) {
    say_error(table->why());
    return kFailed;
  }
  if (text.empty() && !settings.json) say("no answers are kept\n");
  return (settings.json ? answer_json(text) : write_out(text)) ? kOk : kFailed;
}

int stats(const CacheSettings& settings, store::AnswerTable* table, const std::string& path, int64_t now) {
  store::AnswerTotals totals;
  if (table) {
    const auto found = table->totals();
    if (!found) {
      say_error(table->why());
      return kFailed;
    }
    totals = *found;
  }
  if (settings.json) {
    std::string json;
    member(json, "file", path);
    member(json, "answers", totals.answers);
    member(json, "bytes", totals.bytes);
    member(json, "most_bytes", store::kMostAnswerBytes);
    member(json, "uses", totals.uses);
    member(json, "semantic_uses", totals.similar);
    member(json, "input_tokens_saved", totals.input_tokens);
    member(json, "output_tokens_saved", totals.output_tokens);
    if (totals.answers > 0) member(json, "oldest", time_text(totals.oldest));
    return answer_json(json + "}\n") ? kOk : kFailed;
  }
  std::string text =
      fmt::format("file     {}\nanswers  {}\nsize     {} of at most {}\n", printable(path), totals.answers,
                  bytes_text(static_cast<uint64_t>(totals.bytes)), bytes_text(store::kMostAnswerBytes));
  if (totals.answers > 0) text += fmt::format("oldest   {}\n", age_text(now - totals.oldest));
  const std::string similar =
      totals.similar > 0 ? fmt::format(" ({} for similar questions)", totals.similar) : "";
  fmt::format_to(std::back_inserter(text), "used     {}{}, which saved {} tokens in and {} out\n",
                 counted(static_cast<uint64_t>(totals.uses), "time"), similar, totals.input_tokens,
                 totals.output_tokens);
  return write_out(text) ? kOk : kFailed;
}

int clear(const CacheSettings& settings, store::AnswerTable* table, int64_t now) {
  store::AnswerFilter filter;
  filter.prompt = settings.prompt;
  if (!settings.older.empty()) {
    const std::optional<int64_t> age = value::parse_duration(settings.older);
    if (!age || *age < 0)
      return usage_error("cache",
                         "`--older` takes a duration, as in `--older 7d`; found `" + settings.older + "`");
    filter.made_before = now - *age;
  }
  std::optional<int64_t> cleared = 0;
  if (table) cleared = table->clear(filter);
  if (!cleared) {
    say_error(table->why());
    return kFailed;
  }
  if (settings.json) {
    std::string json;
    member(json, "forgotten", *cleared);
    return answer_json(json + "}\n") ? kOk : kFailed;
  }
  say(counted(static_cast<uint64_t>(*cleared), "answer") + " forgotten\n");
  return kOk;
}

}  // namespace

std::string answer_file() {
  const std::string folder = driver::artifact_folder();
  return folder.empty() ? std::string() : folder + "/cache.db";
}

std::string age_text(int64_t nanoseconds) {
  const int64_t seconds = std::max<int64_t>(nanoseconds, 0) / kSecond;
  if (seconds < 60) return counted(seconds, "second");
  if (seconds < 60 * 60) return counted(seconds / 60, "minute");
  if (seconds < 24 * 60 * 60) return counted(seconds / (60 * 60), "hour");
  return counted(seconds / (24 * 60 * 60), "day");
}

int cache(Arguments arguments) {
  CLI::App app(
      "Shows, or forgets, the answers that are kept for later runs: those of prompts with `cache:`.\n"
      "  ls      one line for each answer, the youngest first\n"
      "  stats   how many there are, their size, and what they saved\n"
      "  clear   forgets them: all, or those that --older and --prompt name",
      "chain cache");
  CacheSettings settings;
  app.add_option("action", settings.action, "what to do")->option_text("ls|stats|clear");
  app.add_option("--prompt", settings.prompt,
                 "of `ls` and `clear`: answers of this prompt, or of a version of it")
      ->option_text("NAME[@1.2]");
  app.add_option("--older", settings.older, "of `clear`: answers that are older than so long")
      ->option_text("DURATION");
  app.add_flag("--json", settings.json, "print JSON; of `ls` an object a line");
  if (const auto code = read_options(app, arguments)) return *code;
  const bool lists = settings.action == "ls", clears = settings.action == "clear";
  if (!lists && !clears && settings.action != "stats") {
    return usage_error("cache", settings.action.empty()
                                    ? "what? `chain cache ls`, `stats` or `clear`"
                                    : "unknown action `" + settings.action + "`" +
                                          meant(settings.action, {"ls", "stats", "clear"}));
  }
  if (!settings.older.empty() && !clears) return usage_error("cache", "`--older` goes with `clear`");
  if (!settings.prompt.empty() && !lists && !clears)
    return usage_error("cache", "`--prompt` goes with `ls` and `clear`");

  const std::string path = answer_file();
  std::unique_ptr<store::AnswerTable> table;
  std::error_code ignored;
  if (!path.empty() && std::filesystem::exists(path, ignored)) {
    std::string problem;
    table = store::AnswerTable::open(path, problem);
    if (!table) {
      say_error(problem);
      return kFailed;
    }
    if (!problem.empty()) say("warning: " + printable(problem) + "\n");
  }
  const int64_t now = sched::wall_clock();
  if (lists) return list(settings, table.get(), now);
  return clears ? clear(settings, table.get(), now) : stats(settings, table.get(), path, now);
}

}  // namespace chain::cli
