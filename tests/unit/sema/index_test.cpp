// Indexes: what the runtime is told of them, and the models behind them.
#include <catch2/catch.hpp>

#include "runtime/access/host.h"
#include "tests/unit/sema/checked.h"

namespace {

using chain::program::Model;
using chain::program::ModelUse;
using chain::sema::test::check_text;
using chain::sema::test::Checked;

/// "documents {...}" of the last resource; the messages of a wrong program.
std::string index_of(const std::string& declarations) {
  const Checked checked = check_text(declarations + "\n");
  if (!checked.module) return checked.graph();
  const auto& provider = checked.module->resources.back().provider;
  return provider.name + ' ' + provider.options_json;
}

/// "openai text-embedding-3-small {...}".
std::string text_of(const Model& model) {
  return model.name + " = " + model.provider + ' ' + model.id + ' ' + model.options_json;
}

}  // namespace

TEST_CASE("an index says what it is made of by the names of the table") {
  CHECK(index_of("index i = documents(\"docs/**\")") == R"(documents {"files":"docs/**"})");
  CHECK(index_of("index i = documents([\"a/*\", \"b/*\"], except: \"a/x*\", chunk: code, vectors: flat)") ==
        R"(documents {"files":["a/*","b/*"],"except":"a/x*","chunk":{"code":{}},"vectors":{"flat":{}}})");
  CHECK(index_of("index i = documents(\"a\", chunk: tokens(200, overlap: 20, encoding: cl100k), "
                 "vectors: hnsw(32, 100), weights: { \"words\": 2, \"vectors\": 0.5 })") ==
        R"(documents {"files":"a","chunk":{"tokens":{"size":200,"overlap":20,"encoding":"cl100k"}},)"
        R"("vectors":{"hnsw":{"m":32,"ef":100}},"weights":{"words":2.0,"vectors":0.5}})");
  CHECK(index_of("index i = jsonl(\"d.jsonl\", id: \"id\", text: [\"t\", \"b.x\"], meta: \"lang\")") ==
        R"(jsonl {"file":"d.jsonl","id":"id","text":["t","b.x"],"meta":"lang"})");
  CHECK(index_of("index i = web(\"https://a.com/x\", \"https://b.com\", search: bm25)") ==
        R"(web {"search":"bm25","urls":["https://a.com/x","https://b.com"]})");
  CHECK(index_of("index i = sqlite(\"shop.db\", \"select 1\", id: \"id\")") ==
        R"(sqlite {"file":"shop.db","query":"select 1","id":"id"})");
  CHECK(index_of("index i = postgres(\"postgres://db.example.com/shop\", \"select 1\")") ==
        R"(postgres {"connection":"postgres://db.example.com/shop","query":"select 1"})");
  CHECK(index_of("index i = postgres(secret(\"DB\"), \"select 1\")") ==
        R"(postgres {"connection_env":"DB","query":"select 1"})");
}

TEST_CASE("an index of a dataset is one of its file, whichever is declared first") {
  const std::string of_file = R"(csv {"file":"rows.csv","text":"body"})";
  CHECK(
      index_of("dataset rows: map<string>[] = csv(\"rows.csv\")\nindex i = dataset(rows, text: \"body\")") ==
      of_file);
  const Checked checked = check_text(
      "index i = dataset(rows, text: \"body\")\ndataset rows: map<string>[] = csv(\"rows.csv\")\n");
  REQUIRE(checked.module);
  CHECK(checked.module->resources[0].provider.options_json == R"({"file":"rows.csv","text":"body"})");
  CHECK(checked.module->resources[0].provider.name == "csv");
  CHECK(index_of("model m = baseline()\nindex i = dataset(m)").starts_with("E0125"));
}

TEST_CASE("models behind an index are the program's, but not the user's own") {
  const Checked checked = check_text(R"(model fast = baseline()
index a = documents("a", embed: openai.embedding("e", dimensions: 512, api_key: secret("K"), retry: 1), rerank: cohere("r"))
index b = documents("b", embed: local_hash(64))
index c = documents("c", embed: compatible("e", base_url: "http://localhost:80/v1"), rerank: jina.rerank("r", api_key_env: "J"))
)");
  INFO(checked.graph());
  REQUIRE(checked.module);
  const auto& models = checked.module->models;
  const auto& resources = checked.module->resources;
  REQUIRE(models.size() == 5);
  CHECK(models[0].use == ModelUse::Answers);
  REQUIRE(resources[0].embed_model == 1);
  CHECK(models[1].use == ModelUse::Embeds);
  CHECK(text_of(models[1]) == R"(a.embed = openai e {"api_key_env":"K","retry":1})");
  REQUIRE(resources[0].rerank_model == 2);
  CHECK(models[2].use == ModelUse::Reranks);
  CHECK(text_of(models[2]) ==
        R"(a.rerank = compatible r {"base_url":"https://api.cohere.com/v2","api_key_env":"COHERE_API_KEY"})");
  CHECK(resources[1].embed_model == UINT32_MAX);
  CHECK(resources[1].rerank_model == UINT32_MAX);
  CHECK(text_of(models.at(resources[2].embed_model)) ==
        R"(c.embed = compatible e {"base_url":"http://localhost:80/v1"})");
  CHECK(text_of(models.at(resources[2].rerank_model)) ==
        R"(c.rerank = compatible r {"api_key_env":"J","base_url":"https://api.jina.ai/v1"})");
  CHECK(checked.graph().find("model a.embed") == std::string::npos);
}

TEST_CASE("where a connection to a database leads") {
  using chain::access::host_of_database;
  CHECK(host_of_database("postgres://db.example.com/shop") == "db.example.com:5432");
  CHECK(host_of_database("postgresql://me@DB.example.com:6543/shop") == "db.example.com:6543");
  CHECK(host_of_database("host=db.example.com port=6543 dbname=shop") == "db.example.com:6543");
  for (const char* local :
       {"", "dbname=shop", "postgres:///shop", "postgres://me@/shop", "host=/run/postgres"}) {
    INFO(local);
    CHECK(host_of_database(local) == "localhost:5432");
  }
  for (const char* unsure :
       {"postgres:///shop?host=evil.com", "postgres://a,b/shop", "host='evil.com'", "host = evil.com",
        "hostaddr=192.0.2.1", "service=shop", "postgres://%65vil.com/x", "host=a,evil.com"}) {
    INFO(unsure);
    CHECK(host_of_database(unsure) == "*");
  }
}
