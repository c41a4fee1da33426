// Prompts that answer with an image, by the real program against the mocks of the two APIs that give one.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "runtime/value/base64.h"
#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

namespace {

using chain::test::Peer;
using chain::testing::check_ended;
using chain::testing::Command;
using chain::testing::Ended;
using chain::testing::Place;

/// The beginning of a PNG, and bytes that no text has.
const std::string kPng = std::string("\x89PNG\r\n\x1a\n", 8) + std::string("\0\xff rest of it", 13);

std::string encoded(const std::string& bytes) {
  std::string text;
  chain::value::append_base64(text, bytes);
  return text;
}

struct Api {
  const char* mock;
  const char* model;
  const char* path;
};

constexpr Api kGemini = {"mock_gemini", R"(gemini("drawing-model")", "/v1beta"};
constexpr Api kResponses = {"mock_responses", R"(openai("drawing-model", api: "responses")", "/v1"};

struct Drawing {
  Place place;
  Peer mock;

  Drawing(const Api& api, const std::vector<std::string>& switches) : mock(api.mock, switches) {
    place.file("draw.chain", "model artist = " + std::string(api.model) +
                                 ", retry: 0, base_url: \"http://127.0.0.1:" + std::to_string(mock.port()) +
                                 api.path + R"("))" + R"(

prompt draw(what: string) -> image {
  model: artist
  repair: 0
  user: "Draw {{ what }}"
}

prompt name(picture: image) -> string {
  model: artist
  user: "{{ picture }} What is it?"
}

chain main(what: string = "a house") -> image {
  return draw(what)
}

chain bounded() -> image within { cost: $1.00 } {
  return draw("a tree")
}
)");
  }
  [[nodiscard]] Ended chain(std::vector<std::string> words) const {
    if (words[0] == "run")
      words.insert(words.begin() + 1, {"--allow", "host=127.0.0.1:" + std::to_string(mock.port())});
    Command command = place.command(std::move(words));
    command.environment.emplace_back("OPENAI_API_KEY", "sk-for-drawing");
    command.environment.emplace_back("GEMINI_API_KEY", "key-for-drawing");
    return run(command);
  }
};

}  // namespace

TEST_CASE("an image that a model makes goes out as it is, or as a data URI") {
  const Api api = GENERATE(kGemini, kResponses);
  CAPTURE(api.mock);
  const Drawing drawing(api, {"--image", encoded(kPng), "--chunk", "3"});
  const Ended drawn = drawing.chain({"run", "draw.chain"});
  check_ended(drawn, 0, {});
  CHECK(drawn.out == kPng);
  const Ended json = drawing.chain({"run", "draw.chain", "--json"});
  check_ended(json, 0, {});
  CHECK(nlohmann::json::parse(json.out)["image"] == "data:image/png;base64," + encoded(kPng));
  const Ended events = drawing.chain({"run", "draw.chain", "--events"});
  check_ended(events, 0, {});
  CHECK(events.out.find("\"event\":\"run_ended\"") != std::string::npos);
  check_ended(drawing.chain({"show", "last"}), 0, {});
}

TEST_CASE("words are no image, wherever they lead") {
  const Api api = GENERATE(kGemini, kResponses);
  CAPTURE(api.mock);
  const std::string reply =
      GENERATE("/etc/hostname", "data:image/png;base64,aGk=", "https://example.com/a.png");
  const Drawing drawing(api, {"--reply", reply});
  check_ended(drawing.chain({"run", "draw.chain"}), 1, {"invalid_output", "no image came with it"});
}

TEST_CASE("what is no image of a known form is none") {
  const Drawing drawing(kGemini, {"--image", "!!!"});
  check_ended(drawing.chain({"run", "draw.chain"}), 1, {"the image cannot be decoded"});
}

TEST_CASE("an API that gives text alone is not asked for an image") {
  const Drawing drawing({"mock_anthropic", R"(anthropic("m")", ""}, {});
  Command command = drawing.place.command({"run", "--allow", "host=*", "draw.chain"});
  command.environment.emplace_back("ANTHROPIC_API_KEY", "key-for-drawing");
  check_ended(run(command), 1, {"this API answers with text alone", "`gemini`"});
}

TEST_CASE("what an image takes is not known before") {
  const Drawing drawing(kResponses, {"--image", encoded(kPng)});
  check_ended(drawing.chain({"run", "draw.chain:bounded"}), 1,
              {"what an image takes is known when it is made"});
}
