#include "runtime/model/openai_responses.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/model/json_writer.h"
#include "runtime/model/media_answer.h"
#include "runtime/model/message_parts.h"
#include "runtime/model/prompt_cache.h"
#include "runtime/model/tool_messages.h"
#include "runtime/model/web_search.h"

namespace chain::model {

namespace {

void append_medium(std::string& body, const Medium& medium) {
  if (medium.kind == MediumKind::Image) {
    body += R"({"type":"input_image","detail":"auto","image_url":)";
    append_location(body, medium);
  } else if (!medium.url.empty()) {
    body += R"({"type":"input_file","file_url":)";
    append_json_string(body, medium.url);
  } else {
    body += R"({"type":"input_file","filename":)";
    append_json_string(body, file_name(medium));
    body += R"(,"file_data":)";
    append_location(body, medium);
  }
  body += '}';
}

constexpr PartForm kParts = {R"({"type":"input_text","text":)", &append_medium};

class Responses final : public JsonDialect {
 public:
  /// `head`: {"model":"...",options: the beginning of every request.
  Responses(Setup setup, std::string head, AnswerLimit limit, PromptCacheKey cache_key,
            const WebSearch& search)
      : JsonDialect(std::move(setup), "servers of OpenAI's Responses", MediaApi::Responses),
        head_(std::move(head)),
        limit_(limit),
        cache_key_(std::move(cache_key)),
        search_(responses_search(search)) {}

  Form write(const Request& request, MediaLeft media, std::string& body) override {
    Form form;
    const ResponseFormat* format = format_of(request);
    if (format != nullptr) form = {true, format->wrapped};
    form.tools = !request.tools.empty();
    form.searches = !search_.empty();
    form.medium = answer_medium(request);
    body += head_;
    limit_.append(body, request);
    cache_key_.append(body, request);
    if (request.stream) body += R"(,"stream":true)";
    if (form.structured)
      body.append(R"(,"text":{"format":{"type":"json_schema",)").append(format->members) += "}}";
    if (form.medium.empty()) {
      append_responses_tools(body, request, search_);
    } else {
      const std::string_view draws = R"({"type":"image_generation"})";
      append_responses_tools(body, request,
                             search_.empty() ? std::string(draws) : search_ + ',' + std::string(draws));
      if (request.tools.empty()) body += R"(,"tool_choice":{"type":"image_generation"})";
    }
    body += R"(,"input":)";
    append_messages(body, request, media, kParts, &append_responses_turn);
    body += '}';
    return form;
  }

 private:
  std::string path() const override { return "/responses"; }
  http::Header key_header() const override { return {"Authorization", "Bearer "}; }
  std::unique_ptr<Reply> read_object(const Form& form) const override { return read_response_object(form); }
  std::unique_ptr<Reply> read_stream(const Form& form) const override { return read_response_stream(form); }
  bool gives(std::string_view medium) const override { return medium == "image"; }
  bool speaks_of_schema(std::string_view body) const override {
    return body.find("text.format") != std::string_view::npos ||
           body.find("json_schema") != std::string_view::npos ||
           body.find("structured output") != std::string_view::npos;
  }

  std::string head_;
  AnswerLimit limit_;
  PromptCacheKey cache_key_;
  std::string search_;  // among the tools
};

}  // namespace

std::unique_ptr<Dialect> speak_responses(Setup setup, const program::Model& model, const Options& options) {
  std::string head = R"({"model":)";
  append_json_string(head, model.id);
  head += R"(,"store":false)";  // it keeps what it is asked, unless told otherwise
  head += number_members(
      options, {{"temperature", "temperature"}, {"top_p", "top_p"}, {"max_tokens", "max_output_tokens"}});
  if (const auto effort = options.text("reasoning_effort")) {
    head += R"(,"reasoning":{"effort":)";
    append_json_string(head, *effort);
    head += '}';
  }
  const WebSearch search = web_search_of(options);
  if (search.on && search.most > 0) head += fmt::format(R"(,"max_tool_calls":{})", search.most);
  return std::make_unique<Responses>(std::move(setup), std::move(head),
                                     AnswerLimit(options, "max_output_tokens"),
                                     PromptCacheKey(model, options), search);
}

}  // namespace chain::model
