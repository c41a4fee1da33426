#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "runtime/store/foreign_rows.h"

namespace chain::store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kProgressSteps = 10'000;  // of SQLite's machine between two looks at the clock
constexpr int kBusyMilliseconds = 5'000;

struct Watch {
  Clock::time_point deadline;
  const std::atomic<bool>* stop;
};

int look(void* context) {
  const auto* watch = static_cast<const Watch*>(context);
  return (watch->stop != nullptr && *watch->stop) || Clock::now() >= watch->deadline ? 1 : 0;
}

/// Reading is all that a query may do.
int authorize(void*, int action, const char*, const char* name, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION: {
      const std::string_view function = name == nullptr ? "" : name;
      const bool reaches_out = function == "load_extension" || function == "fts3_tokenizer" ||
                               function == "readfile" || function == "writefile" || function == "edit";
      return reaches_out ? SQLITE_DENY : SQLITE_OK;
    }
    default: return SQLITE_DENY;
  }
}

/// file:PATH?mode=ro, with what URIs keep for themselves escaped.
std::string uri_of(const std::string& path) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' || c == '?' || c == '#' || byte < 0x21) {
      uri += '%';
      uri += kDigits[byte >> 4];
      uri += kDigits[byte & 15];
    } else {
      uri += c;
    }
  }
  return uri + "?mode=ro";
}

using Handle = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Prepared = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

Handle open(const std::string& path, Watch& watch, const QueryLimits& limits, std::string& error) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const int opened = sqlite3_open_v2(uri_of(path).c_str(), &raw, flags, nullptr);
  Handle handle(raw, sqlite3_close);
  if (opened != SQLITE_OK) {
    error = "`" + path + "` cannot be opened: " + (raw != nullptr ? sqlite3_errmsg(raw) : "no memory");
    return {nullptr, sqlite3_close};
  }
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, static_cast<int>(std::min<uint64_t>(limits.value, 1'000'000'000)));
  sqlite3_set_authorizer(raw, authorize, nullptr);
  sqlite3_progress_handler(raw, kProgressSteps, look, &watch);
  return handle;
}

/// Null and `error` if the query is not one statement that reads.
Prepared prepare(sqlite3* handle, std::string_view query, std::string& error) {
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  const int result = sqlite3_prepare_v2(handle, query.data(), static_cast<int>(query.size()), &raw, &rest);
  Prepared statement(raw, sqlite3_finalize);
  if (result != SQLITE_OK) {
    error = std::string("the query is not understood: ") + sqlite3_errmsg(handle);
    if (result == SQLITE_AUTH) error = "the query may only read: use a SELECT";
    return {nullptr, sqlite3_finalize};
  }
  const std::string_view behind(rest, static_cast<size_t>(query.data() + query.size() - rest));
  const bool more = behind.find_first_not_of(" \t\r\n;") != std::string_view::npos;
  if (raw == nullptr || more || sqlite3_stmt_readonly(raw) == 0) {
    error = raw == nullptr ? "the query is empty" : "the query has to be one SELECT";
    return {nullptr, sqlite3_finalize};
  }
  return statement;
}

}  // namespace

bool read_sqlite(const std::string& path, std::string_view query, const QueryLimits& limits,
                 const EachRow& each, std::string& error, bool& connected) {
  Watch watch{Clock::now() + std::chrono::nanoseconds(limits.time), limits.stop};
  connected = false;
  const Handle handle = open(path, watch, limits, error);
  if (!handle) return false;
  const Prepared statement = prepare(handle.get(), query, error);
  const int code = sqlite3_errcode(handle.get()) & 0xFF;
  connected = code != SQLITE_NOTADB && code != SQLITE_CANTOPEN && code != SQLITE_BUSY && code != SQLITE_IOERR;
  if (!connected) error = "`" + path + "` cannot be read: " + sqlite3_errmsg(handle.get());
  if (!statement) return false;
  std::vector<std::string> names;
  for (int i = 0; i < sqlite3_column_count(statement.get()); ++i)
    names.emplace_back(sqlite3_column_name(statement.get(), i));
  std::vector<std::optional<std::string>> values(names.size());
  int result = SQLITE_ROW;
  while ((result = sqlite3_step(statement.get())) == SQLITE_ROW) {
    for (size_t i = 0; i < values.size(); ++i) {
      const auto* text =
          reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), static_cast<int>(i)));
      const auto size = static_cast<size_t>(sqlite3_column_bytes(statement.get(), static_cast<int>(i)));
      values[i] = text == nullptr ? std::nullopt : std::optional(std::string(text, size));
    }
    if (!each(names, values)) return true;
  }
  if (result == SQLITE_DONE) return true;
  if (result == SQLITE_INTERRUPT && limits.stop != nullptr && *limits.stop) return true;
  error = result == SQLITE_INTERRUPT
              ? "the query took more than " + std::to_string(limits.time / 1'000'000'000) + " s"
              : std::string("the query failed: ") + sqlite3_errmsg(handle.get());
  return false;
}

}  // namespace chain::store
