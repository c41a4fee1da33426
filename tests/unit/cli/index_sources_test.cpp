// `chain index` on everything but text files: images, pages of the web, rows of a server; and what is kept of
// them when they change. The real program, and servers on loopback.
#include <signal.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <thread>

#include "tests/peers/peer.h"
#include "tests/unit/cli/books.h"
#include "tests/unit/documents/page_server.h"
#include "tests/unit/documents/postgres_server.h"

using namespace chain::testing;
using chain::documents::test::PageServer;
using chain::documents::test::Postgres;
using chain::test::Peer;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// The beginning of a PNG, with what is to be seen in it as its comment.
std::string picture_of(const std::string& what) {
  const std::string text = std::string("tEXtComment") + '\0' + what;
  const std::string size = {'\0', '\0', '\0', static_cast<char>(text.size() - 4)};
  return std::string("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\x02\0\0\0\x03\x08\x02\0\0\0\1\2\3\4", 33) + size +
         text + "\1\2\3\4";
}

std::string why(const json& built, const std::string& source) {
  for (const json& each : built["skipped"]) {
    if (each["source"] == source) return each["why"];
  }
  return {};
}

std::string numbered(const std::string& name, size_t from, size_t to) {
  std::string lines;
  for (size_t i = from; i < to; ++i) {
    const std::string number = std::to_string(i);
    lines += "{\"id\": \"" + name + number + "\", \"text\": \"The text of " + name + number + ".\"}\n";
  }
  return lines;
}

}  // namespace

TEST_CASE("images are found by what a text says is in them") {
  const Peer server("mock_compatible", {"--images"});
  const Books books(
      "index photos = documents([\"photos/*\", \"docs/*.md\"], search: vector,\n  embed: "
      "compatible(\"clip\", base_url: \"" +
      server.base_url() + "\", images: true, dimensions: 16, retry: 0))\n");
  fs::create_directory(books.place.path() / "photos");
  books.place.file("photos/one.png", picture_of("a red boat"));
  books.place.file("photos/two.png", picture_of("two grey cats"));
  books.place.file("photos/no.png", "no picture at all, but text");
  books.place.file("photos/notes.bin", std::string(200, '\x02'));
  const json built = books.build();
  CHECK(built["added"] == 6);
  CHECK(why(built, "photos/notes.bin").find("it is no text") == 0);
  CHECK(server.stat("images") == 2);
  CHECK(books.build()["embedded"] == 0);

  const json found = books.answer({"search", "book.chain", "two grey cats", "--top", "1"});
  REQUIRE(found["passages"].size() == 1);
  CHECK(found["passages"][0]["id"] == "photos/two.png#0");
  CHECK(found["passages"][0]["source"] == "photos/two.png");
  CHECK(found["passages"][0]["meta"]["type"] == "image/png");
  CHECK(found["passages"][0]["meta"]["width"] == "2");
  CHECK(books.find("x", {"--where", "type=image/png"}).size() == 2);
  CHECK(books.find("boat", {"--mode", "bm25"}) == std::vector<std::string>{"photos/one.png#0"});

  // The same picture under another name is not embedded again.
  fs::rename(books.place.path() / "photos/one.png", books.place.path() / "photos/boat.png");
  const json again = books.build();
  CHECK(again["added"] == 1);
  CHECK(again["dropped"] == 1);
  CHECK(again["embedded"] == 0);
  CHECK(server.stat("images") == 2);
}

TEST_CASE("images are skipped with the way out where the model takes none") {
  const Books books("index photos = documents(\"photos/*\")\n");
  fs::create_directory(books.place.path() / "photos");
  books.place.file("photos/one.png", picture_of("a red boat"));
  books.place.file("photos/one.txt", "A red boat.");
  CHECK(why(books.build(), "photos/one.png").find("images: true") != std::string::npos);
  books.place.file("book.chain",
                   "index photos = documents(\"photos/*\", embed: local_hash(64, images: true))\n");
  check_ended(books.index({"build", "book.chain"}), 3, {"images"});
}

TEST_CASE("a line that goes moves the others, and none of them is embedded again") {
  for (const std::string form : {"jsonl", "csv"}) {
    const Peer server("mock_compatible");
    const Books books("index rows = " + form +
                      "(\"rows\", id: \"id\", text: \"text\",\n  embed: compatible(\"m\", base_url: \"" +
                      server.base_url() + "\", retry: 0))\n");
    const auto write = [&](size_t from) {
      std::string text = numbered("r", from, 300);
      if (form == "csv") {
        text = "id,text\n";
        for (size_t i = from; i < 300; ++i)
          text += "r" + std::to_string(i) + ",The text of r" + std::to_string(i) + ".\n";
      }
      books.place.file("rows", text);
    };
    write(0);
    CHECK(books.build()["added"] == 300);
    const int64_t texts = server.stat("texts");
    CHECK(texts == 300);
    write(1);
    CHECK(books.answer({"status", "book.chain"})["moved"] == 299);
    const json again = books.build();
    CHECK(again["moved"] == 299);
    CHECK(again["dropped"] == 1);
    CHECK(again["embedded"] == 0);
    CHECK(again["passages"] == 0);
    CHECK(server.stat("texts") == texts);
    const json found = books.answer({"search", "book.chain", "r299", "--mode", "bm25", "--top", "1"});
    REQUIRE(found["passages"].size() == 1);
    CHECK(found["passages"][0]["source"] == (form == "csv" ? "rows:300" : "rows:299"));
  }
}

TEST_CASE("documents that no pattern matches any more are not found any more") {
  const Books books("index handbook = documents(\"docs/*.md\", search: bm25)\n");
  CHECK(books.build()["added"] == 3);
  CHECK(books.find("refund").size() == 1);
  fs::remove_all(books.place.path() / "docs");
  // The same is said by all: what there was goes, and an index without documents is an error wherever it is
  // used.
  const std::string none = "no file matches `docs/*.md` under the project's folder";
  const json status = books.answer({"status", "book.chain"});
  CHECK(status["dropped"] == 3);
  CHECK_FALSE(status["up_to_date"]);
  CHECK(status["empty"] == none + "; the next build drops what the index holds");
  const Ended built = books.index({"build", "book.chain"});
  CHECK(built.code == 1);
  CHECK(built.err.find(none + "; what the index held is dropped") != std::string::npos);
  for (const char* verb : {"build", "search"}) {
    std::vector<std::string> words = {verb, "book.chain"};
    if (words[0] == "search") words.emplace_back("refund");
    const Ended again = books.index(std::move(words));
    CHECK(again.code == 1);
    CHECK(again.err.find(none + '\n') != std::string::npos);
  }
  CHECK(books.answer({"status", "book.chain"})["documents"] == 0);
  fs::create_directory(books.place.path() / "docs");
  books.doc("refunds", "A refund is paid.");
  CHECK(books.find("refund").size() == 1);
}

TEST_CASE("a first build that is killed can be searched, and goes on where it was") {
  const Peer server("mock_compatible");
  const Books books(
      "index rows = jsonl(\"rows\", id: \"id\", text: \"text\",\n  embed: compatible(\"m\", base_url: \"" +
      server.base_url() + "\", retry: 0))\n");
  books.place.file("rows", numbered("r", 0, 3000));
  {
    Child child(books.place.command({"index", "build", "book.chain"}));
    while (server.stat("texts") < 1200) std::this_thread::yield();
    child.signal(SIGKILL);
    CHECK(child.wait().code == 128 + SIGKILL);
  }
  const int64_t asked = server.stat("texts");
  REQUIRE(asked < 3000);
  const Ended found = books.index({"search", "book.chain", "text", "--mode", "bm25"});
  check_ended(found, 0, {"was not built to its end", "chain index build"});
  CHECK(found.out.find("The text of") != std::string::npos);
  const json built = books.build();
  CHECK(built["unchanged"] > 0);
  CHECK(built["added"].get<int>() + built["unchanged"].get<int>() == 3000);
  // A window of texts may have been asked for, and not been kept.
  CHECK(server.stat("texts") <= 3000 + 512);
  CHECK(books.index({"search", "book.chain", "text", "--mode", "bm25"}).err.empty());
}

TEST_CASE("evaluating queries that nobody has judged is an error") {
  const Books books("index handbook = documents(\"docs/*.md\", search: bm25)\n");
  (void)books.build();
  books.place.file("q.tsv", "1\trefund\n2\tparcels\n");
  books.place.file("qrels.tsv", "q1\tdocs/refunds.md\t1\n");
  check_ended(books.index({"eval", "book.chain", "--queries", "q.tsv", "--qrels", "qrels.tsv"}), 1,
              {"no query of `q.tsv` is judged in `qrels.tsv`", "`1` and `q1`"});
}

TEST_CASE("a run that goes to a pipe which nobody reads ends without a word") {
  const Books books("index handbook = documents(\"docs/*.md\", search: bm25)\n");
  (void)books.build();
  books.place.file("q.tsv", "1\trefund\n");
  Command command =
      books.place.command({"index", "search", "book.chain", "--queries", "q.tsv", "--run", "/dev/stdout"});
  command.no_reader = true;
  const Ended ended = run(std::move(command));
  CHECK(ended.code == 128 + SIGPIPE);
  CHECK(ended.err.empty());
}

TEST_CASE("pages of the web are documents, by what the server says") {
  const std::string huge =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 90000000\r\nConnection: close\r\n\r\n";
  const PageServer server({
      {"/old", PageServer::redirect("/new.html")},
      {"/new.html",
       PageServer::page("text/html", "<title>New</title><h1>Refunds</h1><p>Paid within fourteen days.")},
      {"/notes", PageServer::page("text/markdown", "# Parcels\n\nThey leave in the morning.")},
      {"/rows", PageServer::page("text/csv", "a,b\none,two\nthree\n")},
      {"/round", PageServer::redirect("/round")},
      {"/picture", PageServer::page("text/html", std::string("\x89PNG\r\n\x1A\n\0\0", 10))},
      {"/binary", PageServer::page("application/octet-stream", std::string(300, '\x01'))},
      {"/empty", PageServer::page("text/plain", "")},
      {"/huge", huge + std::string(1000, 'x')},
      {"/short",
       "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 500\r\nConnection: close\r\n\r\nhalf"},
      {"/garbage", "no HTTP at all\r\n\r\n"},
  });
  std::string urls;
  for (const char* path : {"/old", "/notes", "/rows", "/round", "/picture", "/binary", "/empty", "/huge",
                           "/short", "/garbage", "/none"})
    urls += "\"" + server.url(path) + "\", ";
  const Books books("index site = web(" + urls + "search: bm25)\n");
  const std::string allow = "host=" + server.host();
  check_ended(books.index({"build", "book.chain"}), 4, {server.host()});
  const json built = books.answer({"build", "book.chain", "--allow", allow});
  CHECK(built["added"] == 4);
  CHECK(why(built, server.url("/round")).find("redirects") != std::string::npos);
  CHECK(why(built, server.url("/picture")).find("image") != std::string::npos);
  CHECK(why(built, server.url("/binary")).find("it is no text") == 0);
  CHECK(why(built, server.url("/empty")) == "it is empty");
  CHECK(why(built, server.url("/none")).find("404") != std::string::npos);
  for (const char* path : {"/huge", "/short", "/garbage"}) CHECK_FALSE(why(built, server.url(path)).empty());
  const json found = books.answer({"search", "book.chain", "refunds paid", "--allow", allow});
  REQUIRE_FALSE(found["passages"].empty());
  CHECK(found["passages"][0]["source"].get<std::string>().find(server.url("/old")) == 0);
  CHECK(found["passages"][0]["meta"]["title"] == "New");
  const json again = books.answer({"build", "book.chain", "--allow", allow});
  CHECK(again["added"] == 0);
  CHECK(again["unchanged"] == 4);
}

TEST_CASE("rows of a PostgreSQL server are documents") {
  const Postgres server;
  if (!server.ready()) {
    WARN("no PostgreSQL is installed (Debian: apt install postgresql)");
    return;
  }
  const std::string query =
      "SELECT i AS id, CASE WHEN i = 7 THEN NULL ELSE 'Row number ' || i END AS body, i % 2 AS odd "
      "FROM generate_series(1, 1000) AS i";
  const auto program = [](const std::string& select) {
    return "index rows = postgres(secret(\"BOOKS_DATABASE\"), \"" + select +
           "\", id: \"id\", text: \"body\", search: bm25)\n";
  };
  const Books books(program(query));
  const auto ask = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "index");
    words.insert(words.end(), {"--allow", "env=BOOKS_DATABASE"});
    Command command = books.place.command(std::move(words));
    command.environment.emplace_back("BOOKS_DATABASE", server.connection());
    return run(std::move(command));
  };
  const Ended built = ask({"build", "book.chain", "--json"});
  INFO(built.err);
  REQUIRE(built.code == 0);
  CHECK(json::parse(built.out)["added"] == 999);
  const Ended found = ask({"search", "book.chain", "row 42", "--where", "odd=0", "--top", "1", "--json"});
  REQUIRE(found.code == 0);
  CHECK(json::parse(found.out)["passages"][0]["id"] == "42#0");

  books.place.file("book.chain",
                   program("SELECT i AS id, 'Row number ' || i AS body FROM generate_series(1, 10) AS i"));
  const Ended fewer = ask({"build", "book.chain", "--json"});
  REQUIRE(fewer.code == 0);
  CHECK(json::parse(fewer.out)["dropped"] == 990);

  books.place.file("book.chain", program("SELECT * FROM missing"));
  check_ended(ask({"build", "book.chain"}), 1, {"missing"});
  CHECK(ask({"build", "book.chain"}).err.find("hunter2") == std::string::npos);
  check_ended(books.index({"build", "book.chain"}), 4, {"env=BOOKS_DATABASE"});
  check_ended(books.index({"build", "book.chain", "--allow", "env=BOOKS_DATABASE"}), 1, {"BOOKS_DATABASE"});
}
