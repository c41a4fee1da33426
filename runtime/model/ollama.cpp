// Provider `ollama`: Ollama's own chat API. The one that it has for clients of OpenAI's knows fewer options,
// and cuts a prompt that is too long without a word.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "runtime/http/printable.h"
#include "runtime/model/backend.h"
#include "runtime/model/endpoint.h"
#include "runtime/model/json_writer.h"
#include "runtime/model/message_parts.h"
#include "runtime/model/ollama_reply.h"
#include "runtime/model/tool_messages.h"

namespace chain::model {

namespace {

class Ollama final : public JsonDialect {
 public:
  /// `head`: {"model":"...": the beginning of every request; `settings`: members of its options, each behind
  /// a comma.
  Ollama(Setup setup, std::string id, std::string head, std::string settings, AnswerLimit limit)
      : JsonDialect(std::move(setup), "Ollama's models", MediaApi::Ollama),
        id_(std::move(id)),
        head_(std::move(head)),
        settings_(std::move(settings)),
        limit_(limit) {}

  Form write(const Request& request, MediaLeft media, std::string& body) override {
    Form form;
    // A grammar for the result leaves no way to call a tool.
    const ResponseFormat* format = request.tools.empty() ? format_of(request) : nullptr;
    if (format != nullptr) form = {true, format->wrapped};
    form.tools = !request.tools.empty();
    body += head_;
    std::string settings = settings_;
    limit_.append(settings, request);
    if (!settings.empty()) body.append(R"(,"options":{)").append(settings, 1) += '}';
    body += request.stream ? R"(,"stream":true)" : R"(,"stream":false)";
    if (form.structured) body.append(R"(,"format":)").append(format->schema);
    append_ollama_tools(body, request);
    body += R"(,"messages":)";
    write_messages(request, media, body);
    body += '}';
    return form;
  }

  using JsonDialect::refuses;
  [[nodiscard]] std::string refuses(const Request& request) const override {
    const auto kind = request.tool_choice.kind;
    if (kind == ToolChoice::Kind::Required || kind == ToolChoice::Kind::Named)
      return "Ollama cannot make a model call a tool; leave the choice to the model";
    return JsonDialect::refuses(request);
  }

  [[nodiscard]] Problem explain(const Head& head, std::string_view body) const override {
    Problem problem = JsonDialect::explain(head, body);
    const auto says = [&](std::string_view part) { return body.find(part) != std::string_view::npos; };
    if (head.status == 404 && says("model")) {
      problem.what += fmt::format("; `ollama pull {}` fetches it", http::printable(id_));
    } else if (head.status == 400 && (says("does not support thinking") || says("think value"))) {
      problem.what += "; leave `reasoning_effort` out";
    }
    return problem;
  }

  /// A schema that it can make no grammar of it reports as its own mistake.
  [[nodiscard]] bool adapt(const Form& form, const Head& head, std::string_view body) override {
    Head refused = head;
    if (head.status == 500) refused.status = 400;
    return JsonDialect::adapt(form, refused, body);
  }

 private:
  /// Images stand beside the text: where in it they were shown it has no words for.
  static void write_messages(const Request& request, MediaLeft media, std::string& body) {
    body += '[';
    for (const Message& message : request.messages) {
      if (message.turn && append_ollama_turn(body, message)) continue;
      if (body.back() != '[') body += ',';
      body.append(R"({"role":")").append(role_name(message.role)).append(R"(","content":)");
      append_json_string(body, message.text);
      const MediaLeft images = take_media(media, message);
      for (const Medium& image : images) {
        body += &image == images.data() ? R"(,"images":[")" : R"(,")";
        append_data(body, image);
        body += '"';
      }
      body += images.empty() ? "}" : "]}";
    }
    body += ']';
  }

  std::string path() const override { return "/api/chat"; }
  http::Header key_header() const override { return {"Authorization", "Bearer "}; }
  std::string_view stream_type() const override { return "application/x-ndjson"; }
  std::unique_ptr<Reply> read_object(const Form& form) const override { return read_ollama_object(form); }
  std::unique_ptr<Reply> read_stream(const Form& form) const override { return read_ollama_stream(form); }
  bool speaks_of_schema(std::string_view body) const override {
    return body.find("invalid format") != std::string_view::npos ||
           body.find("in format") != std::string_view::npos || body.find("grammar") != std::string_view::npos;
  }

  std::string id_;
  std::string head_;
  std::string settings_;
  AnswerLimit limit_;
};

/// Levels are the model's own; all that have some know these three. Others think or do not.
std::string think_of(std::string_view effort) {
  if (effort == "none") return "false";
  std::string json;
  append_json_string(json, effort == "minimal" ? "low" : effort);
  return json;
}

std::string request_head(const program::Model& model, const Options& options) {
  std::string head = R"({"model":)";
  append_json_string(head, model.id);
  // Unless told otherwise it drops the beginning of what is longer than the context it was started with.
  head += R"(,"truncate":false,"shift":false)";
  if (const auto kept = options.text("prompt_cache"); kept && *kept != "off")
    head += R"(,"keep_alive":")" + *kept + '"';
  if (const auto effort = options.text("reasoning_effort")) head += R"(,"think":)" + think_of(*effort);
  return head;
}

std::string settings_of(const Options& options) {
  return number_members(options, {{"temperature", "temperature"},
                                  {"top_p", "top_p"},
                                  {"max_tokens", "num_predict"},
                                  {"seed", "seed"}}) +
         stop_member(options, "stop");
}

}  // namespace

MadeBackend make_ollama(const program::Program& /*program*/, const program::Model& model,
                        const Services& services) {
  return make_http_backend(model, services, [&](Setup setup, const Options& options) {
    setup.base_url = ollama_server(std::move(setup.base_url));
    return std::make_unique<Ollama>(std::move(setup), model.id, request_head(model, options),
                                    settings_of(options), AnswerLimit(options, "num_predict"));
  });
}

}  // namespace chain::model
