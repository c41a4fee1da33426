#include "runtime/retrieve/settings.h"

#include <catch2/catch.hpp>
#include <cstdlib>

using namespace chain;
using retrieve::IndexSettings;

namespace {

IndexSettings read(const std::string& provider, const std::string& options,
                   uint32_t embed_model = UINT32_MAX) {
  program::Program program;
  program.models.push_back({"handbook.embed", "openai", "text-embedding-3-small", "{}"});
  program.resources.push_back({"index", "handbook", provider, options, "a.chain", embed_model});
  std::string error;
  auto settings = retrieve::read_settings(program, 0, error);
  INFO(error);
  REQUIRE(settings);
  return *std::move(settings);
}

}  // namespace

TEST_CASE("what an index leaves out is what it usually is") {
  const IndexSettings settings = read("documents", R"({"files":"docs/**/*.md"})");
  const auto& files = std::get<documents::FromFiles>(settings.source);
  CHECK(files.patterns == std::vector<std::string>{"docs/**/*.md"});
  CHECK(files.except.empty());
  CHECK(settings.splitter.cut == documents::Cut::Auto);
  CHECK(settings.splitter.size == 400);
  CHECK(settings.splitter.overlap == 40);
  CHECK(settings.mode == retrieve::Mode::Hybrid);
  CHECK(settings.dimensions == 384);
  CHECK_FALSE(settings.asks_model());
  CHECK(settings.embedder == "local_hash/1 384");
  CHECK(settings.vectors.kind == vectors::Kind::Auto);
  CHECK(settings.word_weight == 1);
  CHECK(settings.vector_weight == 0.3);
}

TEST_CASE("what an index says is read") {
  const IndexSettings settings = read(
      "jsonl",
      R"({"file":"a.jsonl","id":"key","text":["title","body.text"],"meta":"lang","chunk":{"sentences":{"size":100,"encoding":"cl100k"}},)"
      R"("embed":{"openai":{"model":"text-embedding-3-small","dimensions":512}},"search":"vector","vectors":{"hnsw":{"m":24,"ef":80}},)"
      R"("weights":{"words":2}})",
      0);
  const auto& records = std::get<documents::FromRecords>(settings.source);
  CHECK(records.form == documents::Records::Jsonl);
  CHECK(records.fields.id == "key");
  CHECK(records.fields.text == std::vector<std::string>{"title", "body.text"});
  CHECK(records.fields.meta == std::vector<std::string>{"lang"});
  CHECK(settings.splitter.cut == documents::Cut::Sentences);
  CHECK(settings.splitter.encoding == documents::Encoding::Cl100k);
  CHECK(settings.splitter.overlap == 10);
  CHECK(settings.asks_model());
  CHECK(settings.embedder == "openai/text-embedding-3-small 512");
  CHECK(settings.mode == retrieve::Mode::Vectors);
  CHECK(settings.vectors.kind == vectors::Kind::Hnsw);
  CHECK(settings.vectors.m == 24);
  CHECK(settings.vectors.ef == 80);
  CHECK(settings.word_weight == 2);
  CHECK(settings.vector_weight == 1);
}

TEST_CASE("another splitter, embedder or field makes another recipe; what only searches does not") {
  const auto recipe = [](const std::string& options) { return read("jsonl", options).recipe; };
  const std::string usual = recipe(R"({"file":"a.jsonl"})");
  CHECK(usual != recipe(R"({"file":"a.jsonl","chunk":{"markdown":{"size":300}}})"));
  CHECK(usual != recipe(R"({"file":"a.jsonl","embed":{"local_hash":{"dimensions":256}}})"));
  CHECK(usual != recipe(R"({"file":"a.jsonl","text":"body"})"));
  CHECK(usual != recipe(R"({"file":"a.jsonl","search":"bm25"})"));
  CHECK(usual == recipe(R"({"file":"a.jsonl","search":"vector"})"));
  CHECK(usual == recipe(R"({"file":"a.jsonl","vectors":{"flat":{}},"weights":{"words":3}})"));
}

TEST_CASE("the rows of a dataset are documents") {
  const IndexSettings settings = read("dataset", R"({"dataset":{"csv":{"file":"rows.csv"}},"id":"no"})");
  const auto& records = std::get<documents::FromRecords>(settings.source);
  CHECK(records.form == documents::Records::Csv);
  CHECK(records.file == "rows.csv");
  CHECK(records.fields.id == "no");
}

TEST_CASE("a connection comes from its variable") {
  program::Program program;
  program.resources.push_back(
      {"index", "rows", "postgres", R"({"connection_env":"NO_SUCH_URL","query":"select 1"})", "a.chain"});
  std::string error;
  CHECK_FALSE(retrieve::read_settings(program, 0, error));
  CHECK(error.find("`NO_SUCH_URL`") != std::string::npos);
  setenv("NO_SUCH_URL", "postgres://localhost/shop", 1);
  const auto settings = retrieve::read_settings(program, 0, error);
  REQUIRE(settings);
  CHECK(std::get<documents::FromDatabase>(settings->source).where == "postgres://localhost/shop");
  unsetenv("NO_SUCH_URL");
}
