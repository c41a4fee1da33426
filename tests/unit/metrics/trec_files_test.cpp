#include "runtime/metrics/trec_files.h"

#include <catch2/catch.hpp>

using namespace chain::metrics;

namespace {

template <class Read>
std::string complaint(Read read, std::string_view text) {
  std::string error;
  CHECK_FALSE(read(text, error));
  return error;
}

}  // namespace

TEST_CASE("a run is read") {
  std::string error;
  const auto run =
      read_run("\xEF\xBB\xBFq1 Q0 d1 7 1.5 mine\r\n\nq1\tQ0\td2\t8\t-2e-3\tmine\nq2 Q0 d1 1 3 mine", error);
  REQUIRE(run);
  REQUIRE(run->size() == 2);
  REQUIRE(run->at("q1").size() == 2);
  CHECK(run->at("q1")[1].document == "d2");
  CHECK(run->at("q1")[1].score == -2e-3);
  CHECK(read_run("", error)->empty());
}

TEST_CASE("a bad line of a run is named") {
  CHECK(complaint(read_run, "q Q0 d 1 2 t\n\nq Q0 d2 1 2\n") ==
        "line 3: expected six columns (query, Q0, document, rank, score, run), found 5");
  CHECK(complaint(read_run, "q Q0 d 1 high t") == "line 1: expected a number as the score, found `high`");
  CHECK(complaint(read_run, "q Q0 d 1 nan t") == "line 1: expected a number as the score, found `nan`");
  CHECK(complaint(read_run, "q Q0 d 1 1e999 t") == "line 1: expected a number as the score, found `1e999`");
  CHECK(complaint(read_run, "q Q0 d 1 2 t\nq Q0 d 2 1 t") ==
        "line 2: `d` stands twice among the results of the query `q`");
  CHECK(complaint(read_run, std::string_view("q Q0 d\0 1 2 t", 13)) ==
        "line 1: there is a NUL byte; this is not a text file, or none in UTF-8");
  const std::string control = complaint(read_run, "q Q0 d 1 \x1b[31m\xff t");
  CHECK(control == "line 1: expected a number as the score, found `?[31m?`");
  CHECK(complaint(read_run, "q Q0 d 1 " + std::string(1 << 20, 'x') + " t").size() < 200);
}

TEST_CASE("judgements in both forms") {
  std::string error;
  const Judgements expected = {{"q 1", {{"d1", 1}, {"d2", 0}}}, {"q2", {{"d1", -1}}}};
  CHECK(read_judgements("query_id\tdoc_id\trelevance\nq 1\td1\t1\nq 1\td2\t0\nq2\td1\t-1\n", error) ==
        expected);
  CHECK(read_judgements("q 1\t0\td1\t1\nq 1\t0\td2\t0\nq2\t0\td1\t-1\n", error) == expected);
  const Judgements plain = {{"q", {{"d", 2}}}};
  CHECK(read_judgements("q 0 d 2", error) == plain);
  CHECK(read_judgements("q d 2", error) == plain);
  CHECK(read_judgements("query doc rel\nq d 2", error) == plain);
  CHECK(read_judgements("q 0\td 2", error) == plain);
  CHECK(read_judgements("q d 2.0\r\nq d 2\r\n", error) == plain);
}

TEST_CASE("byte order marks are no part of names, wherever a line has them") {
  const std::string mark = "\xEF\xBB\xBF";
  std::string error;
  const auto run =
      read_run(mark + "q1 Q0 d 1 2 t\n" + mark + mark + "q2 Q0 d 1 2 t\n  " + mark + "q3 Q0 d 1 2 t", error);
  REQUIRE(run);
  REQUIRE(run->size() == 3);
  CHECK(run->contains("q2"));
  CHECK(run->contains("q3"));
  // Found by fuzzing: the mark alone was a name, which did not read back.
  CHECK(complaint(read_run, "\t\t" + mark + "\t4e44\t\to o 1 1 ") ==
        "line 1: expected six columns (query, Q0, document, rank, score, run), found 5");
  const Judgements plain = {{"q", {{"d", 2}}}};
  CHECK(read_judgements("q 0 d 2\n" + mark + "\n", error) == plain);
}

TEST_CASE("a bad judgement is named") {
  CHECK(complaint(read_judgements, "q 0 d 1\nq 0 e\n") == "line 2: expected 4 columns, found 3");
  CHECK(complaint(read_judgements, "one two") ==
        "line 1: expected three (query, document, judgement) or four (query, 0, document, judgement) "
        "columns, found 2");
  CHECK(complaint(read_judgements, "q 0 d 1\nq 0 e 0.5") ==
        "line 2: expected a whole number as the judgement, found `0.5`");
  CHECK(complaint(read_judgements, "q 0 d 1\nq 0 d 0") ==
        "line 2: `d` is judged twice for the query `q`, as 1 and as 0");
  CHECK(complaint(read_judgements, "q 0 d 1\nq 0 e .5").starts_with("line 2: expected a whole number"));
  CHECK(complaint(read_judgements, "\td\t1") == "line 1: the query or the document has no name");
}

TEST_CASE("queries in both forms") {
  std::string error;
  const auto json = read_queries(R"({"id": "a", "text": "what?", "more": [1]})"
                                 "\n"
                                 R"({"id": 7, "text": "질문"})"
                                 "\n"
                                 R"({"_id": "b", "text": ""})",
                                 error);
  REQUIRE(json);
  REQUIRE(json->size() == 3);
  CHECK(json->at(0).text == "what?");
  CHECK(json->at(1).id == "7");
  CHECK(json->at(2).id == "b");

  const auto tabs = read_queries("query_id\ttext\r\n1\twhat?\r\n2\ta\tb\n", error);
  REQUIRE(tabs);
  REQUIRE(tabs->size() == 2);
  CHECK(tabs->at(0).text == "what?");
  CHECK(tabs->at(1).text == "a\tb");

  const auto others = read_queries(R"({"qid": "a", "query": "what?"})"
                                   "\n"
                                   R"({"query_id": 3, "question": "why?"})",
                                   error);
  REQUIRE(others);
  CHECK(others->at(0).text == "what?");
  CHECK(others->at(1).id == "3");
  CHECK(read_queries("Query-ID\tQuery\n1 \tx", error)->at(0).id == "1");
}

TEST_CASE("a bad query is named") {
  CHECK(complaint(read_queries, "{\"id\": \"a\", \"text\": \"x\"}\n{\"id\": \"b\"") ==
        R"(line 2: expected a JSON object: {"id": "...", "text": "..."})");
  CHECK(complaint(read_queries, R"({"text": "x"})") ==
        "line 1: the query has no `id` that is a text or a whole number");
  CHECK(complaint(read_queries, R"({"id": "a", "text": 3})") == "line 1: the query has no `text`");
  CHECK(complaint(read_queries, "no tab") ==
        R"(line 1: expected the query's id, a tab and its text, or {"id": "...", "text": "..."})");
  CHECK(complaint(read_queries, "1\ta\n1\tb") == "line 2: there is a query `1` already");
  CHECK(complaint(read_queries, "1\t\xff") == "line 1: the text is not UTF-8");
  CHECK(complaint(read_queries, "1\t\xed\xa0\x80") == "line 1: the text is not UTF-8");
  CHECK(
      complaint(read_queries, "{\"id\": \"1\", \"text\": \"\xff\"}").starts_with("line 1: expected a JSON"));
  CHECK(complaint(read_queries, std::string(100000, '['))
            .starts_with("line 1: this is a JSON list, and queries stand one a line"));
}

TEST_CASE("a run that was written reads back the same") {
  const Run run = {{"q1", {{"low", 0.1}, {"high", 1.0 / 3}}}, {"q2", {{"x", -1e-300}}}};
  std::string error;
  const auto text = write_run(run, "chain", error);
  REQUIRE(text);
  CHECK(text->starts_with("q1 Q0 high 1 0.3333333333333333 chain\nq1 Q0 low 2 0.1 chain\n"));
  const auto again = read_run(*text, error);
  REQUIRE(again);
  CHECK(again->at("q1")[0].score == 1.0 / 3);
  CHECK(again->at("q2")[0].score == -1e-300);
}

TEST_CASE("names that a run file cannot hold") {
  std::string error;
  CHECK_FALSE(write_run({{"q", {{"my file.md#2", 1}}}}, "chain", error));
  CHECK(error ==
        "the document `my file.md#2` is empty, has blanks or begins with a byte order mark, which a TREC run "
        "file "
        "cannot hold; give it another name");
  CHECK_FALSE(write_run({{"\xEF\xBB\xBFq", {{"d", 1}}}}, "chain", error));
  const auto marked = write_run({{"q",
                                  {{"\xEF\xBB\xBF"
                                    "d",
                                    1}}}},
                                "chain", error);  // in front of no line
  REQUIRE(marked);
  CHECK(read_run(*marked, error)->at("q")[0].document ==
        "\xEF\xBB\xBF"
        "d");
  CHECK_FALSE(write_run({{"", {{"d", 1}}}}, "chain", error));
  CHECK_FALSE(write_run({}, "two words", error));
}
