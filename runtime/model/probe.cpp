#include "runtime/model/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/http/client.h"
#include "runtime/http/printable.h"
#include "runtime/model/backend.h"
#include "runtime/model/endpoint.h"
#include "runtime/model/known_endpoints.h"
#include "runtime/model/options.h"
#include "runtime/model/probe_questions.h"
#include "runtime/model/variables.h"
#include "runtime/model/vectors.h"
#include "runtime/program/providers.h"
#include "runtime/sched/event_loop.h"

namespace chain::model {

namespace {

using nlohmann::json;

constexpr int64_t kTokens = 1024;  // of an answer, at most: some models think before they say "ok"
constexpr std::string_view kQuestion = "Answer with the word ok.";
constexpr std::string_view kSearchQuestion = "Search the web for the title of the page example.com.";
constexpr std::string_view kSchemaQuestion = R"(Answer with the JSON object {"ok": true}.)";
constexpr std::string_view kSchema =
    R"({"additionalProperties":false,"properties":{"ok":{"type":"boolean"}},"required":["ok"],"type":"object"})";

/// How one question ended.
struct Heard final : Listener {
  explicit Heard(EventLoop& loop) : loop(&loop), began(loop.now()) {}
  void delta(std::string_view text) override { streamed += text; }
  void done(Completion result) override {
    completion = std::move(result);
    ok = true;
    loop->stop();
  }
  void failed(Failure result) override {
    failure = std::move(result);
    loop->stop();
  }

  EventLoop* loop;
  int64_t began;
  bool ok = false;
  std::string streamed;
  Completion completion;
  Failure failure;
};

/// Whether the server said that it does not do what was asked, rather than nothing that one could rely on.
bool declines(const Failure& failure) {
  return failure.kind == abi::ErrorKind::Failed || failure.kind == abi::ErrorKind::NotFound ||
         failure.kind == abi::ErrorKind::InvalidValue || failure.kind == abi::ErrorKind::InvalidOutput;
}

/// The end of the connection test, whatever was answered.
struct Reached final : http::Handler {
  explicit Reached(EventLoop& loop) : loop(loop) {}
  void status(int code) override { answered = code; }
  void end(const http::Outcome& ended) override {
    outcome = ended;
    loop.stop();
  }
  EventLoop& loop;
  int answered = 0;
  http::Outcome outcome;
};

class Prober {
 public:
  Prober(const program::Program& program, uint32_t index, const ProbeOptions& options)
      : options_(options), alone_(program) {
    alone_.models = {program.models.at(index)};
    std::string error;
    const std::optional<Options> read = Options::read(model(), error);
    if (read) {
      probed_.base_url = base_url_of(model(), *read, options_.variables.get());
      key_of(*read);
    }
    searches_ = read && read->flag("web_search");
    set_options();
  }

  Probed run() {
    ask_all();
    // Who reads this knows which model it is about.
    const std::string name = "model `" + http::printable(model().name) + "`: ";
    for (Probe& probe : probed_.probes) {
      if (probe.note.starts_with(name)) probe.note.erase(0, name.size());
    }
    return std::move(probed_);
  }

 private:
  void ask_all() {
    if (program::is_stand_in(model().provider)) {
      add("answer", ProbeState::Works).note = "works offline, and is no language model";
      return;
    }
    probed_.url = http::printable(without_user(probed_.base_url));
    reach();
    if (!options_.asks) {
      add("answer", ProbeState::Skipped).advice = "`--live` asks it small questions, which may cost money";
      if (!probed_.key_env.empty() && !probed_.key_set) probed_.usable = false;
      documented();
      return;
    }
    if (!probed_.usable || !answers()) return;
    streams();
    structured();
    tools(&Abilities::tools, "tools", "no agent can use this model");
    tools(&Abilities::tool_choice, "tool_choice", "it cannot be told which tool to call");
    tools(&Abilities::several, "n", "each answer of a `sample` is a request of its own");
    embeddings();
    searches();
  }

  [[nodiscard]] const program::Model& model() const { return alone_.models.front(); }

  /// What the table says of a model that is not asked.
  void documented() {
    const Abilities abilities = abilities_of(model().provider, model().id);
    for (const AbilityName& ability : probed_abilities()) {
      const Does does = abilities.*ability.member;
      if (does != Does::Unknown)
        add(std::string(ability.name), ProbeState::Skipped).note =
            does == Does::Yes ? "documented: it does" : "documented: it does not";
    }
    if (abilities.reasoning != Does::Unknown)
      add("reasoning", ProbeState::Skipped).note =
          abilities.reasoning == Does::Yes ? "documented: it can think" : "documented: it does not think";
    if (abilities.context > 0)
      add("context", ProbeState::Skipped).note = fmt::format("documented: {} tokens", abilities.context);
  }

  void key_of(const Options& options) {
    const program::ProviderInfo* provider = program::find_model_provider(model().provider);
    const auto named = options.text("api_key_env");
    const bool home = provider != nullptr && probed_.base_url == provider->home;
    if (named) {
      probed_.key_env = *named;
    } else if (provider != nullptr && home) {
      probed_.key_env = provider->key;
    }
    if (probed_.key_env.empty()) return;
    probed_.key_set = !find_secret(options_.variables.get(), probed_.key_env).empty();
  }

  /// Once, soon, by itself, and nobody else.
  void set_options() {
    program::Model& changed = alone_.models.front();
    json options = json::parse(changed.options_json.empty() ? "{}" : changed.options_json, nullptr, false);
    if (!options.is_object() || program::is_stand_in(changed.provider)) return;
    for (const char* name :
         {"fallback", "rpm", "tpm", "concurrency", "stop", "web_search", "search_domains", "max_searches"})
      options.erase(name);
    options["retry"] = 0;
    options["timeout"] = options_.timeout;
    options["connect_timeout"] =
        std::min<int64_t>(options_.timeout, options.value("connect_timeout", options_.timeout));
    options["structured"] = "on";
    changed.options_json = options.dump();
  }

  Probe& add(std::string name, ProbeState state, int64_t time = 0) {
    return probed_.probes.emplace_back(Probe{std::move(name), state, time, {}, {}});
  }

  void reach() {
    EventLoop loop;
    http::Client client(loop);
    const int64_t began = loop.now();
    Reached reached(loop);
    http::Endpoint endpoint;
    endpoint.url = probed_.base_url;
    endpoint.method = "GET";
    endpoint.timeouts = {options_.timeout, options_.timeout, options_.timeout, options_.timeout};
    client.start(client.add(endpoint), {}, reached);
    loop.run();
    const bool there = reached.answered != 0 || reached.outcome.result == http::Result::Ok;
    Probe& probe = add("reach", there ? ProbeState::Works : ProbeState::Fails, loop.now() - began);
    if (there) return;
    probed_.usable = false;
    probe.note = http::printable(reached.outcome.message, 300);
    if (probe.note.empty()) probe.note = "nothing came within the time that was allowed";
    probe.advice = "is the server running, and `base_url` right?";
  }

  Heard ask(std::string_view question, bool stream, bool with_schema,
            std::shared_ptr<const KnownEndpoints> known = nullptr) {
    EventLoop loop;
    ClientOptions client_options;
    client_options.known = std::move(known);
    client_options.variables = options_.variables;
    const std::unique_ptr<Client> client = make_client(alone_, loop, client_options);
    Request request;
    request.messages.push_back({program::Role::User, question, {}});
    request.stream = stream;
    request.max_tokens = kTokens;
    if (with_schema) {
      request.schema_name = "probe";
      request.schema = kSchema;
    }
    Heard heard(loop);
    client->start(std::move(request), heard);
    loop.run();
    took_ = loop.now() - heard.began;
    return heard;
  }

  bool answers() {
    const Heard heard = ask(kQuestion, false, false);
    Probe& probe = add("answer", heard.ok ? ProbeState::Works : ProbeState::Fails, took_);
    if (heard.ok) return true;
    probed_.usable = false;
    probe.note = heard.failure.message;
    return false;
  }

  void streams() {
    Heard heard = ask(kQuestion, true, false);
    int64_t time = took_;
    bool counts = heard.ok && heard.completion.usage.output_tokens > 0;
    if (!heard.ok && declines(heard.failure)) {
      // Without the question for its usage?
      auto known = std::make_shared<KnownEndpoints>();
      Abilities without;
      without.stream_usage = Does::No;
      known->note(model().provider, probed_.base_url, model().id, without, 0);
      heard = ask(kQuestion, true, false, known);
      time = took_;
      counts = false;
    }
    Probe& stream = add("stream", heard.ok ? ProbeState::Works : ProbeState::Fails, time);
    if (!heard.ok) {
      stream.note = heard.failure.message;
      stream.advice = "do without `--stream`";
      return;
    }
    probed_.found.stream_usage = counts ? Does::Yes : Does::No;
    Probe& usage = add("stream_usage", counts ? ProbeState::Works : ProbeState::Missing);
    if (!counts) usage.advice = "what streamed answers cost is estimated from their length";
  }

  void structured() {
    const Heard heard = ask(kSchemaQuestion, false, true);
    const json value = json::parse(heard.completion.text, nullptr, false);
    const bool fits = heard.ok && value.is_object() && value.contains("ok") && value["ok"].is_boolean();
    const ProbeState state = fits                                  ? ProbeState::Works
                             : heard.ok || declines(heard.failure) ? ProbeState::Missing
                                                                   : ProbeState::Fails;
    Probe& probe = add("structured", state, took_);
    if (state == ProbeState::Fails) {
      probe.note = heard.failure.message;
      return;
    }
    probed_.found.structured = fits ? Does::Yes : Does::No;
    if (fits) return;
    probe.note = heard.ok ? "the answer does not follow the schema that was sent" : heard.failure.message;
    probe.advice = "write `structured: \"off\"`, so that no schema is sent";
  }

  void tools(Does Abilities::* ability, const char* name, const char* advice) {
    const std::optional<ProbeQuestion> question = question_about(model(), ability);
    if (!question) {
      if (!speaks_responses(model())) return;
      probed_.found.*ability = Does::No;
      Probe& probe = add(name, ProbeState::Missing);
      probe.note = "the Responses API has no such thing";
      probe.advice = advice;
      return;
    }
    const Heard heard = post(*question);
    if (heard.ok && shows(model(), ability, heard.completion.text)) {
      probed_.found.*ability = Does::Yes;
      add(name, ProbeState::Works, took_);
      return;
    }
    // A model that was free to choose may answer in words.
    const bool unsure = heard.ok && ability == &Abilities::tools;
    const bool missing = !unsure && (heard.ok || declines(heard.failure));
    if (missing) probed_.found.*ability = Does::No;
    Probe& probe = add(name, missing ? ProbeState::Missing : ProbeState::Fails, took_);
    probe.note = !heard.ok ? heard.failure.message
                 : unsure  ? "it answered in words where it was told to call a tool"
                           : "the reply does not show it";
    if (missing) probe.advice = advice;
  }

  Heard post(const ProbeQuestion& question) {
    EventLoop loop;
    http::Client client(loop);
    Random random(1);
    ClientOptions client_options;
    client_options.variables = options_.variables;
    const Services services{loop, [&]() -> http::Client& { return client; }, random, client_options};
    MadeBackend made = make_raw_backend(model(), services, question.api);
    Heard heard(loop);
    if (!made.backend) {
      heard.failure = std::move(made.failure);
      return heard;
    }
    Request request;
    request.messages.push_back({program::Role::User, question.body, {}});
    made.backend->start(1, std::move(request), heard);
    loop.run();
    took_ = loop.now() - heard.began;
    return heard;
  }

  void embeddings() {
    if (model().provider == "anthropic") return;
    EventLoop loop;
    const std::unique_ptr<VectorClient> client = make_vector_client(alone_, loop);
    const int64_t began = loop.now();
    std::optional<Failure> failure;
    size_t dimensions = 0;
    client->embed({.texts = {"one", "two"}}, {.done =
                                                  [&](Embeddings found) {
                                                    dimensions = found.vectors.front().size();
                                                    loop.stop();
                                                  },
                                              .failed =
                                                  [&](Failure why) {
                                                    failure = std::move(why);
                                                    loop.stop();
                                                  }});
    loop.run();
    const bool missing = failure && declines(*failure);
    Probe& probe = add("embeddings",
                       !failure  ? ProbeState::Works
                       : missing ? ProbeState::Missing
                                 : ProbeState::Fails,
                       loop.now() - began);
    if (!failure) probe.note = fmt::format("{} dimensions", dimensions);
    if (failure) probe.note = failure->message;
    if (missing) probe.advice = "it cannot stand in `embed:` of an index";
    if (!failure || missing) probed_.found.embeddings = failure ? Does::No : Does::Yes;
  }

  /// Asked only of a model that is to search: a search costs money.
  void searches() {
    if (!searches_) return;
    program::Model& changed = alone_.models.front();
    json options = json::parse(changed.options_json, nullptr, false);
    options["web_search"] = true;
    if (changed.provider == "anthropic" || speaks_responses(changed)) options["max_searches"] = 1;
    const std::string before = std::exchange(changed.options_json, options.dump());
    const Heard heard = ask(kSearchQuestion, false, false);
    changed.options_json = before;
    const bool searched =
        heard.ok && (heard.completion.usage.searches > 0 || !heard.completion.sources.empty());
    const bool missing = !heard.ok && declines(heard.failure);
    Probe& probe = add("web_search",
                       searched  ? ProbeState::Works
                       : missing ? ProbeState::Missing
                                 : ProbeState::Fails,
                       took_);
    if (searched || missing) probed_.found.web_search = searched ? Does::Yes : Does::No;
    if (heard.ok && !searched) probe.note = "it answered without a search";
    if (!heard.ok) probe.note = heard.failure.message;
    if (missing) probe.advice = "leave `web_search` out, or name a model that searches";
  }

  const ProbeOptions& options_;
  program::Program alone_;  // with that model, and no other
  bool searches_ = false;   // the program tells it to
  int64_t took_ = 0;
  Probed probed_;
};

}  // namespace

bool is_loopback(const std::string& url) {
  const std::string shown = without_user(url);
  std::string_view host = shown;
  if (const size_t scheme = host.find("://"); scheme != std::string_view::npos)
    host.remove_prefix(scheme + 3);
  if (const size_t user = host.substr(0, host.find('/')).rfind('@'); user != std::string_view::npos)
    host.remove_prefix(user + 1);
  if (host.starts_with("[::1]")) return true;
  host = host.substr(0, host.find_first_of(":/?#"));
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  const bool digits = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return digits && host.starts_with("127.");
}

bool is_served_here(const program::Model& model, const Variables* variables) {
  std::string error;
  const std::optional<Options> options = Options::read(model, error);
  return options && is_loopback(base_url_of(model, *options, variables));
}

Probed probe_model(const program::Program& program, uint32_t index, const ProbeOptions& options) {
  return Prober(program, index, options).run();
}

}  // namespace chain::model
