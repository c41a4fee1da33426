// What servers ask for and tell: people's answers, signs of life, log lines.
#include <fmt/format.h>

#include <utility>

#include "runtime/http/printable.h"
#include "runtime/mcp/connection.h"
#include "runtime/mcp/inquiry.h"

namespace chain::mcp {

namespace {

constexpr uint32_t kMostRounds = 10;   // of questions before one answer
constexpr size_t kMostQuestions = 32;  // at a time
constexpr size_t kShownLog = 2000;     // bytes of a log line
constexpr std::string_view kCancel = R"({"action":"cancel"})";

/// An ElicitResult, or a refusal in the place of what is none.
std::string settled(std::string json) {
  const std::string action = text_of(json, "action");
  const bool known = action == "accept" || action == "decline" || action == "cancel";
  return known && !with_members(json, {}).empty() ? json : std::string(kCancel);
}

}  // namespace

/// Shared by the questions of one `input_required`.
struct Connection::Gathering {
  CallId call = 0;
  Inquiry inquiry;
  std::vector<std::string> answers;  // in the order of its questions
  size_t open = 0;
};

void Connection::reply(std::string message) {
  // One that floods us with questions and reads no answers gets none.
  if (!transport_ || transport_->pending() > options_.most_bytes) return;
  transport_->send({.json = std::move(message), .era = era_, .method = {}, .name = {}, .headers = {}});
}

void Connection::asked(const Message& message) {
  if (era_ == Era::Stateless) return;  // servers of this era ask by their results alone
  const std::string id(message.id);
  if (message.method == "ping") return reply(result_message(id, "{}"));
  if (message.method == "roots/list") return reply(result_message(id, kNoRoots));
  if (message.method != "elicitation/create")
    return reply(error_message(id, kMethodNotFound, "not supported: " + message.method));
  if (questions_.size() >= kMostQuestions || questions_.contains(id))
    return reply(error_message(id, kInternalError, "too many questions are open"));
  questions_[id] = false;
  elicit(read_elicitation(message.params), [weak = weak_from_this(), id](std::string json) {
    const auto self = weak.lock();
    if (!self || self->gone_) return;
    const auto question = self->questions_.find(id);
    if (question == self->questions_.end()) return;  // of a server that has ended since
    const bool withdrawn = question->second;
    self->questions_.erase(question);
    if (!withdrawn) self->reply(result_message(id, json));
  });
}

void Connection::elicit(Elicitation question, std::function<void(std::string json)> answer) {
  secrets_.redact(question.message);
  ++asking_;
  auto once = [weak = weak_from_this(), answer = std::move(answer),
               told = std::make_shared<bool>(false)](std::string json) {
    if (std::exchange(*told, true)) return;
    const auto self = weak.lock();
    if (!self || self->gone_) return;
    --self->asking_;
    // Not from within: the handler may answer at once.
    self->loop_.post([weak, answer, json = settled(std::move(json))] {
      if (const auto alive = weak.lock(); alive && !alive->gone_) answer(json);
    });
  };
  if (options_.handler == nullptr) return once(std::string(kCancel));
  options_.handler->elicit(server_.name, question, std::move(once));
}

void Connection::notified(const Message& message) {
  if (message.method == "notifications/progress") return progressed(message);
  if (message.method == "notifications/cancelled") {
    const auto question = questions_.find(std::string(member_of(message.params, "requestId")));
    if (question != questions_.end()) question->second = true;
    return;
  }
  if (message.method == "notifications/tools/list_changed") headers_.clear();
  if (options_.handler == nullptr) return;
  constexpr std::string_view kPrefix = "notifications/";
  constexpr std::string_view kSuffix = "/list_changed";
  std::string_view name = message.method;
  if (name.starts_with(kPrefix) && name.ends_with(kSuffix)) {
    name.remove_prefix(kPrefix.size());
    name.remove_suffix(kSuffix.size());
    options_.handler->list_changed(server_.name, name);
  } else if (message.method == "notifications/message") {
    const std::string_view data = member_of(message.params, "data");
    std::string text = data.starts_with('"') ? text_of(message.params, "data") : std::string(data);
    secrets_.redact(text);
    options_.handler->logged(server_.name, text_of(message.params, "level"),
                             http::printable(text, kShownLog));
  }
}

void Connection::input_required(CallId id, Call& call, std::string_view result) {
  if (++call.rounds > kMostRounds)
    return fail(id, abi::ErrorKind::ToolFailed,
                fmt::format("it asked for more {} times before it answered `{}`", kMostRounds, call.method));
  std::string error;
  auto inquiry = read_inquiry(result, error);
  if (!inquiry) return fail(id, abi::ErrorKind::ToolFailed, error);
  auto gathering = std::make_shared<Gathering>();
  gathering->call = id;
  gathering->inquiry = *std::move(inquiry);
  sent_.erase(call.wire);
  call.wire = UINT64_MAX;  // neither under way nor to be sent before the answers are there
  const auto& questions = gathering->inquiry.questions;
  gathering->open = questions.size() + 1;
  gathering->answers.resize(questions.size());
  for (size_t i = 0; i < questions.size(); ++i) {
    elicit(questions[i].second, [weak = weak_from_this(), gathering, i](std::string json) {
      gathering->answers[i] = std::move(json);
      if (const auto self = weak.lock()) self->gathered(gathering);
    });
  }
  gathered(gathering);
}

void Connection::gathered(const std::shared_ptr<Gathering>& gathering) {
  if (--gathering->open > 0) return;
  const auto found = calls_.find(gathering->call);
  if (found == calls_.end()) return;
  found->second.answers = answered_params({}, gathering->inquiry, gathering->answers);
  resend(gathering->call, found->second);
}

}  // namespace chain::mcp
