// A model of any provider, called against the mock that serves the provider's own SDK too.
#pragma once

#include <nlohmann/json.hpp>

#include "tests/unit/net/model_fixture.h"

namespace chain::test {

/// What the providers have in common, said once for each.
struct Provider {
  const char* name;
  const char* mock;
  const char* key;      // the environment variable
  const char* version;  // of the path
  const char* model;    // what the mock says answered
  int busy;             // the status of a service that has too much to do
};

struct Call {
  Variable key;
  Peer peer;
  Caller caller;

  explicit Call(const Provider& provider, const std::vector<std::string>& switches = {},
                const std::string& more = {}, const char* secret = "sk-secret",
                model::ClientOptions options = {})
      : key(provider.key, secret),
        peer(provider.mock, switches),
        caller(R"({"base_url": "http://127.0.0.1:)" + std::to_string(peer.port()) + provider.version + '"' +
                   more + '}',
               options) {
    caller.program.models[0].provider = provider.name;
    caller.program.models[0].id = "some-model";
  }

  Answer ask(std::string_view text = "hi", bool stream = false) { return caller.call(text, stream); }
  /// Whole, and as a stream.
  std::vector<Answer> ask_both() { return {ask(), ask("hi", true)}; }
  [[nodiscard]] nlohmann::json last() const { return nlohmann::json::parse(peer.get("/last")); }
};

inline bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A question whose answer is one of two words.
inline model::Request triage(bool stream) {
  model::Request request = Caller::request("triage", stream);
  request.schema_name = "triage";
  request.schema = R"({"enum":["low","high"],"type":"string"})";
  return request;
}

}  // namespace chain::test
