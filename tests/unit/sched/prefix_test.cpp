// What every call of a prompt begins with, as providers are told it.
#include <catch2/catch.hpp>

#include "tests/unit/sched/session.h"

using namespace chain;
using test::outcome;
using test::Session;

namespace {

/// The beginning of a request that is the same in every call: whole messages, and the text behind them.
struct Beginning {
  std::vector<std::string> messages;
  std::string text;
  friend bool operator==(const Beginning&, const Beginning&) = default;
};

/// Answers "ok" to all, and keeps how requests begin.
class Recorder final : public model::Client {
 public:
  Recorder(EventLoop& loop, std::vector<Beginning>& seen) : loop_(loop), seen_(seen) {}

  CallId start(model::Request request, model::Listener& listener) override {
    Beginning beginning;
    for (uint32_t i = 0; i < request.constant_messages; ++i)
      beginning.messages.emplace_back(request.messages.at(i).text);
    if (request.constant_messages < request.messages.size())
      beginning.text = request.messages[request.constant_messages].text.substr(0, request.constant_bytes);
    seen_.push_back(beginning);
    loop_.after(0, [&listener] {
      model::Completion completion;
      completion.text = "ok";
      listener.done(completion);
    });
    return seen_.size();
  }
  void cancel(CallId) override {}

 private:
  EventLoop& loop_;
  std::vector<Beginning>& seen_;
};

std::vector<Beginning> beginnings(const std::string& members) {
  std::vector<Beginning> seen;
  Session session("model m = openai(\"m\")\nprompt ask(q: string) -> string {\n  model: m\n" + members +
                      "}\nchain main() -> string[] {\n  return [ask(\"one\"), ask(\"another\")]\n}\n",
                  [&](EventLoop& loop) { return std::make_unique<Recorder>(loop, seen); });
  CHECK(outcome(session.run()) == R"(["ok", "ok"])");
  return seen;
}

}  // namespace

TEST_CASE("what comes before the first value of a prompt is told to be the same in every call") {
  const auto both = [](const std::string& members) {
    const std::vector<Beginning> seen = beginnings(members);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0] == seen[1]);
    return seen[0];
  };
  CHECK(both("  system: \"Be kind.\"\n  user: \"Question: {{ q }}\"\n") ==
        Beginning{{"Be kind."}, "Question: "});
  CHECK(both("  system: \"Be kind to {{ q }}\"\n  user: \"Question\"\n") == Beginning{{}, "Be kind to "});
  // An example is two messages.
  CHECK(both("  system: \"Be kind.\"\n  example: (\"x\") -> \"y\"\n  user: \"Q {{ q }}\"\n") ==
        Beginning{{"Be kind.", "Q x", "y"}, "Q "});
  CHECK(both("  system: \"Be kind.\"\n  user: \"Name a colour.\"\n") ==
        Beginning{{"Be kind.", "Name a colour."}, ""});
}
