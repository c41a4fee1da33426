#include "runtime/datasets/dataset.h"

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "runtime/access/policy.h"
#include "runtime/access/project_files.h"
#include "tests/unit/access/temporary.h"

using namespace chain::datasets;
using chain::access::Policy;
using chain::access::ProjectFiles;
using chain::access::test::Temporary;
using chain::documents::Engine;
using chain::documents::Records;
using chain::program::Field;
using chain::program::Resource;
using chain::program::Type;
using chain::program::TypeId;
using chain::program::TypeKind;
using chain::program::TypeTable;
using namespace std::string_literals;

namespace {

/// type Case { id: int, text: string @alias("body"), urgent: bool = false, score: float?, tags: string[] }
TypeId case_type(TypeTable& types) {
  Type type{.kind = TypeKind::Record, .name = "Case"};
  const auto field = [&](std::string name, TypeId of) -> Field& {
    type.fields.emplace_back();
    type.fields.back().name = std::move(name);
    type.fields.back().type = of;
    return type.fields.back();
  };
  field("id", types.int_type);
  field("text", types.string_type).alias = "body";
  field("urgent", types.bool_type).default_json = "false";
  field("score", types.optional_of(types.float_type));
  field("tags", types.optional_of(types.list_of(types.string_type)));
  const TypeId id = types.add(std::move(type));
  types.layout_record(id);
  return id;
}

struct Project {
  Temporary place;
  ProjectFiles files{place.path().string()};
  TypeTable types;
  TypeId element = case_type(types);
  Surroundings around{.files = &files, .access = std::make_shared<Policy>()};

  std::vector<Record> read(const Source& source, std::string& error) {
    std::vector<Record> records;
    const auto reader = open(source, types, element, around, error);
    Record record;
    while (reader && reader->next(record, error)) records.push_back(record);
    return records;
  }
  std::vector<Record> read(Records form, const std::string& text) {
    place.file("cases", text);
    std::string error;
    auto records = read(FromFile{form, "cases"}, error);
    CHECK(error.empty());
    return records;
  }
  std::string refused(Records form, const std::string& text) {
    place.file("cases", text);
    std::string error;
    CHECK(read(FromFile{form, "cases"}, error).empty());
    return error;
  }
  std::string hash(Records form, const std::string& text) {
    place.file("cases", text);
    std::string error;
    const auto found = content_hash(FromFile{form, "cases"}, around, error);
    REQUIRE(found);
    return *found;
  }
  void sqlite(const std::string& name, const std::string& statements) const {
    sqlite3* handle = nullptr;
    REQUIRE(sqlite3_open((place.path() / name).c_str(), &handle) == SQLITE_OK);
    REQUIRE(sqlite3_exec(handle, statements.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(handle);
  }
};

constexpr const char* kFirst =
    R"({"id": 1, "text": "Hello", "urgent": true, "score": 0.5, "tags": ["a", "b"]})";

}  // namespace

TEST_CASE("lines of JSON are values") {
  Project project;
  const auto records = project.read(Records::Jsonl,
                                    "\xEF\xBB\xBF{\"body\": \"Hello\", \"id\": 1, \"urgent\": true, "
                                    "\"score\": 0.5, \"tags\": [\"a\", \"b\"]}\r\n"
                                    "\n  \n{\"id\": 2, \"text\": \"\"}");
  REQUIRE(records.size() == 2);
  CHECK(records[0].json == kFirst);
  CHECK(records[0].line == 1);
  CHECK(records[1].json == R"({"id": 2, "text": "", "urgent": false, "score": null, "tags": null})");
  CHECK(records[1].line == 4);
  CHECK(records[1].number == 2);
  CHECK(records[1].problem.empty());
}

TEST_CASE("a wrong line is named, and the next one is read") {
  Project project;
  const auto records = project.read(Records::Jsonl,
                                    "{\"id\": \"x\", \"text\": \"a\"}\n"
                                    "{\"id\": 1\n"
                                    "{\"id\": 3, \"text\": \"\xFF\"}\n"
                                    "[]\n"
                                    "{\"text\": \"a\"}\n"
                                    "{\"id\": 6, \"text\": \"good\"}\n"s +
                                        "\0\n"s);
  REQUIRE(records.size() == 7);
  for (const size_t wrong : {0, 1, 2, 3, 4, 6}) {
    INFO(wrong);
    CHECK_FALSE(records[wrong].problem.empty());
    CHECK(records[wrong].json.empty());
    CHECK(records[wrong].line == wrong + 1);
  }
  CHECK(records[0].problem.find("`id`") != std::string::npos);
  CHECK(records[4].problem.find("id") != std::string::npos);
  CHECK(records[5].problem.empty());
}

TEST_CASE("a key that the type does not have is told once") {
  Project project;
  const auto records = project.read(Records::Jsonl,
                                    "{\"id\": 1, \"text\": \"a\", \"urgnt\": true, \"x\": 1}\n"
                                    "{\"id\": 2, \"text\": \"a\", \"urgnt\": true, \"y\": 1}\n");
  REQUIRE(records.size() == 2);
  CHECK(records[0].unknown == "`urgnt`, `x`");
  CHECK(records[1].unknown == "`y`");
  CHECK(records[0].problem.empty());
}

TEST_CASE("a list of JSON is values, with their lines") {
  Project project;
  const auto records = project.read(
      Records::Json,
      "[\n  {\"id\": 1,\n   \"text\": \"a\"},\n  {\"id\": 2, \"text\": 3},\n {\"id\": 3, \"text\": \"\"}]");
  REQUIRE(records.size() == 3);
  CHECK(records[0].line == 2);
  CHECK(records[0].json.starts_with("{\"id\": 1, \"text\": \"a\""));
  CHECK(records[1].line == 4);
  CHECK(records[1].problem.find("`text`") != std::string::npos);
  CHECK(records[2].line == 5);
  CHECK(project.refused(Records::Json, "{\"id\": 1}").starts_with("`cases` is no JSON list"));
  CHECK(project.refused(Records::Json, "").starts_with("`cases` is no JSON list"));
}

TEST_CASE("cells are read as their columns' types say") {
  Project project;
  const auto records = project.read(Records::Csv,
                                    "id,body,urgent,score,tags,other\n"
                                    "1,Hello,TRUE,0.5,\"[\"\"a\"\", \"\"b\"\"]\",x\n"
                                    "2,\"two\nlines, 3\",,,,\n"
                                    "3,42,no,,,\n"
                                    "4,true\n"
                                    ",empty\n"
                                    "6,\"open");
  REQUIRE(records.size() == 6);
  CHECK(records[0].json == kFirst);
  CHECK(records[0].unknown == "`other`");
  CHECK(records[1].json ==
        R"({"id": 2, "text": "two\nlines, 3", "urgent": false, "score": null, "tags": null})");
  CHECK(records[1].line == 3);
  CHECK(records[2].problem.find("`urgent`") != std::string::npos);
  CHECK(records[2].line == 5);
  CHECK(records[3].json.find(R"("text": "true")") != std::string::npos);  // a text, whatever it looks like
  CHECK(records[4].problem.find("id") != std::string::npos);
  CHECK(records[5].problem == "a quote in it is not closed");
}

TEST_CASE("one column is values of a type that is no record") {
  Project project;
  project.element = project.types.string_type;
  auto records = project.read(Records::Csv, "question\nWho?\n\"a, b\"\n");
  REQUIRE(records.size() == 2);
  CHECK(records[1].json == "\"a, b\"");
  records = project.read(Records::Csv, "a,b\n1,2\n");
  REQUIRE(records.size() == 1);
  CHECK(records[0].problem == "it has 2 columns, and a `string` takes one");
  project.element = project.types.map_of(project.types.float_type);
  records = project.read(Records::Csv, "a,b\n1,2\n");
  REQUIRE(records.size() == 1);
  CHECK(records[0].json == R"({"a": 1.0, "b": 2.0})");
}

TEST_CASE("rows of a database are values") {
  Project project;
  project.sqlite(
      "cases.db",
      "CREATE TABLE cases (id INTEGER, body TEXT, score REAL, tags TEXT);"
      "INSERT INTO cases VALUES (1, '', 0.5, '[\"a\"]'), (2, NULL, NULL, NULL), (3, x'FF', 1, NULL)");
  const FromQuery from{Engine::Sqlite, "cases.db", "SELECT * FROM cases ORDER BY id"};
  std::string error;
  const auto records = project.read(from, error);
  REQUIRE(records.size() == 3);
  CHECK(records[0].json == R"({"id": 1, "text": "", "urgent": false, "score": 0.5, "tags": ["a"]})");
  CHECK(records[1].problem.find("text") != std::string::npos);  // NULL is no text
  CHECK(records[2].problem == "column `body` is no UTF-8");
  CHECK(records[2].line == 3);
  CHECK(content_hash(from, project.around, error));
  project.around.most_rows = 10;
  CHECK(project.read(from, error).empty());
  CHECK(error.find("the rows have more than 10 bytes") != std::string::npos);
}

TEST_CASE("what cannot be read is named") {
  Project project;
  project.place.link("out", "/etc/passwd");
  for (const std::string file : {"missing", "out", "../up", ""}) {
    for (const Records form : {Records::Jsonl, Records::Json, Records::Csv}) {
      std::string error;
      CHECK_FALSE(open(FromFile{form, file}, project.types, project.element, project.around, error));
      CHECK(error.starts_with("`" + file + "` cannot be read: "));
    }
  }
  CHECK(project.refused(Records::Jsonl, "\xFF\xFE{\0"s).find("UTF-16") != std::string::npos);
  CHECK(project.refused(Records::Csv, "\xFF\xFEi\0"s).find("UTF-16") != std::string::npos);
  std::string error;
  CHECK_FALSE(open(FromQuery{Engine::Sqlite, "missing.db", "SELECT 1"}, project.types, project.element,
                   project.around, error));
  CHECK(error.starts_with("`missing.db`"));
}

TEST_CASE("limits hold") {
  Project project;
  project.around.most_record = 100;
  const auto records = project.read(Records::Jsonl, "{\"id\": 1, \"text\": \"" + std::string(200, 'x') +
                                                        "\"}\n{\"id\": 2, \"text\": \"a\"}\n");
  REQUIRE(records.size() == 2);
  CHECK_FALSE(records[0].problem.empty());
  CHECK(records[1].problem.empty());
  project.around.most_file = 10;
  CHECK(project.refused(Records::Csv, "id,text\n1,a\n2,b\n").find("more than 10 bytes") != std::string::npos);
  CHECK(project.read(Records::Jsonl, "").empty());
  const std::atomic<bool> stop = true;
  project.around.stop = &stop;
  CHECK(project.read(Records::Jsonl, "{\"id\": 2, \"text\": \"a\"}\n").empty());
}

TEST_CASE("the hash is of what is said, not of how it is written") {
  Project project;
  const std::string one = project.hash(Records::Jsonl, "{\"id\": 1, \"text\": \"a\"}\n\n{\"id\": 2}\n");
  CHECK(one.size() == 64);
  CHECK(project.hash(Records::Jsonl, "{\"text\":\"a\",\"id\":1.0}\r\n{\"id\":2}") == one);
  CHECK(project.hash(Records::Json, "[{\"id\": 1, \"text\": \"a\"},\n{\"id\": 2}]") == one);
  CHECK(project.hash(Records::Jsonl, "{\"id\": 2}\n{\"id\": 1, \"text\": \"a\"}\n") != one);
  CHECK(project.hash(Records::Jsonl, "{\"id\": 1, \"text\": \"b\"}\n{\"id\": 2}\n") != one);
  CHECK(project.hash(Records::Csv, "id,text\n1,a\n") == project.hash(Records::Csv, "id;text\n1;a\n"));
  CHECK(project.hash(Records::Jsonl, "{\n") != project.hash(Records::Jsonl, ""));
}

TEST_CASE("what a declaration reads") {
  Resource resource{
      .kind = "dataset", .name = "golden", .provider = "csv", .options_json = R"({"file": "g.csv"})"};
  std::string error;
  auto source = source_of(resource, error);
  REQUIRE(source);
  CHECK(std::get<FromFile>(*source).form == Records::Csv);
  CHECK(std::get<FromFile>(*source).file == "g.csv");
  resource.provider = "sqlite";
  resource.options_json = R"({"file": "g.db", "query": "SELECT 1"})";
  source = source_of(resource, error);
  REQUIRE(source);
  CHECK(std::get<FromQuery>(*source).query == "SELECT 1");
  resource.provider = "postgres";
  resource.options_json = R"({"connection_env": "CHAIN_TEST_NO_SUCH_VARIABLE", "query": "SELECT 1"})";
  CHECK_FALSE(source_of(resource, error));
  CHECK(error.find("CHAIN_TEST_NO_SUCH_VARIABLE") != std::string::npos);
  resource.options_json = R"({"connection": "postgres://localhost/shop", "query": "SELECT 1"})";
  source = source_of(resource, error);
  REQUIRE(source);
  CHECK(std::get<FromQuery>(*source).engine == Engine::Postgres);
}
