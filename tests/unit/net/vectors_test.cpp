// Embeddings and reranking, against the mocks that serve the official SDKs.
#include "runtime/model/vectors.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "runtime/model/vector_replies.h"
#include "tests/unit/net/model_fixture.h"

using namespace chain;
using model::Embeddings;
using model::Ranking;
using test::Peer;

namespace {

struct Vectors {
  VirtualClock clock;
  EventLoop loop{&clock};
  program::Program program;
  std::unique_ptr<model::VectorClient> client;
  Peer peer;
  std::optional<Embeddings> embeddings;
  std::optional<Ranking> ranking;
  std::optional<model::Failure> failure;

  explicit Vectors(const std::string& provider, const std::vector<std::string>& switches = {},
                   const std::string& more = "")
      : peer(provider == "openai" || provider == "compatible" ? "mock_compatible" : "mock_embed", switches) {
    const std::string path = provider == "gemini" ? "/v1beta" : provider == "ollama" ? "" : "/v1";
    program.models.push_back(
        {"embedder", provider, "some-model",
         R"({"base_url":"http://127.0.0.1:)" + std::to_string(peer.port()) + path + '"' + more + "}"});
    client = model::make_vector_client(program, loop, {.seed = 1});
  }
  model::VectorClient::CallId start(std::vector<std::string> texts, int64_t dimensions = 0) {
    return client->embed({.texts = std::move(texts), .dimensions = dimensions},
                         {.done = [this](Embeddings found) { embeddings = std::move(found); },
                          .failed = [this](model::Failure why) { failure = std::move(why); }});
  }
  void embed(std::vector<std::string> texts, int64_t dimensions = 0) {
    start(std::move(texts), dimensions);
    CHECK_FALSE((embeddings || failure));  // never from within
    loop.run();
  }
  /// For a model that takes images.
  void embed_items(std::vector<std::string> items, model::EmbedInput input) {
    client->embed({.texts = std::move(items), .input = input},
                  {.done = [this](Embeddings found) { embeddings = std::move(found); },
                   .failed = [this](model::Failure why) { failure = std::move(why); }});
    loop.run();
  }
  void rerank(const std::string& query, std::vector<std::string> documents, int64_t top_n = 0) {
    ranking.reset();
    client->rerank({.query = query, .documents = std::move(documents), .top_n = top_n},
                   {.done = [this](Ranking found) { ranking = std::move(found); },
                    .failed = [this](model::Failure why) { failure = std::move(why); }});
    loop.run();
  }
  [[nodiscard]] nlohmann::json last() const { return nlohmann::json::parse(peer.get("/last")); }
};

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::vector<size_t> order(const Ranking& ranking) {
  std::vector<size_t> indices;
  for (const model::Ranked& each : ranking.ranked) indices.push_back(each.index);
  return indices;
}

}  // namespace

TEST_CASE("every provider's embeddings come in the order of the texts, with their usage") {
  const test::Variable openai("OPENAI_API_KEY", "sk-secret");
  const test::Variable gemini("GEMINI_API_KEY", "key");
  for (const char* provider : {"openai", "compatible", "ollama", "gemini"}) {
    INFO(provider);
    Vectors vectors(provider);
    vectors.embed({"one", "three", "seventeen"});
    REQUIRE(vectors.embeddings);
    const auto& found = vectors.embeddings->vectors;
    REQUIRE(found.size() == 3);
    for (const auto& vector : found) CHECK(vector.size() == 4);
    CHECK((found[0][0] == 3.0F && found[1][0] == 5.0F && found[2][0] == 9.0F));
    CHECK(vectors.embeddings->requests == 1);
    CHECK(vectors.embeddings->attempts == 1);
    // Gemini does not say.
    CHECK(vectors.embeddings->usage.input_tokens == (std::string(provider) == "gemini" ? 0 : 6));
  }
}

TEST_CASE("the number of dimensions is asked for, and checked") {
  const test::Variable gemini("GEMINI_API_KEY", "key");
  for (const char* provider : {"compatible", "ollama", "gemini"}) {
    Vectors vectors(provider);
    vectors.embed({"one"}, 7);
    REQUIRE(vectors.embeddings);
    CHECK(vectors.embeddings->vectors[0].size() == 7);
  }
  Embeddings embeddings;
  CHECK(model::read_embeddings(R"({"data":[{"embedding":[1,2,3]}]})", 1, 2, embeddings) ==
        "an embedding of the reply has 3 dimensions, not 2");
  CHECK(embeddings.vectors.empty());
}

TEST_CASE("OpenAI is asked for base64, others for what they know") {
  const test::Variable key("OPENAI_API_KEY", "sk-secret");
  Vectors openai("openai");
  openai.embed({"one"});
  CHECK(openai.last()["encoding_format"] == "base64");
  Vectors compatible("compatible");
  compatible.embed({"one"});
  CHECK_FALSE(compatible.last().contains("encoding_format"));
}

TEST_CASE("a model of images gets images in base64, and texts, each as an object") {
  Vectors vectors("compatible", {"--images"});
  vectors.embed_items({"a red boat"}, model::EmbedInput::Text);
  REQUIRE(vectors.embeddings);
  CHECK(vectors.last()["input"] == nlohmann::json::parse(R"([{"text": "a red boat"}])"));
  vectors.embeddings.reset();
  vectors.embed_items({"\x89PNG\r\n\x1A\n"}, model::EmbedInput::Image);
  REQUIRE(vectors.embeddings);
  CHECK(vectors.last()["input"] == nlohmann::json::parse(R"([{"image": "iVBORw0KGgo="}])"));
  CHECK(vectors.embeddings->vectors.size() == 1);
  // What is no image is the server's to refuse.
  vectors.embed_items({"no image"}, model::EmbedInput::Image);
  REQUIRE(vectors.failure);
  CHECK(vectors.peer.stat("images") == 1);
}

TEST_CASE("many texts go out in batches and come back in order") {
  Vectors vectors("compatible");
  std::vector<std::string> texts;
  for (size_t i = 0; i < 300; ++i) texts.emplace_back(i + 1, 'x');
  vectors.embed(texts);
  REQUIRE(vectors.embeddings);
  CHECK(vectors.embeddings->requests == 3);
  CHECK(vectors.embeddings->usage.input_tokens == 600);
  for (size_t i = 0; i < texts.size(); ++i)
    CHECK(vectors.embeddings->vectors[i][0] == static_cast<float>(i + 1));
}

TEST_CASE("long texts make batches of their own") {
  Vectors vectors("compatible");
  vectors.embed({std::string(500'000, 'a'), std::string(500'000, 'b'), "c"});
  REQUIRE(vectors.embeddings);
  CHECK(vectors.embeddings->requests == 2);
}

TEST_CASE("no texts have no embeddings, and no request") {
  Vectors vectors("compatible");
  vectors.embed({});
  REQUIRE(vectors.embeddings);
  CHECK(vectors.embeddings->vectors.empty());
  CHECK(vectors.peer.stat("requests") == 0);
}

TEST_CASE("embeddings that are not what was asked for are refused") {
  const std::pair<const char*, const char*> cases[] = {
      {"count", "the reply holds 2 embeddings for 3 texts"},
      {"index", "is of no text that was sent"},
      {"twice", "the reply holds two embeddings of text"},
      {"nan", "holds a number that is not finite"},
      {"zero", "is all zeros, which is near to nothing and far from nothing"},
      {"lengths", "dimensions, not"},
      {"base64", "is no base64 of floats"},
      {"words", "holds something that is no number"},
  };
  for (const auto& [wrong, said] : cases) {
    INFO(wrong);
    Vectors vectors("compatible", {"--wrong", wrong});
    vectors.embed({"one", "two", "three"});
    CHECK_FALSE(vectors.embeddings);
    REQUIRE(vectors.failure);
    CHECK(vectors.failure->kind == abi::ErrorKind::InvalidOutput);
    INFO(vectors.failure->message);
    CHECK(mentions(vectors.failure->message, "model `embedder`: "));
    CHECK(mentions(vectors.failure->message, said));
  }
}

TEST_CASE("replies that are no embeddings at all") {
  Embeddings embeddings;
  for (const char* body : {"{}", "[]", "null", R"({"data":{}})", R"({"data":7})", R"("data")"})
    CHECK(model::read_embeddings(body, 1, 0, embeddings) == "the reply holds no embeddings");
  CHECK(model::read_embeddings(R"({"data":[{"embedding":[]}]})", 1, 0, embeddings) ==
        "embedding 0 of the reply is empty");
  CHECK(model::read_embeddings(R"({"data":[{}]})", 1, 0, embeddings) ==
        "embedding 0 of the reply is missing");
  CHECK(model::read_embeddings(R"({"data":[{"embedding":[1e300]}]})", 1, 0, embeddings) ==
        "embedding 0 of the reply holds a number that is not finite");
  // "AAAAAAAAAAA=" is two floats of 0.
  for (const char* zero : {"[0, 0, 0.0]", "[-0.0]", R"("AAAAAAAAAAA=")"})
    CHECK(mentions(
        model::read_embeddings(R"({"data":[{"embedding":)" + std::string(zero) + "}]}", 1, 0, embeddings),
        "embedding 0 of the reply is all zeros"));
  CHECK(mentions(model::read_embeddings(R"({"data":[{"embedding":[1e-30, 0]}]})", 1, 0, embeddings),
                 "is 1e-30 long"));
  CHECK(mentions(model::read_embeddings(R"({"data":[{"embedding":[3e30, 0]}]})", 1, 0, embeddings),
                 "is 3e+30 long"));
  CHECK(embeddings.vectors.empty());
  CHECK(model::read_embeddings(R"({"data":[{"embedding":[0, 1e-9]}]})", 1, 0, embeddings).empty());
}

TEST_CASE("embedding calls are tried again, limited and redacted as all calls are") {
  const test::Variable key("OPENAI_API_KEY", "sk-very-secret");
  Vectors busy("openai", {"--error", "503:1"});
  busy.embed({"one"});
  REQUIRE(busy.embeddings);
  CHECK(busy.embeddings->attempts == 2);

  Vectors slow("openai", {}, R"(,"rpm":1)");
  std::vector<std::string> texts(2049, "x");
  slow.embed(texts);
  REQUIRE(slow.embeddings);
  CHECK(slow.embeddings->requests == 2);
  CHECK(slow.loop.now() >= 60 * test::kSecond);

  Vectors refused("openai", {"--key", "another"});
  refused.embed({"one"});
  REQUIRE(refused.failure);
  CHECK(refused.failure->kind == abi::ErrorKind::Denied);
  CHECK_FALSE(mentions(refused.failure->message, "sk-very-secret"));

  Vectors html("openai", {"--html"});
  html.embed({"one"});
  REQUIRE(html.failure);
  CHECK(mentions(html.failure->message, "does not answer as embedding servers do"));
}

TEST_CASE("when one batch fails, the others are given up") {
  Vectors vectors("compatible", {"--error", "400:1"}, R"(,"concurrency":1)");
  vectors.embed(std::vector<std::string>(300, "x"));
  CHECK_FALSE(vectors.embeddings);
  REQUIRE(vectors.failure);
  CHECK(vectors.peer.stat("requests") == 1);
}

TEST_CASE("a provider without embeddings says who has some; so does one without ranking") {
  Vectors vectors("compatible");
  vectors.program.models[0].provider = "anthropic";
  vectors.embed({"one"});
  REQUIRE(vectors.failure);
  CHECK(mentions(vectors.failure->message, "`anthropic` makes no embeddings; `openai`, `gemini`"));
  vectors.failure.reset();
  vectors.rerank("one", {"two"});
  REQUIRE(vectors.failure);
  CHECK(mentions(vectors.failure->message, "`anthropic` does not rerank"));
}

TEST_CASE("a model that is known to make no embeddings is not asked for them") {
  const test::Variable key("OPENAI_API_KEY", "sk-secret");
  Vectors vectors("openai");
  vectors.program.models[0].id = "gpt-5-mini";
  vectors.embed({"one"});
  REQUIRE(vectors.failure);
  CHECK(vectors.failure->kind == abi::ErrorKind::InvalidValue);
  CHECK(mentions(vectors.failure->message, "`gpt-5-mini` makes no embeddings"));
  CHECK(vectors.peer.stat("requests") == 0);
}

TEST_CASE("an embedding call can be cancelled, before and after it was sent") {
  Vectors vectors("compatible", {"--silent"});
  const auto id = vectors.start({"one"});
  vectors.client->cancel(id);
  vectors.client->cancel(id);
  const auto other = vectors.start({});
  vectors.client->cancel(other);
  vectors.loop.run();
  CHECK_FALSE((vectors.embeddings || vectors.failure));
}

TEST_CASE("documents are ranked, the best first") {
  for (const std::vector<std::string>& switches : {std::vector<std::string>{}, {"--tei"}}) {
    Vectors vectors("compatible", switches);
    const std::vector<std::string> documents = {"about cats", "about dogs and cats", "nothing", "dogs"};
    vectors.rerank("dogs and cats", documents);
    REQUIRE(vectors.ranking);
    CHECK(order(*vectors.ranking) == std::vector<size_t>{1, 0, 3, 2});
    CHECK(vectors.ranking->ranked[0].score == 1.0);
    vectors.rerank("dogs and cats", documents, 2);
    REQUIRE(vectors.ranking);
    CHECK(order(*vectors.ranking) == std::vector<size_t>{1, 0});
    // What the server speaks is asked once.
    CHECK(vectors.peer.stat("requests") == (switches.empty() ? 2 : 3));
  }
}

TEST_CASE("rankings that are not what was asked for are refused") {
  const std::pair<const char*, const char*> cases[] = {
      {"count", "the reply ranks 2 documents, not 3"},
      {"index", "is of no document that was sent"},
      {"twice", "twice"},
      {"score", "is no number"},
  };
  for (const auto& [wrong, said] : cases) {
    for (const bool tei : {false, true}) {
      INFO(wrong);
      std::vector<std::string> switches{"--wrong", wrong};
      if (tei) switches.emplace_back("--tei");
      Vectors vectors("compatible", switches);
      vectors.rerank("a", {"a", "b", "c"});
      CHECK_FALSE(vectors.ranking);
      REQUIRE(vectors.failure);
      CHECK(vectors.failure->kind == abi::ErrorKind::InvalidOutput);
      CHECK(mentions(vectors.failure->message, said));
    }
  }
}
