// The client that asks no question twice, over a model that answers when the test says so.
#include "runtime/model/caching_client.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <map>

#include "runtime/sched/event_loop.h"

using namespace chain;
using model::Cached;
using model::Completion;
using model::Failure;
using model::Request;

namespace {

constexpr int64_t kHour = 3'600'000'000'000;

/// A model that holds every call until it is told what to do with it.
struct Model final : model::Client {
  struct Call {
    Request request;
    std::string text;  // of the first message, as it was
    model::Listener* listener;
    bool cancelled = false;
  };
  std::vector<Call> calls;

  CallId start(Request request, model::Listener& listener) override {
    std::string text(request.messages.empty() ? "" : request.messages[0].text);
    calls.push_back({std::move(request), std::move(text), &listener});
    return calls.size();
  }
  void cancel(CallId call) override { calls.at(call - 1).cancelled = true; }

  static Completion completion(std::string text) {
    Completion completion;
    completion.text = std::move(text);
    completion.model = "m-1";
    completion.finish_reason = "stop";
    completion.usage = {10, 5, 0, 0};
    return completion;
  }
  void answer(size_t call, const std::string& text) { calls.at(call).listener->done(completion(text)); }
};

/// Answers at the loop's next turn.
struct Memory final : model::AnswerStore {
  struct Kept {
    model::NewAnswer answer;
    int64_t made;
  };
  explicit Memory(EventLoop& l) : loop(l) {}
  EventLoop& loop;
  std::map<std::string, Kept> kept;
  size_t lookups = 0;

  void find(const std::string& key, int64_t most_age, Found found) override {
    ++lookups;
    std::optional<model::KeptAnswer> answer;
    const auto place = kept.find(key);
    if (place != kept.end() && loop.now() - place->second.made < most_age) {
      const model::NewAnswer& known = place->second.answer;
      answer = {known.text, known.model, known.finish_reason, loop.now() - place->second.made};
    }
    loop.after(0, [found = std::move(found), answer = std::move(answer)] { found(answer); });
  }
  void find_similar(const std::string& key, const model::Likeness& likeness, uint32_t least, int64_t most_age,
                    Found found) override {
    asked_alike.push_back({likeness, least});
    const auto alike = [&](const auto& place) {
      const auto& known = place.second.answer.likeness;
      return known && known->scope == likeness.scope && known->question != likeness.question;
    };
    const auto place = std::ranges::find_if(kept, alike);
    if (kept.contains(key) || place == kept.end()) return find(key, most_age, std::move(found));
    ++lookups;
    const model::NewAnswer& known = place->second.answer;
    model::KeptAnswer answer{known.text,  known.model, known.finish_reason, 0,
                             known.usage, 0.98,        place->first};
    loop.after(0, [found = std::move(found), answer] { found(answer); });
  }
  std::vector<std::pair<model::Likeness, uint32_t>> asked_alike;
  void keep(const std::string& key, model::NewAnswer answer) override {
    kept.insert_or_assign(key, Kept{std::move(answer), loop.now()});
  }
  void forget(const std::string& key) override { kept.erase(key); }
};

/// Keeps what it hears, and lets every answer be kept that can be.
struct Asker final : model::Listener {
  std::vector<std::string> deltas;
  size_t retries = 0;
  std::optional<Completion> answer;
  std::optional<Failure> failure;
  std::function<void()> on_delta = [] {};
  std::function<void()> on_end = [] {};

  void delta(std::string_view text) override {
    deltas.emplace_back(text);
    on_delta();
  }
  void retry(std::string_view, int64_t) override {
    deltas.clear();
    ++retries;
  }
  void done(Completion completion) override {
    if (completion.keep) completion.keep(completion);
    answer = std::move(completion);
    on_end();
  }
  void failed(Failure given) override {
    failure = std::move(given);
    on_end();
  }
  [[nodiscard]] bool ended() const { return answer || failure; }
  [[nodiscard]] std::string streamed() const {
    std::string text;
    for (const std::string& delta : deltas) text += delta;
    return text;
  }
};

struct Place {
  VirtualClock clock;
  EventLoop loop{&clock};
  program::Program program;
  Memory memory{loop};
  Model* model;
  std::unique_ptr<model::Client> client;
  std::deque<Asker> askers;

  Place() {
    program.models.push_back({"fast", "openai", "gpt-5-mini", "{}"});
    make();
  }
  void make() {
    auto inner = std::make_unique<Model>();
    model = inner.get();
    client = model::make_caching_client(std::move(inner), memory, program, loop);
  }

  static Request request(std::string_view text, bool stream = false) {
    Request request;
    request.messages.push_back({program::Role::User, text, {}});
    request.cache = kHour;
    request.stream = stream;
    return request;
  }
  Asker& asker() { return askers.emplace_back(); }
  /// Asks, and lets what is looked up be found.
  model::Client::CallId ask(Asker& asker, std::string_view text = "hi", bool stream = false) {
    const auto call = client->start(request(text, stream), asker);
    loop.run();
    return call;
  }
};

}  // namespace

TEST_CASE("a thousand equal calls at the same time are one request") {
  Place place;
  for (int i = 0; i < 500; ++i) place.client->start(Place::request("hi"), place.asker());
  place.loop.run();
  for (int i = 0; i < 500; ++i) place.client->start(Place::request("hi"), place.asker());
  place.loop.run();
  REQUIRE(place.model->calls.size() == 1);
  CHECK(place.memory.lookups == 1);
  place.model->answer(0, "hello");
  place.loop.run();
  int64_t tokens = 0;
  size_t misses = 0;
  for (const Asker& asker : place.askers) {
    REQUIRE(asker.answer);
    CHECK(asker.answer->text == "hello");
    tokens += asker.answer->usage.input_tokens + asker.answer->usage.output_tokens;
    misses += asker.answer->cached == Cached::Miss;
  }
  CHECK(tokens == 15);
  CHECK(misses == 1);
  CHECK(place.askers.back().answer->cached == Cached::Coalesced);
}

TEST_CASE("an answer that was kept is given without a request, for as long as the caller wants") {
  Place place;
  place.ask(place.asker());
  place.model->answer(0, "hello");
  place.clock.advance(kHour / 2);
  Asker& hit = place.asker();
  place.ask(hit);
  REQUIRE(hit.answer);
  CHECK(hit.answer->text == "hello");
  CHECK(hit.answer->cached == Cached::Hit);
  CHECK(hit.answer->model == "m-1");
  CHECK(hit.answer->age == kHour / 2);
  CHECK(hit.answer->usage.input_tokens == 0);
  CHECK(hit.answer->usage.output_tokens == 0);
  CHECK(hit.deltas.empty());
  Asker& streaming = place.asker();
  place.ask(streaming, "hi", true);
  CHECK(streaming.streamed() == "hello");
  REQUIRE(streaming.answer);
  CHECK(place.model->calls.size() == 1);

  place.clock.advance(kHour / 2);
  place.ask(place.asker());
  CHECK(place.model->calls.size() == 2);
}

TEST_CASE("whoever asked first may go at any time without harm to the others") {
  Place place;
  Asker &first = place.asker(), &second = place.asker(), &third = place.asker();
  std::string text = "hi";
  const auto leader = place.client->start(Place::request(text), first);
  SECTION("before the cache is looked at") {
    place.client->start(Place::request("hi"), second);
    place.client->cancel(leader);
    text = "XX";  // the memory of the run that is no more
    place.loop.run();
  }
  SECTION("before the answer comes") {
    place.loop.run();
    place.ask(second);
    place.client->cancel(leader);
    text = "XX";
  }
  SECTION("as the only one so far: the next begins anew") {
    place.loop.run();
    place.client->cancel(leader);
    CHECK(place.model->calls.at(0).cancelled);
    place.model->calls.clear();
    place.ask(second);
  }
  place.ask(third);
  REQUIRE(place.model->calls.size() == 1);
  const Model::Call& call = place.model->calls[0];
  CHECK_FALSE(call.cancelled);
  CHECK(call.text == "hi");
  CHECK(call.request.messages[0].text == "hi");
  place.model->answer(0, "hello");
  CHECK_FALSE(first.ended());
  REQUIRE(second.answer);
  REQUIRE(third.answer);
  CHECK(second.answer->usage.input_tokens == 10);  // somebody has to count it
  CHECK(third.answer->usage.input_tokens == 0);
  CHECK(place.memory.kept.size() == 1);
  place.client->cancel(leader);  // afterwards it is unknown
  place.loop.run();
}

TEST_CASE("what a listener does when it hears the answer reaches the others") {
  Place place;
  Asker &first = place.asker(), &second = place.asker(), &third = place.asker(), &again = place.asker();
  place.client->start(Place::request("hi"), first);
  const auto dropped = place.client->start(Place::request("hi"), second);
  place.client->start(Place::request("hi"), third);
  place.loop.run();
  first.on_end = [&] {
    place.client->cancel(dropped);
    place.client->start(Place::request("hi"), again);
  };
  place.model->answer(0, "hello");
  place.loop.run();
  CHECK_FALSE(second.ended());
  CHECK(third.answer);
  REQUIRE(again.answer);
  CHECK(again.answer->cached == Cached::Hit);
  CHECK(place.model->calls.size() == 1);
}

TEST_CASE("the last one to wait, cancelled at the end, does not stop those who ask anew") {
  Place place;
  Asker &first = place.asker(), &second = place.asker(), &again = place.asker();
  place.client->start(Place::request("hi"), first);
  const auto last = place.client->start(Place::request("hi"), second);
  place.loop.run();
  first.on_end = [&] {
    place.client->start(Place::request("hi"), again);
    place.client->cancel(last);
  };
  place.model->calls[0].listener->failed({abi::ErrorKind::Timeout, "too late", 3});
  place.loop.run();
  REQUIRE(place.model->calls.size() == 2);
  CHECK_FALSE(place.model->calls[1].cancelled);
  place.model->answer(1, "hello");
  CHECK(again.answer);
}

TEST_CASE("a failure is everybody's, and is not kept") {
  Place place;
  for (int i = 0; i < 3; ++i) place.client->start(Place::request("hi"), place.asker());
  place.loop.run();
  place.model->calls[0].listener->failed({abi::ErrorKind::RateLimited, "model `fast`: too many", 3});
  for (const Asker& asker : place.askers) {
    REQUIRE(asker.failure);
    CHECK(asker.failure->kind == abi::ErrorKind::RateLimited);
    CHECK(asker.failure->message == "model `fast`: too many");
  }
  CHECK(place.memory.kept.empty());
  place.ask(place.asker());
  CHECK(place.model->calls.size() == 2);
}

TEST_CASE("only what the model itself ended is kept") {
  Place place;
  Completion answer = Model::completion("hello");
  bool kept = false;
  SECTION("as it is") {
    kept = true;
  }
  SECTION("an empty answer") {
    answer.text.clear();
  }
  SECTION("a cut one") {
    answer.cut_off = true;
  }
  SECTION("one of a stand-in") {
    answer.stand_in = true;
  }
  SECTION("a stop by a filter") {
    answer.finish_reason = "content_filter";
  }
  SECTION("a stop to call a tool") {
    answer.finish_reason = "tool_calls";
  }
  SECTION("Anthropic's word") {
    answer.finish_reason = "end_turn";
    kept = true;
  }
  SECTION("the Responses API's word") {
    answer.finish_reason = "completed";
    kept = true;
  }
  place.ask(place.asker());
  place.model->calls[0].listener->done(answer);
  CHECK(place.memory.kept.size() == (kept ? 1 : 0));
}

TEST_CASE("an answer with calls of tools, with sources or without its media is not kept") {
  const std::vector<std::function<void(Completion&)>> changes = {
      [](Completion& answer) { answer.tool_calls = {{"a", "time", "{}"}}; },
      [](Completion& answer) { answer.sources = {{"News", "https://example.com", "it rains"}}; },
      [](Completion& answer) { answer.dropped = {"an image"}; },
  };
  for (const auto& change : changes) {
    Place place;
    Asker& asker = place.asker();
    place.ask(asker);
    Completion answer = Model::completion("hello");
    change(answer);
    place.model->calls.at(0).listener->done(answer);
    REQUIRE(asker.answer);
    CHECK(asker.answer->tool_calls == answer.tool_calls);
    CHECK(asker.answer->sources == answer.sources);
    CHECK(place.memory.kept.empty());
  }
}

TEST_CASE("tools are asked with even if who named them is gone") {
  Place place;
  Asker &first = place.asker(), &second = place.asker();
  const auto ask = [&](Asker& asker) {
    const std::string name = "a rather long name of a tool",
                      parameters = R"({"type":"object","properties":{}})";
    Request request = Place::request("hi");
    request.tools = {{name, name, parameters}};
    request.tool_choice = {model::ToolChoice::Kind::Named, name};
    return place.client->start(request, asker);
  };
  const auto leader = ask(first);
  ask(second);
  place.client->cancel(leader);
  place.loop.run();
  REQUIRE(place.model->calls.size() == 1);
  const Request& asked = place.model->calls[0].request;
  REQUIRE(asked.tools.size() == 1);
  CHECK(asked.tools[0].name == "a rather long name of a tool");
  CHECK(asked.tools[0].parameters == R"({"type":"object","properties":{}})");
  CHECK(asked.tool_choice.name == "a rather long name of a tool");
  place.model->answer(0, "hello");
  CHECK(second.answer);
}

TEST_CASE("an answer that nobody could read is not kept, and its repair is the answer to the question") {
  Place place;
  struct Reader final : model::Listener {
    std::function<void(const Completion&)> keep;
    std::optional<Completion> answer;
    void done(Completion completion) override {
      keep = std::move(completion.keep);
      answer = std::move(completion);
    }
    void failed(Failure) override {}
  } reader, repairer;
  place.client->start(Place::request("hi"), reader);
  place.loop.run();
  place.model->answer(0, "nonsense");
  CHECK(place.memory.kept.empty());

  Request repair = Place::request("hi");
  repair.again = true;
  repair.repeat = "repair 1";
  place.client->start(repair, repairer);
  CHECK(place.memory.lookups == 1);  // nothing is kept of repairs
  place.model->answer(1, "sense");
  CHECK_FALSE(repairer.keep);
  REQUIRE(reader.keep);
  reader.keep(*repairer.answer);
  Asker& next = place.asker();
  place.ask(next);
  REQUIRE(next.answer);
  CHECK(next.answer->text == "sense");
  REQUIRE(next.answer->forget);
  next.answer->forget();
  place.ask(place.asker());
  CHECK(place.model->calls.size() == 3);
}

TEST_CASE("a stream reaches whoever wants it, from its beginning") {
  Place place;
  Asker &first = place.asker(), &silent = place.asker(), &late = place.asker();
  place.client->start(Place::request("hi", true), first);
  place.ask(silent);
  model::Listener& stream = *place.model->calls.at(0).listener;
  stream.delta("Hel");
  place.ask(late, "hi", true);
  CHECK(late.deltas.empty());
  stream.delta("lo");
  CHECK(late.deltas == std::vector<std::string>{"Hello"});
  stream.retry("the server closed the connection", 0);
  CHECK(first.retries == 1);
  CHECK(late.retries == 1);
  stream.delta("Good ");
  stream.delta("day");
  Asker& last = place.asker();
  place.ask(last, "hi", true);
  stream.done(Model::completion("Good day"));
  CHECK(first.streamed() == "Good day");
  CHECK(late.streamed() == "Good day");
  CHECK(last.streamed() == "Good day");
  CHECK(silent.deltas.empty());
  CHECK(silent.answer);
}

TEST_CASE("a stream can be had of a call that began without one") {
  Place place;
  Asker &silent = place.asker(), &streaming = place.asker(), &leaving = place.asker(), &other = place.asker();
  place.ask(silent);
  place.ask(streaming, "hi", true);
  const auto id = place.ask(leaving, "hi", true);
  place.ask(other, "hi", true);
  leaving.on_delta = [&] { place.client->cancel(id); };
  place.model->answer(0, "hello");
  CHECK(streaming.streamed() == "hello");
  CHECK_FALSE(leaving.ended());
  CHECK(other.answer);
}

TEST_CASE("requests that nobody wants kept go through as they are") {
  Place place;
  Asker &first = place.asker(), &second = place.asker();
  Request request = Place::request("hi");
  request.cache = 0;
  const auto call = place.client->start(request, first);
  place.client->start(request, second);
  REQUIRE(place.model->calls.size() == 2);
  place.client->cancel(call);
  CHECK(place.model->calls[0].cancelled);
  place.model->answer(1, "hello");
  CHECK(second.answer->cached == Cached::No);
  CHECK(place.memory.lookups == 0);
}

TEST_CASE("what may look at a run's own memory is asked by itself") {
  Place place;
  place.program.models[0].options_json = R"({"fallback": 1})";
  place.program.models.push_back({"offline", "baseline", "", "{}"});
  place.make();
  const std::byte arguments{};
  for (int i = 0; i < 2; ++i) {
    Request request = Place::request("hi");
    request.arguments = &arguments;
    place.client->start(request, place.asker());
  }
  place.loop.run();
  REQUIRE(place.model->calls.size() == 2);
  CHECK(place.model->calls[0].request.arguments == &arguments);
  place.model->answer(0, "hello");
  Asker& hit = place.asker();
  place.ask(hit);
  CHECK(hit.answer);
}

TEST_CASE("a client can go while its calls are looked up or asked") {
  Place place;
  place.ask(place.asker(), "one");
  place.client->start(Place::request("two"), place.asker());
  place.client = nullptr;
  CHECK_FALSE(place.askers[0].ended());
}

TEST_CASE("the answer to a similar question serves, and is said to be that") {
  Place place;
  const auto ask = [&](std::string_view text) -> Asker& {
    Asker& asker = place.asker();
    Request request = Place::request(text);
    request.similar = 9700;
    place.client->start(request, asker);
    place.loop.run();
    return asker;
  };
  Asker& first = ask("where?");
  place.model->answer(0, "hello");
  place.loop.run();
  CHECK(first.answer->cached == Cached::Miss);
  REQUIRE(place.memory.kept.size() == 1);
  CHECK(place.memory.kept.begin()->second.answer.likeness->question == "where?");

  const Asker& near = ask("where");
  REQUIRE(near.answer);
  CHECK(near.answer->text == "hello");
  CHECK(near.answer->cached == Cached::Similar);
  CHECK(near.answer->similarity == 0.98);
  CHECK(near.answer->usage.input_tokens == 0);
  CHECK(near.answer->saved.input_tokens == 10);
  CHECK(place.memory.asked_alike.back().second == 9700);
  const Asker& same = ask("where?");
  CHECK(same.answer->cached == Cached::Hit);
  CHECK(place.model->calls.size() == 1);

  near.answer->forget();  // the one that was found, under its own question
  CHECK(place.memory.kept.empty());
}
