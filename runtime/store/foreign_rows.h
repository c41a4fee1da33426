// The rows of a query to a database that is not ours: SQLite's files and PostgreSQL's servers. Nothing is
// written there, whatever the query says.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chain::store {

struct QueryLimits {
  int64_t time = 300'000'000'000;       // nanoseconds for the query and all its rows
  uint64_t value = uint64_t{64} << 20;  // bytes of one value of SQLite
  const std::atomic<bool>* stop = nullptr;
};

/// One row: the columns' names, and their values as text; nothing for NULL. False ends the query.
using EachRow = std::function<bool(const std::vector<std::string>& names,
                                   const std::vector<std::optional<std::string>>& values)>;

// Each is false with `error`, one sentence with the way out, if the database cannot be had or the query is
// wrong; `connected` tells the first from the second. Values that are no UTF-8 are given as they are.

/// `path` is opened for reading alone. The query is one statement that reads.
[[nodiscard]] bool read_sqlite(const std::string& path, std::string_view query, const QueryLimits& limits,
                               const EachRow& each, std::string& error, bool& connected);

/// `connection` is a URL or a string of libpq's: "postgresql://reader@db.example.com/shop". The query is one
/// statement in a transaction that only reads. What `error` says holds no password.
[[nodiscard]] bool read_postgres(const std::string& connection, std::string_view query,
                                 const QueryLimits& limits, const EachRow& each, std::string& error,
                                 bool& connected);

/// What a connection string names: the hosts (paths of sockets among them) and the database.
struct PostgresPlace {
  std::vector<std::string> hosts;
  std::string database;
};
/// Nothing, and `error`, if it is none.
[[nodiscard]] std::optional<PostgresPlace> postgres_place(const std::string& connection, std::string& error);

}  // namespace chain::store
