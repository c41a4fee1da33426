#include "runtime/mcp/inquiry.h"

#include "runtime/mcp/message.h"
#include "runtime/model/json_reader.h"

namespace chain::mcp {

namespace {

constexpr size_t kMostQuestions = 32;

}  // namespace

Elicitation read_elicitation(std::string_view params) {
  Elicitation question{.message = text_of(params, "message"), .schema = {}, .url = {}};
  if (text_of(params, "mode") == "url") {
    question.url = text_of(params, "url");
  } else {
    question.schema = member_of(params, "requestedSchema");
    if (question.schema.empty()) question.schema = "{}";
  }
  return question;
}

std::optional<Inquiry> read_inquiry(std::string_view result, std::string& error) {
  Inquiry inquiry;
  inquiry.state = member_of(result, "requestState");
  const std::string_view wanted = member_of(result, "inputRequests");
  inquiry.asked = wanted.starts_with('{');
  model::JsonReader reader(wanted);
  if (inquiry.asked) {
    reader.object([&](std::string_view key) {
      const std::string name(key);
      std::string_view request;
      if (!reader.raw(request)) return false;
      const std::string method = text_of(request, "method");
      if (method == "elicitation/create") {
        inquiry.questions.emplace_back(name, read_elicitation(member_of(request, "params")));
      } else if (method == "roots/list") {
        inquiry.settled.emplace_back(name, kNoRoots);
      } else {
        error = "it asks for `" + method + "`, which is not supported";
      }
      if (inquiry.questions.size() > kMostQuestions) error = "it asks too many questions at a time";
      return error.empty();
    });
  }
  if (inquiry.questions.empty() && inquiry.settled.empty() && inquiry.state.empty() && error.empty())
    error = "it asks for more and does not say what";
  return error.empty() ? std::optional(std::move(inquiry)) : std::nullopt;
}

std::string answered_params(std::string_view params, const Inquiry& inquiry,
                            const std::vector<std::string>& answers) {
  Members responses = inquiry.settled;
  for (size_t i = 0; i < inquiry.questions.size() && i < answers.size(); ++i)
    responses.emplace_back(inquiry.questions[i].first, answers[i]);
  Members members;
  if (inquiry.asked) members.emplace_back("inputResponses", with_members({}, responses));
  if (!inquiry.state.empty()) members.emplace_back("requestState", inquiry.state);
  return with_members(params, members);
}

}  // namespace chain::mcp
