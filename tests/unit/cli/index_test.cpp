// `chain index`, and searches of runs: the real program, real files, and a server that embeds.
#include <signal.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include "runtime/store/database.h"
#include "tests/peers/peer.h"
#include "tests/unit/cli/books.h"

using namespace chain::testing;
using chain::test::Peer;
using nlohmann::json;
namespace fs = std::filesystem;
namespace store = chain::store;

namespace {

constexpr const char* kLocal = R"chain(
model fast = baseline()

index handbook = documents("docs/*.md", chunk: markdown(64, overlap: 0), embed: local_hash(256))

/// Where the best passage stands.
chain main(question: string) -> string {
  let found = handbook.search(question, top: 1, mode: "bm25")
  return if len(found) == 0 { "nothing" } else { "{{ found[0].source }}: {{ found[0].text }}" }
}
)chain";

/// Documents that a server embeds, a few passages each.
struct Embedded : Books {
  const Peer server{"mock_compatible"};

  Embedded() : Books("") {
    place.file("book.chain",
               "index handbook = documents(\"docs/*.md\", chunk: markdown(64, overlap: 0),\n"
               "  embed: compatible(\"m\", base_url: \"" +
                   server.base_url() + "\", retry: 0))\n" + R"(
chain main(question: string) -> string {
  let found = handbook.search(question, top: 1)
  return if len(found) == 0 { "nothing" } else { found[0].text }
}
)");
  }
  void write(size_t number, size_t edition) const {
    const std::string name = "doc" + std::to_string(number);
    doc(name, "# Title of " + name + "\n\n## One\n\nThe first section of " + name + ", edition " +
                  std::to_string(edition) + ".\n\n## Two\n\nThe second section of " + name + ", edition " +
                  std::to_string(edition) + ".\n");
  }
  [[nodiscard]] int64_t texts() const { return server.stat("texts"); }
  [[nodiscard]] std::string folder() const {
    for (const auto& entry : fs::directory_iterator(place.path() / "state" / "indexes"))
      return entry.path().string();
    return {};
  }
};

void check_integrity(const std::string& folder) {
  const std::string path = folder + "/passages.db";
  if (!fs::exists(path)) return;
  std::string error;
  const auto database = store::Database::open(path, "", 2, store::Durability::Normal, error);
  INFO(error);
  REQUIRE(database);
  store::Statement check = database->prepare("PRAGMA integrity_check");
  REQUIRE(check.next());
  REQUIRE(check.text(0) == "ok");
}

/// All that an index holds, as its searches give it.
std::set<std::string> everything(const Books& books) {
  std::set<std::string> all;
  for (const char* query : {"section title", "refund parcels 환불"}) {
    const json found = books.answer({"search", "book.chain", query, "--top", "1000", "--mode", "bm25"});
    for (const json& each : found["passages"])
      all.insert(each["id"].get<std::string>() + '\n' + each["text"].get<std::string>());
  }
  return all;
}

}  // namespace

TEST_CASE("an index is built, searched, looked at and dropped") {
  const Books books(kLocal);
  const json built = books.build();
  CHECK(built["added"] == 3);
  CHECK(built["passages"] == 3);
  CHECK(built["embedded"] == 3);
  CHECK(built["skipped"].empty());

  CHECK(books.find("when is a refund paid?").at(0) == "docs/refunds.md#0");
  CHECK(books.find("환불", {"--mode", "bm25"}) == std::vector<std::string>{"docs/korean.md#0"});
  CHECK(books.find("warehouses", {"--mode", "vector"}).at(0) == "docs/shipping.md#0");
  CHECK(books.find("refund parcels", {"--top", "1"}).size() == 1);

  const Ended shown = books.index({"search", "book.chain", "parcels", "--top", "1"});
  check_ended(shown, 0, {});
  CHECK(shown.out.find("docs/shipping.md") != std::string::npos);

  CHECK(books.answer({"status", "book.chain"})["up_to_date"] == true);
  books.doc("refunds", "# Refunds\n\nThere are none.\n");
  books.doc("new", "# New\n\nNew things.\n");
  fs::remove(books.place.path() / "docs/korean.md");
  const json status = books.answer({"status", "book.chain"});
  CHECK(status["up_to_date"] == false);
  CHECK(status["new"] == 1);
  CHECK(status["changed"] == 1);
  CHECK(status["dropped"] == 1);

  const json again = books.build();
  CHECK(again["added"] == 1);
  CHECK(again["changed"] == 1);
  CHECK(again["unchanged"] == 1);
  CHECK(again["dropped"] == 1);
  CHECK(again["passages"] == 2);
  CHECK(books.find("환불", {"--mode", "bm25"}).empty());

  const json stats = books.answer({"stats", "book.chain"});
  CHECK(stats["documents"] == 3);
  CHECK(stats["passages"] == 3);
  CHECK(stats["recall@10"] == 1.0);
  CHECK(stats["hybrid"]["p50_seconds"] > 0.0);

  check_ended(books.index({"drop", "book.chain"}), 0, {"is dropped"});
  check_ended(books.index({"drop", "book.chain"}), 0, {"was not built"});
}

TEST_CASE("a run finds what its files say now") {
  const Books books(kLocal);
  const auto ask = [&](const std::string& question) {
    const Ended ended = books.place.chain({"run", "book.chain", "-a", "question=" + question});
    check_ended(ended, 0, {});
    return ended.out;
  };
  CHECK(ask("refund").find("fourteen days") != std::string::npos);
  CHECK(ask("환불").find("십사 일") != std::string::npos);
  books.doc("refunds", "# Refunds\n\nA refund takes a week.\n");
  CHECK(ask("refund").find("takes a week") != std::string::npos);
  fs::remove(books.place.path() / "docs/refunds.md");
  CHECK(ask("refund").find("docs/refunds.md") == std::string::npos);
}

TEST_CASE("what the command line says wrong is named") {
  const Books books(kLocal);
  check_ended(books.index({}), 2, {"chain index build FILE:INDEX"});
  check_ended(books.index({"bild", "book.chain"}), 2, {"unknown action `bild`", "build"});
  check_ended(books.index({"build", "book.chain:handbok"}), 2, {"no index `handbok`", "handbook"});
  check_ended(books.index({"build"}), 2, {"which file?"});
  check_ended(books.index({"build", "absent.chain"}), 3, {"absent.chain"});
  check_ended(books.index({"search", "book.chain"}), 2, {"what to look for?"});
  check_ended(books.index({"search", "book.chain", "x", "--mode", "word"}), 2, {"--mode"});
  check_ended(books.index({"search", "book.chain", "x", "--where", "lang"}), 2, {"--where"});
  check_ended(books.index({"search", "book.chain", "--queries", "q.tsv"}), 2, {"--run"});
  check_ended(books.index({"build", "book.chain", "--top", "3"}), 2, {"search"});
  check_ended(books.index({"eval", "book.chain", "--queries", "q.tsv"}), 2, {"--qrels"});
  check_ended(books.index({"stats", "book.chain"}), 1, {"not built yet", "chain index build"});
  check_ended(books.index({"build", "book.chain", "--deny", "read=docs"}), 4, {"docs"});
  books.place.file("none.chain", "chain main() -> int { return 1 }\n");
  check_ended(books.index({"build", "none.chain"}), 2, {"declares no index"});
  fs::remove_all(books.place.path() / "docs");
  check_ended(books.index({"build", "book.chain"}), 1, {"docs/*.md"});
}

TEST_CASE("queries of a file become a run, and the run is measured") {
  const Books books(kLocal);
  books.place.file(
      "q.jsonl", "{\"id\": \"q1\", \"text\": \"refund days\"}\n{\"id\": \"q2\", \"text\": \"warehouse\"}\n");
  books.place.file("qrels.tsv",
                   "query\tdocument\trelevance\nq1\tdocs/refunds.md\t1\nq2\tdocs/shipping.md\t2\n");
  check_ended(
      books.index({"search", "book.chain", "--queries", "q.jsonl", "--run", "out.run", "--mode", "bm25"}), 0,
      {"2 queries"});
  const std::string run = read_file((books.place.path() / "out.run").string());
  CHECK(run.find("q1 Q0 docs/refunds.md 1 ") == 0);
  CHECK(run.find("q2 Q0 docs/shipping.md 1 ") != std::string::npos);

  const json measured = books.answer({"eval", "book.chain", "--queries", "q.jsonl", "--qrels", "qrels.tsv"});
  CHECK(measured["queries"] == 2);
  CHECK(measured["map"] == 1.0);
  CHECK(measured["mrr"] == 1.0);
  CHECK(measured["ndcg@10"] == 1.0);
  CHECK(measured["hit_rate@1"] == 1.0);
  CHECK(measured["coverage"]["relevant"] == 1.0);
  books.place.file("bad.jsonl", "{\"id\": \"q1\"\n");
  check_ended(books.index({"eval", "book.chain", "--queries", "bad.jsonl", "--qrels", "qrels.tsv"}), 1,
              {"bad.jsonl", "line 1"});
}

TEST_CASE("only what has changed is embedded again") {
  Embedded books;
  for (size_t i = 0; i < 997; ++i) books.write(i, 1);
  const json built = books.build();
  CHECK(built["added"] == 1000);
  const int64_t all = books.texts();
  CHECK(built["embedded"] == all);
  CHECK(built["passages"] == all);

  CHECK(books.build()["embedded"] == 0);
  books.write(500, 2);
  const json again = books.build();
  CHECK(again["changed"] == 1);
  CHECK(again["unchanged"] == 999);
  CHECK(again["embedded"] == again["passages"]);
  CHECK(books.texts() == all + again["passages"].get<int64_t>());

  // What was there before is known still.
  books.write(500, 1);
  const json back = books.build();
  CHECK(back["changed"] == 1);
  CHECK(back["embedded"] == 0);
}

TEST_CASE("a build that fails, or is interrupted, goes on where it was") {
  Embedded books;
  for (size_t i = 0; i < 200; ++i) books.write(i, 1);
  (void)books.server.post("/fail/1");
  check_ended(books.index({"build", "book.chain"}), 1, {"This failure was asked for"});
  check_ended(books.place.chain({"run", "book.chain", "-a", "question=x"}), 1,
              {"chain index build book.chain:handbook"});

  (void)books.server.post("/withhold");
  {
    Child child(books.place.command({"index", "build", "book.chain"}));
    const int64_t before = books.server.stat("requests");
    while (books.server.stat("requests") < before + 2) std::this_thread::yield();
    child.signal(SIGINT);
    const Ended ended = child.wait();
    INFO(ended.err);
    CHECK(ended.code == 130);
  }
  (void)books.server.post("/release");
  const json built = books.build();
  CHECK(built["added"].get<int>() + built["unchanged"].get<int>() == 203);
  CHECK(books.find("edition", {"--top", "1000", "--mode", "bm25"}).size() == 400);
}

TEST_CASE("two builds at once make one index") {
  Embedded books;
  for (size_t i = 0; i < 100; ++i) books.write(i, 1);
  Child first(books.place.command({"index", "build", "book.chain", "--json"}));
  Child second(books.place.command({"index", "build", "book.chain", "--json"}));
  const Ended one = first.wait(), two = second.wait();
  INFO(one.err << two.err);
  REQUIRE(one.code == 0);
  REQUIRE(two.code == 0);
  const json a = json::parse(one.out), b = json::parse(two.out);
  CHECK(a["added"].get<int>() + b["added"].get<int>() == 103);
  CHECK(a["embedded"].get<int64_t>() + b["embedded"].get<int64_t>() == books.texts());
}

TEST_CASE("a build that is killed at any moment loses nothing and doubles nothing") {
  const int wanted = std::getenv("CHAIN_SOAK") ? 100 : 20;
  constexpr size_t kDocuments = 60;
  Embedded books;
  std::mt19937_64 random(20261122);
  for (size_t i = 0; i < kDocuments; ++i) books.write(i, 0);
  REQUIRE(books.build()["added"] == kDocuments + 3);
  for (int killed = 0; killed < wanted;) {
    const size_t edition = static_cast<size_t>(killed) + 1;
    for (size_t i = 0; i < kDocuments; ++i) {
      if (random() % 3 == 0) books.write(i, edition);
    }
    if (random() % 2 == 0)
      fs::remove(books.place.path() / "docs" / ("doc" + std::to_string(random() % kDocuments) + ".md"));
    {
      Child child(books.place.command({"index", "build", "book.chain"}));
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 120'000));
      child.signal(SIGKILL);
      if (child.wait().code == 128 + SIGKILL) ++killed;
    }
    check_integrity(books.folder());
    // What is there can be searched, and each passage is there once.
    const auto ids = books.find("section", {"--top", "1000", "--mode", "bm25"});
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
    CHECK_FALSE(ids.empty());
    if (killed % 5 != 0) continue;
    (void)books.build();
    const std::set<std::string> found = everything(books);
    check_ended(books.index({"drop", "book.chain"}), 0, {});
    (void)books.build();
    CHECK(found == everything(books));
  }
}
