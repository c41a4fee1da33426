// Provider `anthropic`: the messages API.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/http/printable.h"
#include "runtime/model/anthropic_reply.h"
#include "runtime/model/backend.h"
#include "runtime/model/endpoint.h"
#include "runtime/model/json_writer.h"
#include "runtime/model/message_parts.h"
#include "runtime/model/tool_messages.h"
#include "runtime/model/web_search.h"
#include "runtime/value/characters.h"

namespace chain::model {

namespace {

// The SDKs since October 2026 name version 2026-10-21 and send the key as a bearer token. What is used here
// is the same in both, and gateways know this one.
constexpr std::string_view kVersion = "2023-06-01";
constexpr int64_t kTokens = 8192;  // the API wants a number; `max_tokens` says another

void append_medium(std::string& body, const Medium& medium) {
  body +=
      medium.kind == MediumKind::Image ? R"({"type":"image","source":)" : R"({"type":"document","source":)";
  if (!medium.url.empty()) {
    body += R"({"type":"url","url":)";
    append_json_string(body, medium.url);
  } else if (medium.type->mime == "text/plain") {
    body += R"({"type":"text","media_type":"text/plain","data":)";
    append_json_string(body, medium.note.empty() ? medium.bytes : medium.note);
  } else {
    body.append(R"({"type":"base64","media_type":")").append(medium.type->mime).append(R"(","data":")");
    append_data(body, medium);
    body += '"';
  }
  body += "}}";
}

constexpr PartForm kParts = {R"({"type":"text","text":)", &append_medium};

/// Where what every call of a prompt begins with ends, in the order in which the API reads it.
struct Mark {
  size_t message = SIZE_MAX;
  size_t bytes = 0;  // of its text; 0 for all of it
};

/// What a model says of itself, as members of its requests.
struct Settings {
  std::string head;      // {"model":"...",options
  std::string thinking;  // ,"thinking":{...}; may be empty
  std::string effort;    // "effort":"low"; may be empty
  std::string cache;     // ,"cache_control":{...}; empty for no hints
  WebSearch search;
};

class Anthropic final : public JsonDialect {
 public:
  Anthropic(Setup setup, Settings settings)
      : JsonDialect(std::move(setup), "Anthropic's messages", MediaApi::Anthropic),
        settings_(std::move(settings)) {}

  Form write(const Request& request, MediaLeft media, std::string& body) override {
    Form form;
    const ResponseFormat* format = format_of(request);
    // Schemas with open objects (maps) are not taken, nor any with a search, whose pages the answer cites.
    if (format != nullptr && format->closed && !settings_.search.on) form = {true, format->wrapped};
    form.tools = !request.tools.empty();
    form.searches = settings_.search.on;
    body += settings_.head;
    if (may_think(request)) body += settings_.thinking;
    if (request.stream) body += R"(,"stream":true)";
    if (form.structured || !settings_.effort.empty()) {
      body.append(R"(,"output_config":{)").append(settings_.effort);
      if (form.structured && !settings_.effort.empty()) body += ',';
      if (form.structured)
        body.append(R"("format":{"type":"json_schema","schema":)").append(format->schema) += '}';
      body += '}';
    }
    // A conversation with tools grows by its end: what is there so far is the next step's beginning.
    if (!request.tools.empty()) body += settings_.cache;
    // `system` stands by itself. A prompt of system parts alone has nothing else to ask with.
    const bool asks = std::any_of(request.messages.begin(), request.messages.end(),
                                  [](const Message& each) { return each.role != program::Role::System; });
    const Mark mark = settings_.cache.empty() ? Mark{} : mark_of(request, asks);
    if (asks) write_system(request, mark, body);
    write_tools(request, body);
    write_turns(request, asks, mark, media, body);
    body += '}';
    return form;
  }

  using JsonDialect::refuses;
  std::string refuses(const Request& request) const override {
    const auto taken = [](const Tool& tool) { return tool.name == "web_search"; };
    if (settings_.search.on && std::ranges::any_of(request.tools, taken))
      return "the search of the web is called `web_search` there; no other tool can be";
    return JsonDialect::refuses(request);
  }

  [[nodiscard]] bool is_paused(const Form& form, const Completion& completion) const override {
    return form.searches && completion.finish_reason == "pause_turn";
  }

 private:
  /// An answer that goes on has made some of its searches before.
  void write_tools(const Request& request, std::string& body) const {
    const int64_t most = settings_.search.most;
    const int64_t left = most > 0 ? std::max<int64_t>(most - request.searches, 0) : 0;
    const bool spent = most > 0 && left == 0;
    const std::string hosted = anthropic_search(settings_.search, spent ? 1 : left);
    if (!spent) return append_anthropic_tools(body, request, hosted);
    Request silent = request;
    silent.tool_choice = {ToolChoice::Kind::None, {}};
    append_anthropic_tools(body, silent, hosted);
  }

  /// A call that is forced comes without thoughts; and where those before the last calls are not known, as
  /// another model made them, the API wants none.
  static bool may_think(const Request& request) {
    using Kind = ToolChoice::Kind;
    if (request.tool_choice.kind == Kind::Required || request.tool_choice.kind == Kind::Named) return false;
    const auto last = std::find_if(request.messages.rbegin(), request.messages.rend(), has_calls);
    return last == request.messages.rend() || !state_for(*last, kAnthropicState).empty();
  }

  /// Whether the text may be cut there: blank blocks are refused.
  static bool can_cut(std::string_view text, size_t bytes) {
    return bytes < text.size() && !value::trimmed(text.substr(0, bytes)).empty() &&
           !value::trimmed(text.substr(bytes)).empty();
  }

  static Mark mark_of(const Request& request, bool asks) {
    Mark mark;
    bool constant = true;
    const auto visit = [&](bool system) {
      for (size_t i = 0; i < request.messages.size() && constant; ++i) {
        const Message& message = request.messages[i];
        if (asks && (message.role == program::Role::System) != system) continue;
        constant = i < request.constant_messages;
        if (!message.media.empty() || message.turn || message.text.empty()) continue;
        if (constant) mark = {i, 0};
        if (i == request.constant_messages && can_cut(message.text, request.constant_bytes))
          mark = {i, request.constant_bytes};
      }
    };
    if (asks) visit(true);
    visit(false);
    return mark;
  }

  /// The text of message `place` as blocks; the mark stands on one of them.
  void write_text(const Message& message, size_t place, const Mark& mark, std::string& body) const {
    const size_t first = mark.message == place && mark.bytes != 0 ? mark.bytes : message.text.size();
    body += R"({"type":"text","text":)";
    append_json_string(body, message.text.substr(0, first));
    if (mark.message == place) body += settings_.cache;
    body += '}';
    if (first == message.text.size()) return;
    body += R"(,{"type":"text","text":)";
    append_json_string(body, message.text.substr(first));
    body += '}';
  }

  void write_system(const Request& request, const Mark& mark, std::string& body) const {
    bool first = true;
    for (const Message& message : request.messages) {
      if (message.role != program::Role::System) continue;
      body += std::exchange(first, false) ? R"(,"system":[)" : ",";
      write_text(message, static_cast<size_t>(&message - request.messages.data()), mark, body);
    }
    if (!first) body += ']';
  }

  /// Turns of one role in a row are one for the API; empty texts are refused.
  void write_turns(const Request& request, bool asks, const Mark& mark, MediaLeft media,
                   std::string& body) const {
    body += R"(,"messages":[)";
    for (const Message& message : request.messages) {
      if (message.turn) {
        append_anthropic_turn(body, message, media, kParts);
        continue;
      }
      const bool system = message.role == program::Role::System;
      if ((asks && system) || (message.text.empty() && message.media.empty())) continue;
      if (body.back() != '[') body += ',';
      body += message.role == program::Role::Assistant ? R"({"role":"assistant","content":)"
                                                       : R"({"role":"user","content":)";
      const auto place = static_cast<size_t>(&message - request.messages.data());
      if (place == mark.message) {
        body += '[';
        write_text(message, place, mark, body);
        body += "]}";
        continue;
      }
      append_content(body, message, media, kParts);
      body += '}';
    }
    body += ']';
  }

  std::string path() const override { return "/messages"; }
  http::Header key_header() const override { return {"x-api-key", ""}; }
  std::vector<http::Header> more_headers() const override {
    return {{"anthropic-version", std::string(kVersion)}};
  }
  std::unique_ptr<Reply> read_object(const Form& form) const override { return read_anthropic_object(form); }
  std::unique_ptr<Reply> read_stream(const Form& form) const override { return read_anthropic_stream(form); }
  bool speaks_of_schema(std::string_view body) const override {
    if (body.find("output_config.effort") != std::string_view::npos) return false;
    return body.find("output_config") != std::string_view::npos ||
           body.find("output_format") != std::string_view::npos ||
           body.find("structured output") != std::string_view::npos;
  }

  Settings settings_;
};

std::string request_head(const program::Model& model, const Options& options) {
  std::string head = R"({"model":)";
  append_json_string(head, model.id);
  const int64_t most =
      options.integer("max_tokens").value_or(kTokens + thinking_room(model.provider, options));
  head += fmt::format(R"(,"max_tokens":{})", most);
  head += number_members(options, {{"temperature", "temperature"}, {"top_p", "top_p"}});
  return head + stop_member(options, "stop_sequences");
}

/// Newer models are told how much effort to take, and think as they see fit; older ones how many tokens.
void say_thinking(const Options& options, Settings& settings) {
  const auto effort = options.text("reasoning_effort");
  const auto budget = options.integer("reasoning_budget");
  if (effort && *effort != "none") {
    settings.effort = R"("effort":)";
    append_json_string(settings.effort, *effort == "minimal" ? "low" : *effort);
    settings.thinking = R"(,"thinking":{"type":"adaptive"})";
  }
  if (effort == "none" || budget == 0) settings.thinking = R"(,"thinking":{"type":"disabled"})";
  if (budget && *budget > 0)
    settings.thinking = fmt::format(R"(,"thinking":{{"type":"enabled","budget_tokens":{}}})", *budget);
}

Settings settings_of(const program::Model& model, const Options& options) {
  Settings settings{.head = request_head(model, options), .search = web_search_of(options)};
  say_thinking(options, settings);
  const std::string kept = options.text("prompt_cache").value_or("off");
  if (kept == "5m") settings.cache = R"(,"cache_control":{"type":"ephemeral"})";
  if (kept == "1h") settings.cache = R"(,"cache_control":{"type":"ephemeral","ttl":"1h"})";
  return settings;
}

}  // namespace

MadeBackend make_anthropic(const program::Program& /*program*/, const program::Model& model,
                           const Services& services) {
  return make_http_backend(model, services, [&](Setup setup, const Options& options) {
    return std::make_unique<Anthropic>(std::move(setup), settings_of(model, options));
  });
}

}  // namespace chain::model
