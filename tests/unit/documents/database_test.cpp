#include <sqlite3.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "runtime/access/policy.h"
#include "runtime/access/project_files.h"
#include "runtime/documents/load.h"
#include "runtime/store/foreign_rows.h"
#include "tests/unit/access/temporary.h"
#include "tests/unit/documents/postgres_server.h"
#include "tests/unit/documents/sink.h"

using namespace chain::documents;
using chain::access::Policy;
using chain::access::ProjectFiles;
using chain::access::test::Temporary;
using chain::store::QueryLimits;
using test::Collector;
using test::Postgres;

namespace {

struct Project {
  Temporary place;
  ProjectFiles files{place.path().string()};
  Surroundings around{.files = &files, .access = std::make_shared<Policy>(), .stop = nullptr, .limits = {}};

  void sqlite(const std::string& name, const std::string& statements) const {
    sqlite3* handle = nullptr;
    REQUIRE(sqlite3_open((place.path() / name).c_str(), &handle) == SQLITE_OK);
    char* message = nullptr;
    const int result = sqlite3_exec(handle, statements.c_str(), nullptr, nullptr, &message);
    INFO((message != nullptr ? message : ""));
    CHECK(result == SQLITE_OK);
    sqlite3_close(handle);
  }
};

FromDatabase from_sqlite(const std::string& query, const std::string& where = "shop.db") {
  FromDatabase from{.engine = Engine::Sqlite, .where = where, .query = query, .fields = {}};
  from.fields.id = "id";
  from.fields.text = {"body"};
  return from;
}

}  // namespace

TEST_CASE("rows of SQLite are documents") {
  const Project project;
  project.sqlite(
      "shop.db",
      "CREATE TABLE notes (id INTEGER, title TEXT, body TEXT, price REAL, gone TEXT);"
      "INSERT INTO notes VALUES (1, 'One', 'First text.', 1.5, NULL), (2, 'Two', '한국어 글.', 2, 'x'),"
      " (3, 'Empty', '', 0, NULL), (4, 'Odd', CAST(x'41FF4200' AS TEXT), 0, NULL)");
  Collector sink;
  std::string error;
  CHECK(load(from_sqlite("SELECT * FROM notes ORDER BY id"), project.around, sink, error));
  CHECK(error.empty());
  REQUIRE(sink.documents.size() == 4);
  const Document& first = sink.documents[0];
  CHECK(first.id == "1");
  CHECK(first.source == "shop.db#1");
  CHECK(first.title == "One");
  CHECK(first.text == "First text.");
  CHECK(first.meta == decltype(first.meta){{"price", "1.5"}, {"title", "One"}});
  CHECK(sink.documents[1].text == "한국어 글.");
  CHECK(sink.documents[2].title == "Empty");  // a title is something to be found by
  CHECK(
      sink.documents[3].text.starts_with("A\xEF\xBF\xBD"
                                         "B"));
  CHECK(cut(first, {})[0].line == 0);
  // A row that has not changed is not read again.
  Collector again;
  again.before["shop.db#1"] = sink.asked[0].second;
  CHECK(load(from_sqlite("SELECT * FROM notes ORDER BY id"), project.around, again, error));
  CHECK(again.documents.size() == 3);
}

TEST_CASE("a query to SQLite can do nothing but read") {
  const Project project;
  project.sqlite("shop.db",
                 "CREATE TABLE notes (id INTEGER, body TEXT); INSERT INTO notes VALUES (1, 'text')");
  for (const std::string query :
       {"DELETE FROM notes", "INSERT INTO notes VALUES (2, 'x')", "DROP TABLE notes",
        "ATTACH 'other.db' AS o", "PRAGMA journal_mode=DELETE", "CREATE TABLE t (x)", "VACUUM INTO 'copy.db'",
        "SELECT load_extension('/tmp/x.so') AS id, 'x' AS body", "SELECT 1; DELETE FROM notes", "",
        "nonsense", "SELECT nothing FROM notes", "WITH x AS (SELECT 1) DELETE FROM notes"}) {
    INFO(query);
    Collector sink;
    std::string error;
    CHECK_FALSE(load(from_sqlite(query), project.around, sink, error));
    CHECK(error.starts_with("`shop.db`: the query "));
    CHECK(sink.documents.empty());
  }
  Collector sink;
  std::string error;
  CHECK(load(from_sqlite("SELECT id, upper(body) AS body FROM notes;"), project.around, sink, error));
  REQUIRE(sink.documents.size() == 1);
  CHECK(sink.documents[0].text == "TEXT");
  CHECK_FALSE(std::filesystem::exists(project.place.path() / "copy.db"));
}

TEST_CASE("a query to SQLite ends when its time is up, or when it is stopped") {
  const Project project;
  project.sqlite("shop.db", "CREATE TABLE t (x)");
  const std::string endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
  std::string error;
  bool connected = false;
  const auto each = [](const auto&, const auto&) { return true; };
  const std::string path = (project.place.path() / "shop.db").string();
  CHECK_FALSE(chain::store::read_sqlite(path, endless, {.time = 200'000'000}, each, error, connected));
  CHECK(connected);
  CHECK(error == "the query took more than 0 s");
  const std::atomic<bool> stop = true;
  CHECK(chain::store::read_sqlite(path, endless, {.stop = &stop}, each, error, connected));
}

TEST_CASE("a database that is none, or not there, is an error that names it") {
  const Project project;
  project.place.file("text.db", std::string(5000, 'x'));
  project.place.link("out.db", "/etc/passwd");
  for (const std::string where : {"text.db", "out.db", "missing.db", "../up.db"}) {
    Collector sink;
    std::string error;
    CHECK_FALSE(load(from_sqlite("SELECT id, body FROM notes", where), project.around, sink, error));
    CHECK(error.starts_with("`" + where + "`"));
  }
  CHECK_FALSE(std::filesystem::exists(project.place.path() / "missing.db"));
}

TEST_CASE("rows of PostgreSQL are documents, and a query can do nothing but read") {
  const Postgres server;
  if (!server.ready()) {
    WARN("no PostgreSQL is installed (Debian: apt install postgresql)");
    return;
  }
  const Project project;
  const auto from = [&](const std::string& query) {
    FromDatabase from{.engine = Engine::Postgres, .where = server.connection(), .query = query, .fields = {}};
    from.fields.id = "id";
    from.fields.text = {"body"};
    return from;
  };
  std::string error;
  {
    Collector sink;
    const bool good = load(from("SELECT i AS id, 'Text of row ' || i AS body, NULL AS gone, 1.50 AS price "
                                "FROM generate_series(1, 2500) AS i ORDER BY i"),
                           project.around, sink, error);
    INFO(error);
    REQUIRE(good);
    REQUIRE(sink.documents.size() == 2500);
    CHECK(sink.documents[41].id == "42");
    CHECK(sink.documents[41].text == "Text of row 42");
    CHECK(sink.documents[41].source == "postgres:postgres#42");
    CHECK(sink.documents[41].meta == decltype(Document::meta){{"price", "1.50"}});
  }
  for (const std::string query :
       {"CREATE TABLE t (x int)", "SELECT 1; SELECT 2", "COPY (SELECT 1) TO STDOUT", "nonsense",
        "SELECT * FROM missing", "SELECT set_config('transaction_read_only', 'off', false), lo_create(0)"}) {
    INFO(query);
    Collector sink;
    CHECK_FALSE(load(from(query), project.around, sink, error));
    CHECK(error.starts_with("`postgres:postgres`: the query "));
    CHECK(error.find("hunter2") == std::string::npos);
  }
  bool connected = false;
  const auto each = [](const auto&, const auto&) { return true; };
  CHECK_FALSE(chain::store::read_postgres(server.connection(), "SELECT pg_sleep(100)", {.time = 300'000'000},
                                          each, error, connected));
  CHECK(connected);
  CHECK((error.find("statement timeout") != std::string::npos ||
         error.find("took more than") != std::string::npos));
  int rows = 0;
  CHECK(chain::store::read_postgres(
      server.connection(), "SELECT * FROM generate_series(1, 200000)", {},
      [&](const auto&, const auto&) { return ++rows < 10; }, error, connected));
  CHECK(rows == 10);
}

TEST_CASE("a PostgreSQL that cannot be had is an error without the password") {
  const Project project;
  FromDatabase from{.engine = Engine::Postgres,
                    .where = "host=/nonexistent dbname=shop password=hunter2",
                    .query = "SELECT 1",
                    .fields = {}};
  Collector sink;
  std::string error;
  CHECK_FALSE(load(from, project.around, sink, error));
  CHECK(error.starts_with("`postgres:shop`: the server cannot be asked"));
  CHECK(error.find("hunter2") == std::string::npos);
  from.where = "postgresql://user:hunter2@";
  from.where += "host:notaport/x y z%%";
  CHECK_FALSE(load(from, project.around, sink, error));
  CHECK(error.find("hunter2") == std::string::npos);
  Policy policy;
  policy.deny.push_back({chain::program::CapabilityKind::Host, "db.example.com"});
  Surroundings around = project.around;
  around.access = std::make_shared<const Policy>(policy);
  from.where = "postgresql://a@db.example.com/shop";
  CHECK_FALSE(load(from, around, sink, error));
  CHECK(error == "`db.example.com` is a host that may not be asked");
}
