// Providers `openai` and `compatible`: chat completions, of OpenAI and of every server that speaks them. What
// `api: "responses"` speaks stands in openai_responses.h.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "runtime/http/printable.h"
#include "runtime/model/backend.h"
#include "runtime/model/endpoint.h"
#include "runtime/model/json_writer.h"
#include "runtime/model/message_parts.h"
#include "runtime/model/openai_reply.h"
#include "runtime/model/openai_responses.h"
#include "runtime/model/prompt_cache.h"
#include "runtime/model/tool_messages.h"

namespace chain::model {

namespace {

void append_medium(std::string& body, const Medium& medium) {
  switch (medium.kind) {
    case MediumKind::Audio:
      body += R"({"type":"input_audio","input_audio":{"data":")";
      append_data(body, medium);
      body.append(R"(","format":")").append(medium.type->extension).append("\"}}");
      return;
    case MediumKind::File:
      body += R"({"type":"file","file":{"filename":)";
      append_json_string(body, file_name(medium));
      body += R"(,"file_data":)";
      append_location(body, medium);
      body += "}}";
      return;
    case MediumKind::Image:
    case MediumKind::Video:  // refused
      body += R"({"type":"image_url","image_url":{"url":)";
      append_location(body, medium);
      body += "}}";
      return;
  }
}

constexpr PartForm kParts = {R"({"type":"text","text":)", &append_medium};

class OpenAi final : public JsonDialect {
 public:
  /// `head`: {"model":"...",options: the beginning of every request.
  OpenAi(Setup setup, std::string head, AnswerLimit limit, PromptCacheKey cache_key, bool searches)
      : JsonDialect(std::move(setup), "chat completions", MediaApi::Chat),
        head_(std::move(head)),
        limit_(limit),
        cache_key_(std::move(cache_key)),
        searches_(searches) {}

  Form write(const Request& request, MediaLeft media, std::string& body) override {
    Form form;
    size_t size = head_.size() + 256;
    for (const Message& message : request.messages)
      size += message.text.size() + message.text.size() / 16 + 40;
    const ResponseFormat* format = format_of(request);
    if (format != nullptr) {
      form = {true, format->wrapped};
      size += format->members.size() + 64;
    }
    form.tools = !request.tools.empty();
    form.searches = form.one_search = searches_;
    if (media.empty()) body.reserve(size);
    body += head_;
    limit_.append(body, request);
    cache_key_.append(body, request);
    if (request.stream) {
      body += R"(,"stream":true)";
      if (setup_.abilities.stream_usage != Does::No) body += R"(,"stream_options":{"include_usage":true})";
    }
    if (form.structured) {
      body.append(R"(,"response_format":{"type":"json_schema","json_schema":{)").append(format->members);
      body += "}}";
    }
    append_chat_tools(body, request);
    body += R"(,"messages":)";
    append_messages(body, request, media, kParts, &append_chat_turn);
    body += '}';
    return form;
  }

 private:
  std::string path() const override { return "/chat/completions"; }
  http::Header key_header() const override { return {"Authorization", "Bearer "}; }
  std::unique_ptr<Reply> read_object(const Form& form) const override { return read_openai_object(form); }
  std::unique_ptr<Reply> read_stream(const Form& form) const override { return read_openai_stream(form); }
  bool speaks_of_schema(std::string_view body) const override {
    return body.find("response_format") != std::string_view::npos ||
           body.find("json_schema") != std::string_view::npos ||
           body.find("structured output") != std::string_view::npos;
  }

  std::string head_;
  AnswerLimit limit_;
  PromptCacheKey cache_key_;
  bool searches_;
};

// OpenAI's newer models take only the newer name, most compatible servers only the older one.
std::string_view limit_field(bool at_home) {
  return at_home ? "max_completion_tokens" : "max_tokens";
}

/// {"model":"id" and the options that go out as they are.
std::string request_head(const program::Model& model, const Options& options, bool at_home) {
  std::string head = R"({"model":)";
  append_json_string(head, model.id);
  head += number_members(options, {{"temperature", "temperature"},
                                   {"top_p", "top_p"},
                                   {"max_tokens", limit_field(at_home)},
                                   {"seed", "seed"}});
  if (const auto effort = options.text("reasoning_effort")) {
    head += R"(,"reasoning_effort":)";
    append_json_string(head, *effort);
  }
  if (options.flag("web_search")) head += R"(,"web_search_options":{})";
  return head + stop_member(options, "stop");
}

std::unique_ptr<Dialect> speak_completions(Setup setup, const program::Model& model, const Options& options) {
  std::string head = request_head(model, options, setup.at_home);
  const AnswerLimit limit(options, limit_field(setup.at_home));
  return std::make_unique<OpenAi>(std::move(setup), std::move(head), limit, PromptCacheKey(model, options),
                                  options.flag("web_search"));
}

}  // namespace

MadeBackend make_openai(const program::Program& /*program*/, const program::Model& model,
                        const Services& services) {
  return make_http_backend(model, services, [&](Setup setup, const Options& options) {
    return options.text("api") == "responses" ? speak_responses(std::move(setup), model, options)
                                              : speak_completions(std::move(setup), model, options);
  });
}

MadeBackend make_compatible(const program::Program& /*program*/, const program::Model& model,
                            const Services& services) {
  return make_http_backend(model, services, [&](Setup setup, const Options& options) {
    return speak_completions(std::move(setup), model, options);
  });
}

}  // namespace chain::model
