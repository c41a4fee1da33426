// What endpoints can do: by the table, by what was found out, and what follows from it for requests.
#include "runtime/model/abilities.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/model/known_endpoints.h"
#include "runtime/program/providers.h"
#include "tests/unit/net/provider_fixture.h"

using namespace chain;
using model::Abilities;
using model::abilities_of;
using model::Does;
using model::KnownEndpoints;
using test::Call;

namespace {

constexpr test::Provider kCompatible = {"compatible", "mock_compatible", "NO_KEY", "/v1", "some-model", 503};

/// A folder that goes with the test.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "chain-known-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string file() const { return (path / "endpoints.json").string(); }
};

Abilities without(Does Abilities::* ability) {
  Abilities abilities;
  abilities.*ability = Does::No;
  return abilities;
}

}  // namespace

TEST_CASE("the longest family that fits counts") {
  CHECK(abilities_of("openai", "gpt-4-turbo-2024-04-09").structured == Does::No);
  CHECK(abilities_of("openai", "gpt-5-mini").structured == Does::Yes);
  CHECK(abilities_of("openai", "o3-mini").media == "none");
  CHECK(abilities_of("openai", "o3").media == "image,file");
  CHECK(abilities_of("openai", "something-new").structured == Does::Unknown);
  CHECK(abilities_of("openai", "text-embedding-3-small").embeddings == Does::Yes);
  CHECK(abilities_of("anthropic", "claude-sonnet-4-5-20250929").structured == Does::Yes);
  CHECK(abilities_of("anthropic", "claude-3-5-haiku-latest").structured == Does::No);
  CHECK(abilities_of("compatible", "qwen3").tools == Does::Unknown);
  CHECK(abilities_of("nobody", "x").context == 0);
}

TEST_CASE("every provider that is called has a row for all its models") {
  for (const program::ProviderInfo& provider : program::model_providers()) {
    if (provider.takes_id != program::TakesId::Required) continue;
    INFO(provider.name);
    const Abilities any = abilities_of(provider.name, "no such model");
    CHECK((provider.name == "compatible" || any.stream_usage == Does::Yes));
  }
}

TEST_CASE("a model that is known to take no schema is asked without one from the beginning") {
  Call call(kCompatible, {"--no-schema", "--reply", "low"});
  call.caller.program.models[0].provider = "openai";
  const test::Variable key("OPENAI_API_KEY", "sk");
  call.caller.program.models[0].id = "gpt-3.5-turbo";
  const test::Answer answer = call.caller.call(test::triage(false));
  REQUIRE(answer.is_done);
  CHECK(answer.completion.attempts == 1);
  CHECK_FALSE(call.last().contains("response_format"));
}

TEST_CASE("`structured: \"on\"` is the user's word against the table's") {
  Call call(kCompatible, {"--no-schema"}, R"(, "structured": "on")");
  call.caller.program.models[0].id = "gpt-3.5-turbo";
  CHECK(call.caller.call(test::triage(false)).is_failed);
}

TEST_CASE("what was found out spares the request that fails first") {
  for (const bool known : {false, true}) {
    Call call(kCompatible, {"--no-schema", "--reply", "low"});
    auto found = std::make_shared<KnownEndpoints>();
    const std::string url = "http://127.0.0.1:" + std::to_string(call.peer.port()) + "/v1";
    if (known) found->note("compatible", url, "some-model", without(&Abilities::structured), 0);
    call.caller.client =
        model::make_client(call.caller.program, call.caller.loop, {.seed = 1, .known = found});
    const test::Answer answer = call.caller.call(test::triage(false));
    REQUIRE(answer.is_done);
    CHECK(call.peer.stat("requests") == (known ? 1 : 2));
  }
}

TEST_CASE("the usage of a stream is not asked of an endpoint that does not know the question") {
  for (const bool known : {false, true}) {
    Call call(kCompatible, {"--no-stream-usage"});
    auto found = std::make_shared<KnownEndpoints>();
    const std::string url = "http://127.0.0.1:" + std::to_string(call.peer.port()) + "/v1";
    if (known) found->note("compatible", url, "some-model", without(&Abilities::stream_usage), 0);
    call.caller.client =
        model::make_client(call.caller.program, call.caller.loop, {.seed = 1, .known = found});
    CHECK(call.ask("hi", true).is_done == known);
  }
}

TEST_CASE("what was found is kept for its owner alone, by endpoint, for a week") {
  const Folder folder;
  constexpr int64_t kNow = 1'800'000'000;
  KnownEndpoints found;
  found.note("compatible", "http://name:password@host/v1", "m", without(&Abilities::tools), kNow);
  REQUIRE(found.save(folder.file()).empty());
  struct stat status{};
  REQUIRE(stat(folder.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  std::ifstream file(folder.file());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  CHECK(text.find("password") == std::string::npos);

  const auto read = [&](int64_t now, const char* url, const char* id) {
    Abilities abilities;
    abilities.embeddings = Does::Yes;
    KnownEndpoints::load(folder.file(), now).apply("compatible", url, id, abilities);
    CHECK(abilities.embeddings == Does::Yes);  // nobody has looked
    return abilities.tools;
  };
  const char* url = "http://name:password@host/v1";
  CHECK(read(kNow, url, "m") == Does::No);
  CHECK(read(kNow + KnownEndpoints::kLifetime, url, "m") == Does::No);
  CHECK(read(kNow + KnownEndpoints::kLifetime + 1, url, "m") == Does::Unknown);
  CHECK(read(kNow - 1, url, "m") == Does::Unknown);  // a clock that was set back
  CHECK(read(kNow, "http://other/v1", "m") == Does::Unknown);
  CHECK(read(kNow, url, "n") == Does::Unknown);
}

TEST_CASE("a file that is damaged is an empty one") {
  const Folder folder;
  for (const char* text : {"", "{", "[]", "7", R"({"version":1})", R"({"version":2,"endpoints":{}})",
                           R"({"version":1,"endpoints":[1]})", R"({"version":1,"endpoints":{"a":7}})",
                           R"({"version":1,"endpoints":{"a":{"time":"now","tools":1}}})"}) {
    std::ofstream(folder.file()) << text;
    CHECK(KnownEndpoints::load(folder.file(), 1'800'000'000).empty());
  }
  CHECK(KnownEndpoints::load((folder.path / "missing").string(), 0).empty());
  CHECK_FALSE(KnownEndpoints().save((folder.path / "no" / "such").string()).empty());
}
