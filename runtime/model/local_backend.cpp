#include "runtime/model/local_backend.h"

#include <algorithm>
#include <utility>

#include "runtime/model/message_parts.h"

namespace chain::model {
namespace {

/// The text, and where a medium stands what it is: [image `cup.jpg`]. It is not looked at.
std::string with_media(const program::Program& program, const Message& message) {
  std::string text;
  size_t from = 0;
  for (const abi::Attachment& each : message.media) {
    const size_t to = std::clamp<size_t>(each.offset, from, message.text.size());
    text.append(message.text.substr(from, to - from)).append("[");
    text.append(to_string(medium_kind(program.types, each.type))).append(" ");
    text.append(shown_source(each.source.view())).append("]");
    from = to;
  }
  return text.append(message.text.substr(from));
}

std::string with_turn(const Turn& turn) {
  std::string text;
  for (const ToolCall& call : turn.calls) text += "call " + call.name + ' ' + call.arguments + '\n';
  for (const ToolResult& result : turn.results)
    text += (result.is_error ? "error of " : "result of ") + result.name + ": " + result.content + '\n';
  return text;
}

/// What a language model would have been sent.
std::string as_sent(const std::string& said, const Request& request) {
  std::string text = said + "; a language model would read\n";
  for (const Message& message : request.messages) {
    const std::string shown = with_media(*request.program, message);
    text += "[" + std::string(role_name(message.role)) + "]\n";
    if (!shown.empty() || !message.turn) text += shown + '\n';
    if (message.turn) text += with_turn(*message.turn);
  }
  return text;
}

}  // namespace

LocalBackend::~LocalBackend() {
  for (const auto& [id, timer] : pending_) loop_.cancel_timer(timer);
}

void LocalBackend::start(CallId id, Request request, Listener& listener) {
  pending_[id] =
      loop_.after(0, [this, id, request = std::move(request), &listener] { answer(id, request, listener); });
}

void LocalBackend::cancel(CallId id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  loop_.cancel_timer(found->second);
  pending_.erase(found);
}

void LocalBackend::answer(CallId id, const Request& request, Listener& listener) {
  std::variant<Completion, Failure> answered = answer(request);
  if (auto* const failure = std::get_if<Failure>(&answered)) {
    pending_.erase(id);
    return listener.failed(std::move(*failure));
  }
  auto& completion = std::get<Completion>(answered);
  if (verbose_) listener.sent(as_sent(said_, request));
  if (request.stream && !completion.text.empty()) listener.delta(completion.text);
  if (pending_.erase(id) == 0) return;  // cancelled by who heard the text
  listener.done(std::move(completion));
}

}  // namespace chain::model
