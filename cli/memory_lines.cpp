#include "cli/memory_lines.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/talk.h"
#include "runtime/memory/memories.h"
#include "runtime/value/calendar.h"
#include "runtime/value/digest.h"
#include "runtime/value/utf8.h"

namespace chain::cli {
namespace {

using nlohmann::json;

/// A text that has to be one, if it is there.
bool take(const json& object, const char* name, std::string& text, std::string& error) {
  const auto found = object.find(name);
  if (found == object.end()) return true;
  if (found->is_string()) return text = found->get<std::string>(), true;
  error = fmt::format("`{}` must be a string", name);
  return false;
}

bool take_time(const json& object, int64_t& time, std::string& error) {
  std::string text;
  if (!take(object, "time", text, error)) return false;
  if (text.empty()) return true;
  const auto read = value::parse_time(text);
  if (!read) return error = "`time` must be a time as in \"2026-11-22T10:00:00Z\"", false;
  time = *read;
  return true;
}

}  // namespace

std::string line_of(const store::MemoryRow& row) {
  std::string time;
  value::append_time(time, row.time);
  json object = {{"id", row.id},
                 {"user", row.user},
                 {"session", row.session},
                 {"time", time},
                 {"role", role_word(row.role)},
                 {"text", row.text},
                 {"source", row.source},
                 {"run", row.run},
                 {"untrusted", row.untrusted},
                 {"key", row.key}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

std::string line_of(std::string_view user, std::string_view session, const store::MemorySummary& summary) {
  std::string time;
  value::append_time(time, summary.time);
  json object = {{"kind", "summary"},    {"user", user},
                 {"session", session},   {"time", time},
                 {"text", summary.text}, {"untrusted", summary.untrusted},
                 {"upto", summary.upto}, {"entries", summary.entries}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

std::optional<store::MemoryRow> row_of(std::string_view line, int64_t now, std::string& error) {
  if (value::find_invalid_utf8(line) != std::string_view::npos)
    return error = "it is not UTF-8", std::nullopt;
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object()) return error = "it is no JSON object", std::nullopt;
  if (object.value("kind", json()) == "summary")
    return error =
               "it is a summary, which is made of entries and is none itself; `chain memory export` gives "
               "the lines that can be imported",
           std::nullopt;
  store::MemoryRow row{.user = "local", .time = now, .untrusted = true};
  std::string role = "user";
  const bool read = take(object, "text", row.text, error) && take(object, "user", row.user, error) &&
                    take(object, "session", row.session, error) && take(object, "role", role, error) &&
                    take(object, "source", row.source, error) && take(object, "run", row.run, error) &&
                    take(object, "key", row.key, error) && take_time(object, row.time, error);
  if (!read) return std::nullopt;
  row.role = role_named(role);
  if (role_word(row.role) != role)
    return error = "`role` is system, user or assistant; found `" + role + '`', std::nullopt;
  if (object.find("text") == object.end()) return error = "it has no `text`", std::nullopt;
  if (row.text.size() > memory::kMostEntryBytes)
    return error = fmt::format("its `text` has {} bytes, and an entry has at most {}", row.text.size(),
                               memory::kMostEntryBytes),
           std::nullopt;
  const auto untrusted = object.find("untrusted");
  if (untrusted != object.end()) {
    if (!untrusted->is_boolean()) return error = "`untrusted` must be true or false", std::nullopt;
    row.untrusted = untrusted->get<bool>();
  }
  // So that the same line is kept once, however often it comes.
  if (row.key.empty())
    row.key =
        "import/" + value::hex(value::sha256(row.user + '\n' + row.session + '\n' + role + '\n' + row.text))
                        .substr(0, 32);
  return row;
}

}  // namespace chain::cli
