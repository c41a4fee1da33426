// Media as every provider is sent them, against mocks that serve the providers' own SDKs too.
#include <catch2/catch.hpp>

#include "runtime/access/policy.h"
#include "tests/unit/access/temporary.h"
#include "tests/unit/net/provider_fixture.h"
#include "tests/unit/net/samples.h"

using namespace chain;
using nlohmann::json;
using test::Answer;
using test::Caller;
using test::mentions;
using test::Provider;

namespace {

constexpr Provider kResponses = {"openai", "mock_responses", "OPENAI_API_KEY", "/v1", "", 503};
constexpr Provider kAnthropic = {"anthropic", "mock_anthropic", "ANTHROPIC_API_KEY", "/v1", "", 529};
constexpr Provider kGemini = {"gemini", "mock_gemini", "GEMINI_API_KEY", "/v1beta", "", 503};
constexpr Provider kOllama = {"ollama", "mock_ollama", "NO_KEY", "", "", 503};

const std::string kPngUri = std::string("data:image/png;base64,") + samples::kPng;
const std::string kPdfUri = std::string("data:application/pdf;base64,") + samples::kPdf;

/// A project with a file of each kind.
struct Project {
  access::test::Temporary place;
  model::ClientOptions options;

  Project() {
    auto policy = std::make_shared<access::Policy>();
    policy->folder = place.path().string();
    policy->allow = {{program::CapabilityKind::Host, "example.com"}};
    options.access = std::move(policy);
    place.file("cup.png", samples::png());
    place.file("manual.pdf", samples::pdf());
    place.file("notes.txt", "\"notes\"\n");
    place.file("talk.wav", samples::wav());
    place.file("film.mp4", samples::mp4());
  }
};

struct Call : Project, test::Call {
  explicit Call(const Provider& provider, const std::string& more = {}, bool verbose = false,
                const std::vector<std::string>& switches = {})
      : test::Call(provider, switches, more, "sk-secret", with(options, verbose)) {}

  static model::ClientOptions with(model::ClientOptions options, bool verbose) {
    options.verbose = verbose;
    return options;
  }
};

/// OpenAI's chat completions, whose mock keeps the head of a request as well.
struct Chat : Project {
  test::MockOpenAi mock;
  Caller caller;

  explicit Chat(const char* provider = "openai") : caller(mock, {}, options) {
    caller.program.models[0].provider = provider;
    caller.program.models[0].id = "gpt-4o";  // which takes every kind
  }
  [[nodiscard]] json content() const {
    const std::string last = mock.get("/last");
    return json::parse(last.substr(last.find("\r\n\r\n") + 4))["messages"].back()["content"];
  }
};

model::Message shows(std::string_view text, std::vector<abi::Attachment> media) {
  model::Message message;
  message.role = program::Role::User;
  message.text = text;
  message.media = std::move(media);
  return message;
}

const program::TypeTable kTypes;

abi::Attachment medium(program::TypeId type, std::string_view source, uint64_t offset = 0) {
  return {offset, type, value::Text(source)};
}

model::Request ask(model::Message message) {
  model::Request request;
  request.messages.push_back({program::Role::System, "Be brief.", {}});
  request.messages.push_back(std::move(message));
  return request;
}

/// A question with one medium, at its end.
model::Request ask(program::TypeId type, std::string_view source) {
  return ask(shows("Look: ", {medium(type, source, 6)}));
}

/// Text, an image, text, a document behind a line's end alone, and an image by URL at the end.
model::Request several() {
  return ask(shows("What is this? \n and this?",
                   {medium(kTypes.image_type, "cup.png", 14), medium(kTypes.file_type, "manual.pdf", 15),
                    medium(kTypes.image_type, "https://example.com/b.jpg", 25)}));
}

}  // namespace

TEST_CASE("chat completions are sent parts in the order of the text") {
  for (const char* provider : {"openai", "compatible"}) {
    Chat chat(provider);
    const Answer answer = chat.caller.call(several());
    INFO(answer.failure.message);
    REQUIRE(answer.is_done);
    CHECK(answer.completion.text == "echo: What is this?  and this?");
    CHECK(chat.content() ==
          json({{{"type", "text"}, {"text", "What is this? "}},
                {{"type", "image_url"}, {"image_url", {{"url", kPngUri}}}},
                {{"type", "file"}, {"file", {{"filename", "manual.pdf"}, {"file_data", kPdfUri}}}},
                {{"type", "text"}, {"text", " and this?"}},
                {{"type", "image_url"}, {"image_url", {{"url", "https://example.com/b.jpg"}}}}}));
    REQUIRE(chat.caller.call(ask(kTypes.audio_type, "talk.wav")).is_done);
    CHECK(chat.content()[1] ==
          json({{"type", "input_audio"}, {"input_audio", {{"data", samples::kWav}, {"format", "wav"}}}}));
    REQUIRE(chat.caller.call(ask(kTypes.file_type, "data:,notes")).is_done);
    CHECK(chat.content()[1]["file"] ==
          json({{"filename", "file.txt"}, {"file_data", "data:text/plain;base64,bm90ZXM="}}));
    // Without media a message stays a text.
    REQUIRE(chat.caller.call("plain").is_done);
    CHECK(chat.content() == "plain");
  }
}

TEST_CASE("Responses are sent parts in the order of the text") {
  Call call(kResponses, R"(, "api": "responses")");
  const Answer answer = call.caller.call(several());
  INFO(answer.failure.message);
  REQUIRE(answer.is_done);
  CHECK(
      call.last()["input"] ==
      json(
          {{{"role", "system"}, {"content", "Be brief."}},
           {{"role", "user"},
            {"content",
             {{{"type", "input_text"}, {"text", "What is this? "}},
              {{"type", "input_image"}, {"detail", "auto"}, {"image_url", kPngUri}},
              {{"type", "input_file"}, {"filename", "manual.pdf"}, {"file_data", kPdfUri}},
              {{"type", "input_text"}, {"text", " and this?"}},
              {{"type", "input_image"}, {"detail", "auto"}, {"image_url", "https://example.com/b.jpg"}}}}}}));
  REQUIRE(call.caller.call(ask(kTypes.file_type, "https://example.com/a.pdf")).is_done);
  CHECK(call.last()["input"][1]["content"][1] ==
        json({{"type", "input_file"}, {"file_url", "https://example.com/a.pdf"}}));
}

TEST_CASE("Anthropic is sent blocks in the order of the text") {
  Call call(kAnthropic);
  const Answer answer = call.caller.call(several());
  INFO(answer.failure.message);
  REQUIRE(answer.is_done);
  CHECK(call.last()["messages"][0]["content"] ==
        json({{{"type", "text"}, {"text", "What is this? "}},
              {{"type", "image"},
               {"source", {{"type", "base64"}, {"media_type", "image/png"}, {"data", samples::kPng}}}},
              {{"type", "document"},
               {"source", {{"type", "base64"}, {"media_type", "application/pdf"}, {"data", samples::kPdf}}}},
              {{"type", "text"}, {"text", " and this?"}},
              {{"type", "image"}, {"source", {{"type", "url"}, {"url", "https://example.com/b.jpg"}}}}}));
  REQUIRE(call.caller.call(ask(kTypes.file_type, "notes.txt")).is_done);
  CHECK(call.last()["messages"][0]["content"][1] ==
        json({{"type", "document"},
              {"source", {{"type", "text"}, {"media_type", "text/plain"}, {"data", "\"notes\"\n"}}}}));
  // A medium may be all that is said.
  REQUIRE(call.caller.call(ask(shows("", {medium(kTypes.image_type, "cup.png")}))).is_done);
  CHECK(call.last()["messages"][0]["content"].size() == 1);
}

TEST_CASE("Gemini is sent parts in the order of the text") {
  Call call(kGemini);
  const Answer answer = call.caller.call(several());
  INFO(answer.failure.message);
  REQUIRE(answer.is_done);
  CHECK(call.last()["contents"][0]["parts"] ==
        json({{{"text", "What is this? "}},
              {{"inlineData", {{"mimeType", "image/png"}, {"data", samples::kPng}}}},
              {{"inlineData", {{"mimeType", "application/pdf"}, {"data", samples::kPdf}}}},
              {{"text", " and this?"}},
              {{"fileData", {{"mimeType", "image/jpeg"}, {"fileUri", "https://example.com/b.jpg"}}}}}));
  for (const auto& [type, source] :
       {std::pair{kTypes.audio_type, "talk.wav"}, std::pair{kTypes.video_type, "film.mp4"},
        std::pair{kTypes.video_type, "https://example.com/watch?v=1"},
        std::pair{kTypes.file_type, "notes.txt"}}) {
    CAPTURE(source);
    CHECK(call.caller.call(ask(type, source)).is_done);
  }
}

TEST_CASE("Ollama is sent images beside the text") {
  Call call(kOllama);
  const Answer answer = call.caller.call(ask(
      shows("One, two", {medium(kTypes.image_type, "cup.png", 3), medium(kTypes.image_type, kPngUri, 8)})));
  INFO(answer.failure.message);
  REQUIRE(answer.is_done);
  CHECK(call.last()["messages"] ==
        json({{{"role", "system"}, {"content", "Be brief."}},
              {{"role", "user"}, {"content", "One, two"}, {"images", {samples::kPng, samples::kPng}}}}));
}

TEST_CASE("what a provider does not take is refused, and who takes it is said") {
  struct Case {
    const Provider* provider;
    const char* options;
    program::TypeId type;
    const char* source;
    const char* said;
  };
  const char* responses = R"(, "api": "responses")";
  const Case cases[] = {
      {&kResponses, responses, kTypes.audio_type, "talk.wav",
       "model `fast`: its provider takes no WAV audio, as `talk.wav`; `openai` and `gemini` do"},
      {&kAnthropic, "", kTypes.audio_type, "talk.wav", "`openai` and `gemini` do"},
      {&kAnthropic, "", kTypes.video_type, "film.mp4", "takes no MP4 video, as `film.mp4`; `gemini` does"},
      {&kGemini, "", kTypes.image_type, "data:,GIF89a...",
       "takes no GIF images; `openai`, `openai` with `api: \"responses\"` and `anthropic` do"},
      {&kOllama, "", kTypes.file_type, "manual.pdf", "takes no PDFs, as `manual.pdf`"},
      {&kOllama, "", kTypes.image_type, "https://example.com/b.jpg",
       "does not fetch the image `https://example.com/b.jpg`: put it into the project's folder and give its "
       "path; `openai`"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.provider->name, each.source);
    Call call(*each.provider, each.options);
    const Answer answer = call.caller.call(ask(each.type, each.source));
    REQUIRE(answer.is_failed);
    CHECK(answer.failure.kind == abi::ErrorKind::InvalidValue);
    INFO(answer.failure.message);
    CHECK(mentions(answer.failure.message, each.said));
    CHECK(call.peer.stat("requests") == 0);
  }
  Chat chat;
  for (const auto& [type, source] : {std::pair{kTypes.video_type, "film.mp4"},
                                     std::pair{kTypes.audio_type, "https://example.com/talk.wav"},
                                     std::pair{kTypes.file_type, "https://example.com/a.pdf"}})
    CHECK(chat.caller.call(ask(type, source)).failure.kind == abi::ErrorKind::InvalidValue);
  CHECK(chat.mock.stat("requests") == 0);
}

TEST_CASE("a medium that cannot be read fails the call before anything is sent") {
  Chat chat;
  Answer answer;
  chat.caller.client->start(ask(kTypes.image_type, "no.png"), answer);
  CHECK_FALSE(answer.ended());  // not from within `start`
  chat.caller.loop.run();
  CHECK(answer.failure.kind == abi::ErrorKind::NotFound);
  CHECK(mentions(answer.failure.message, "the image `no.png` is not there"));
  Answer cancelled;
  chat.caller.client->cancel(chat.caller.client->start(ask(kTypes.image_type, "no.png"), cancelled));
  chat.caller.loop.run();
  CHECK_FALSE(cancelled.ended());
  CHECK(chat.mock.stat("requests") == 0);
}

TEST_CASE("media are shown as what they are, not with all their bytes") {
  Call call(kAnthropic, {}, /*verbose=*/true);
  const Answer answer = call.caller.call(several());
  REQUIRE(answer.is_done);
  CHECK(mentions(answer.sent_text, R"("media_type":"image/png","data":"[70 bytes, sha256 )"));
  CHECK_FALSE(mentions(answer.sent_text, samples::kPng));
  CHECK(mentions(call.peer.get("/last"), samples::kPng));
}

TEST_CASE("media go along when the request is written anew without its schema") {
  Call call(kGemini, {}, false, {"--no-schema"});
  model::Request request = ask(kTypes.image_type, "cup.png");
  request.schema_name = "triage";
  request.schema = R"({"enum":["low","high"],"type":"string"})";
  const Answer answer = call.caller.call(std::move(request));
  INFO(answer.failure.message);
  REQUIRE(answer.is_done);
  CHECK(answer.retries.size() == 1);
  CHECK(call.last()["contents"][0]["parts"].size() == 2);
}

TEST_CASE("a stand-in may take what the model does not, but cannot read what is not there") {
  Call gemini(kGemini);
  const std::string to = R"({"base_url": "http://127.0.0.1:)" + std::to_string(gemini.peer.port());
  program::Program& program = gemini.caller.program;
  program.models[0] = {"first", "compatible", "x", R"({"base_url": "http://127.0.0.1:1/v1", "fallback": 1})"};
  program.models.push_back({"second", "gemini", "y", to + R"(/v1beta"})"});
  gemini.caller.client = model::make_client(program, gemini.caller.loop, gemini.options);
  Answer answer = gemini.caller.call(ask(kTypes.video_type, "film.mp4"));
  INFO(answer.failure.message);
  REQUIRE(answer.is_done);
  CHECK(mentions(answer.retries.at(0), "takes no MP4 video"));
  answer = gemini.caller.call(ask(kTypes.video_type, "no.mp4"));
  CHECK(answer.failure.kind == abi::ErrorKind::NotFound);
  CHECK(answer.retries.empty());
}

TEST_CASE("baseline looks at no media, and shows where they stand") {
  Project project;
  project.options.verbose = true;
  Caller caller("{}", project.options);
  caller.program.models[0] = {"fast", "baseline", "", "{}"};
  program::Prompt prompt;
  prompt.name = "describe";
  prompt.result = caller.program.types.string_type;
  model::Request request = ask(kTypes.image_type, "no.png");
  request.program = &caller.program;
  request.prompt = &prompt;
  const std::byte arguments[8] = {};
  request.arguments = arguments;
  const Answer answer = caller.call(std::move(request));
  REQUIRE(answer.is_done);
  CHECK(mentions(answer.sent_text, "[user]\nLook: [image `no.png`]\n"));
}
