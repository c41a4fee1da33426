// Provider `gemini`: generateContent of the Gemini API, always as a stream: it has one URL for streams and
// one for whole answers, and a stream serves both.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/http/printable.h"
#include "runtime/model/backend.h"
#include "runtime/model/endpoint.h"
#include "runtime/model/gemini_reply.h"
#include "runtime/model/json_writer.h"
#include "runtime/model/media_answer.h"
#include "runtime/model/message_parts.h"
#include "runtime/model/tool_messages.h"
#include "runtime/model/web_search.h"

namespace chain::model {

namespace {

void append_medium(std::string& body, const Medium& medium) {
  if (medium.url.empty()) {
    body.append(R"({"inlineData":{"mimeType":")").append(medium.type->mime).append(R"(","data":")");
    append_data(body, medium);
    body += "\"}}";
    return;
  }
  body += R"({"fileData":{)";
  if (medium.type != nullptr) body.append(R"("mimeType":")").append(medium.type->mime).append("\",");
  body += R"("fileUri":)";
  append_json_string(body, medium.url);
  body += "}}";
}

constexpr PartForm kParts = {R"({"text":)", &append_medium};

class Gemini final : public JsonDialect {
 public:
  /// `settings`: members of generationConfig, each behind a comma.
  Gemini(Setup setup, const std::string& id, std::string settings, AnswerLimit limit, const WebSearch& search)
      : JsonDialect(std::move(setup), "Gemini models", MediaApi::Gemini),
        id_(in_path(id)),
        settings_(std::move(settings)),
        limit_(limit),
        search_(gemini_search(search)),
        one_search_(!pays_each_search(id)) {}

  Form write(const Request& request, MediaLeft media, std::string& body) override {
    Form form;
    // The API does not take both: with tools or a search, the prompt's own words say what the answer is to
    // look like.
    const bool plain = request.tools.empty() && search_.empty();
    const ResponseFormat* format = plain ? format_of(request) : nullptr;
    if (format != nullptr) form = {true, format->wrapped};
    form.tools = !request.tools.empty();
    form.searches = !search_.empty();
    form.one_search = form.searches && one_search_;
    form.medium = answer_medium(request);
    // `systemInstruction` stands by itself. A prompt of system parts alone has nothing else to ask with.
    const bool asks = std::any_of(request.messages.begin(), request.messages.end(),
                                  [](const Message& each) { return each.role != program::Role::System; });
    body += R"({"contents":[)";
    for (const Message& message : request.messages) {
      if (asks && message.role == program::Role::System) continue;
      if (message.turn) {
        append_gemini_turn(body, message, media, kParts);
        continue;
      }
      if (body.back() != '[') body += ',';
      body += message.role == program::Role::Assistant ? R"({"role":"model","parts":)"
                                                       : R"({"role":"user","parts":)";
      append_parts(body, message, media, kParts);
      body += '}';
    }
    body += ']';
    if (asks) write_system(request, body);
    append_gemini_tools(body, request, search_);
    std::string config = settings_;
    limit_.append(config, request);
    if (form.structured)
      config.append(R"(,"responseMimeType":"application/json","responseJsonSchema":)").append(format->schema);
    // A model that draws writes something, too.
    if (!form.medium.empty()) config += R"(,"responseModalities":["TEXT","IMAGE"])";
    if (!config.empty()) body.append(R"(,"generationConfig":{)").append(config, 1) += '}';
    body += '}';
    return form;
  }

  using JsonDialect::refuses;
  std::string refuses(const Request& request) const override {
    if (!search_.empty() && !request.tools.empty())
      return "Gemini does not search the web and call tools for one answer; use `web_search` in a prompt "
             "without tools";
    return JsonDialect::refuses(request);
  }

 private:
  static void write_system(const Request& request, std::string& body) {
    bool first = true;
    for (const Message& message : request.messages) {
      if (message.role != program::Role::System) continue;
      body += std::exchange(first, false) ? R"(,"systemInstruction":{"parts":[{"text":)" : R"(,{"text":)";
      append_json_string(body, message.text);
      body += '}';
    }
    if (!first) body += "]}";
  }

  std::string path() const override { return "/models/" + id_ + ":streamGenerateContent?alt=sse"; }
  http::Header key_header() const override { return {"x-goog-api-key", ""}; }
  std::unique_ptr<Reply> read_object(const Form& form) const override { return read_gemini_object(form); }
  std::unique_ptr<Reply> read_stream(const Form& form) const override { return read_gemini_stream(form); }
  bool gives(std::string_view medium) const override { return medium == "image"; }
  bool speaks_of_schema(std::string_view body) const override {
    return body.find("esponseJsonSchema") != std::string_view::npos ||
           body.find("response_json_schema") != std::string_view::npos ||
           body.find("esponse_schema") != std::string_view::npos ||
           body.find("response_mime_type") != std::string_view::npos;
  }

  std::string id_;
  std::string settings_;
  AnswerLimit limit_;
  std::string search_;  // among the tools
  bool one_search_;
};

/// ,"thinkingConfig":{...}; empty if the model thinks as it usually does.
std::string thinking_member(const Options& options) {
  if (const auto budget = options.number("reasoning_budget"))
    return R"(,"thinkingConfig":{"thinkingBudget":)" + *budget + '}';
  const auto effort = options.text("reasoning_effort");
  if (!effort) return {};
  if (*effort == "none") return R"(,"thinkingConfig":{"thinkingBudget":0})";
  std::string level = *effort;  // in the API's spelling: "LOW"
  for (char& c : level) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  std::string member = R"(,"thinkingConfig":{"thinkingLevel":)";
  append_json_string(member, level);
  return member + '}';
}

std::string settings_of(const Options& options) {
  return number_members(
             options,
             {{"temperature", "temperature"}, {"top_p", "topP"}, {"max_tokens", "maxOutputTokens"}}) +
         stop_member(options, "stopSequences") + thinking_member(options);
}

}  // namespace

MadeBackend make_gemini(const program::Program& /*program*/, const program::Model& model,
                        const Services& services) {
  return make_http_backend(model, services, [&](Setup setup, const Options& options) {
    return std::make_unique<Gemini>(std::move(setup), model.id, settings_of(options),
                                    AnswerLimit(options, "maxOutputTokens"), web_search_of(options));
  });
}

}  // namespace chain::model
