#include <poll.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "runtime/store/foreign_rows.h"
#include "runtime/store/libpq.h"

namespace chain::store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPollMilliseconds = 100;
constexpr auto kConnect = std::chrono::seconds(15);

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

/// One connection, and one statement on it at a time; none of its calls waits for longer than it may.
class Session {
 public:
  Session(const Libpq& pq, const QueryLimits& limits)
      : pq_(pq), limits_(limits), deadline_(Clock::now() + std::chrono::nanoseconds(limits.time)) {}
  ~Session() {
    if (connection_ != nullptr) pq_.finish(connection_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool connect(const std::string& where, std::string& error) {
    // The last word on what the string may say too: what is written here is what comes to be.
    const char* const names[] = {"dbname", "client_encoding", "fallback_application_name", nullptr};
    const char* const values[] = {where.c_str(), "UTF8", "chain", nullptr};
    connection_ = pq_.connectStartParams(names, values, /*expand_dbname=*/1);
    if (connection_ == nullptr) return error = "there is no memory for a connection", false;
    const auto until = std::min(deadline_, Clock::now() + kConnect);
    PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
    while (pq_.status(connection_) != CONNECTION_BAD && wanted != PGRES_POLLING_OK &&
           wanted != PGRES_POLLING_FAILED) {
      const short events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;
      const Wait wait = ready(events, until);
      if (wait != Wait::Ready) {
        error = wait == Wait::Stopped ? "the connection was given up" : "the server does not answer";
        return false;
      }
      wanted = pq_.connectPoll(connection_);
    }
    if (wanted == PGRES_POLLING_OK && pq_.status(connection_) == CONNECTION_OK) {
      pq_.setnonblocking(connection_, 1);
      return true;
    }
    error = "the server cannot be asked: " + one_line(pq_.errorMessage(connection_));
    return false;
  }

  /// A statement without rows that matter.
  bool run(const std::string& statement, std::string& error) {
    return query(statement, [](const auto&, const auto&) { return true; }, error);
  }

  bool query(const std::string& statement, const EachRow& each, std::string& error) {
    // With parameters, though there are none: this protocol takes one statement alone.
    if (pq_.sendQueryParams(connection_, statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 0) {
      error = one_line(pq_.errorMessage(connection_));
      return false;
    }
    pq_.setSingleRowMode(connection_);
    bool good = true;
    while (true) {
      if (!wait_for_result(error)) return false;
      const std::unique_ptr<PGresult, decltype(pq_.clear)> result(pq_.getResult(connection_), pq_.clear);
      if (!result) return good;
      switch (pq_.resultStatus(result.get())) {
        case PGRES_SINGLE_TUPLE:
          if (good && !take(*result, each)) {
            cancel();
            return true;
          }
          break;
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK: break;
        case PGRES_COPY_IN:
        case PGRES_COPY_OUT:
        case PGRES_COPY_BOTH: error = "the query has to give rows: use a SELECT"; return false;
        default: good = false; error = message_of(*result);
      }
    }
  }

 private:
  enum class Wait : uint8_t { Ready, Late, Stopped };

  Wait ready(short events, Clock::time_point until) {
    while (true) {
      if (limits_.stop != nullptr && *limits_.stop) return Wait::Stopped;
      if (Clock::now() >= until) return Wait::Late;
      pollfd waiting{pq_.socket(connection_), events, 0};
      if (poll(&waiting, 1, kPollMilliseconds) > 0) return Wait::Ready;
    }
  }
  bool wait_for_result(std::string& error) {
    while (true) {
      const int unsent = pq_.flush(connection_);
      if (unsent == 0 && pq_.isBusy(connection_) == 0) return true;
      const short events = unsent > 0 ? POLLIN | POLLOUT : POLLIN;
      const Wait wait = ready(events, deadline_);
      if (wait != Wait::Ready) {
        cancel();
        error = wait == Wait::Stopped
                    ? "the query was stopped"
                    : "the query took more than " + std::to_string(limits_.time / 1'000'000'000) + " s";
        return false;
      }
      if (pq_.consumeInput(connection_) == 0) {
        error = one_line(pq_.errorMessage(connection_));
        return false;
      }
    }
  }
  void cancel() {
    char ignored[256];
    PGcancel* request = pq_.getCancel(connection_);
    if (request == nullptr) return;
    pq_.cancel(request, ignored, sizeof ignored);
    pq_.freeCancel(request);
  }

  bool take(const PGresult& result, const EachRow& each) {
    const int columns = pq_.nfields(&result);
    if (names_.empty()) {
      for (int i = 0; i < columns; ++i) names_.emplace_back(pq_.fname(&result, i));
    }
    std::vector<std::optional<std::string>> values(names_.size());
    for (int row = 0; row < pq_.ntuples(&result); ++row) {
      for (int i = 0; i < columns; ++i) {
        auto& value = values[static_cast<size_t>(i)];
        value.reset();
        if (pq_.getisnull(&result, row, i) == 0)
          value.emplace(pq_.getvalue(&result, row, i), static_cast<size_t>(pq_.getlength(&result, row, i)));
      }
      if (!each(names_, values)) return false;
    }
    return true;
  }

  std::string message_of(const PGresult& result) {
    const auto field = [&](int code) {
      const char* text = pq_.resultErrorField(&result, code);
      return std::string(text != nullptr ? text : "");
    };
    const std::string state = field(PG_DIAG_SQLSTATE);
    std::string message = field(PG_DIAG_MESSAGE_PRIMARY);
    if (message.empty()) message = one_line(pq_.resultErrorMessage(&result));
    if (state == "25006") return "the query may only read: use a SELECT (" + message + ")";
    if (state == "42601" && message.find("multiple commands") != std::string::npos)
      return "the query has to be one SELECT";
    return "the query failed: " + message;
  }

  const Libpq& pq_;
  const QueryLimits& limits_;
  const Clock::time_point deadline_;
  PGconn* connection_ = nullptr;
  std::vector<std::string> names_;
};

}  // namespace

bool read_postgres(const std::string& connection, std::string_view query, const QueryLimits& limits,
                   const EachRow& each, std::string& error, bool& connected) {
  connected = false;
  const Libpq* pq = libpq(error);
  if (pq == nullptr) return false;
  Session session(*pq, limits);
  if (!session.connect(connection, error)) return false;
  connected = true;
  const std::string milliseconds = std::to_string(std::max<int64_t>(1, limits.time / 1'000'000));
  if (!session.run("SET statement_timeout = " + milliseconds, error)) return false;
  if (!session.run("BEGIN TRANSACTION READ ONLY", error)) return false;
  if (session.query(std::string(query), each, error)) return true;
  return limits.stop != nullptr && *limits.stop;
}

std::optional<PostgresPlace> postgres_place(const std::string& connection, std::string& error) {
  const Libpq* pq = libpq(error);
  if (pq == nullptr) return std::nullopt;
  char* message = nullptr;
  PQconninfoOption* const options = pq->conninfoParse(connection.c_str(), &message);
  if (options == nullptr) {
    // libpq's message repeats the string, in which a password may stand.
    if (message != nullptr) pq->freemem(message);
    error = "this is no connection string: write postgresql://USER@HOST/DATABASE";
    return std::nullopt;
  }
  PostgresPlace place;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "dbname") place.database = option->val;
    if (keyword != "host" && keyword != "hostaddr") continue;
    for (std::string_view rest = option->val; !rest.empty();) {
      const size_t comma = std::min(rest.find(','), rest.size());
      if (comma > 0) place.hosts.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  pq->conninfoFree(options);
  return place;
}

}  // namespace chain::store
