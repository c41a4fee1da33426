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

namespace chain::model {

namespace {

// The SDKs since October 2026 name version 2026-10-21 and send the key as a bearer token. What is used here
// is the same in both, and gateways know this one.
constexpr std::string_view kVersion = "2023-06-01";
constexpr std::string_view kTokens = "8192";  // the API wants a number; `max_tokens` says another

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

class Anthropic final : public JsonDialect {
 public:
  /// `head`: {"model":"...",options: the beginning of every request.
  Anthropic(Setup setup, std::string head)
      : JsonDialect(std::move(setup), "Anthropic's messages", MediaApi::Anthropic), head_(std::move(head)) {}

  Form write(const Request& request, MediaLeft media, std::string& body) override {
    Form form;
    const ResponseFormat* format = format_of(request);
    // Schemas with open objects (maps) are not taken.
    if (format != nullptr && format->closed) form = {true, format->wrapped};
    form.tools = !request.tools.empty();
    body += head_;
    if (request.stream) body += R"(,"stream":true)";
    if (form.structured) {
      body.append(R"(,"output_config":{"format":{"type":"json_schema","schema":)").append(format->schema);
      body += "}}";
    }
    // `system` stands by itself. A prompt of system parts alone has nothing else to ask with.
    const bool asks = std::any_of(request.messages.begin(), request.messages.end(),
                                  [](const Message& each) { return each.role != program::Role::System; });
    if (asks) write_system(request, body);
    append_anthropic_tools(body, request, {});
    write_turns(request, asks, media, body);
    body += '}';
    return form;
  }

 private:
  static void write_system(const Request& request, std::string& body) {
    bool first = true;
    for (const Message& message : request.messages) {
      if (message.role != program::Role::System) continue;
      body +=
          std::exchange(first, false) ? R"(,"system":[{"type":"text","text":)" : R"(,{"type":"text","text":)";
      append_json_string(body, message.text);
      body += '}';
    }
    if (!first) body += ']';
  }

  /// Turns of one role in a row are one for the API; empty texts are refused.
  static void write_turns(const Request& request, bool asks, MediaLeft media, std::string& body) {
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
    return body.find("output_config") != std::string_view::npos ||
           body.find("output_format") != std::string_view::npos ||
           body.find("structured output") != std::string_view::npos;
  }

  std::string head_;
};

std::string request_head(const program::Model& model, const Options& options) {
  std::string head = R"({"model":)";
  append_json_string(head, model.id);
  head += fmt::format(R"(,"max_tokens":{})", options.number("max_tokens").value_or(std::string(kTokens)));
  head += number_members(options, {{"temperature", "temperature"}, {"top_p", "top_p"}});
  return head + stop_member(options, "stop_sequences");
}

}  // namespace

MadeBackend make_anthropic(const program::Program& /*program*/, const program::Model& model,
                           const Services& services) {
  return make_http_backend(model, services, [&](Setup setup, const Options& options) {
    return std::make_unique<Anthropic>(std::move(setup), request_head(model, options));
  });
}

}  // namespace chain::model
