// The provider `baseline` behind the client: answers on the loop, after everything that is waiting already.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "runtime/model/backend.h"
#include "runtime/model/baseline.h"
#include "runtime/model/message_parts.h"
#include "runtime/sched/event_loop.h"

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

/// What a language model would have been sent.
std::string as_sent(const Request& request) {
  std::string text = "baseline(): nothing leaves this process; a language model would read\n";
  for (const Message& message : request.messages) {
    text += "[" + std::string(role_name(message.role)) + "]\n" + with_media(*request.program, message) + "\n";
  }
  return text;
}

class BaselineBackend final : public Backend {
 public:
  explicit BaselineBackend(const Services& services)
      : loop_(services.loop), verbose_(services.options.verbose) {}

  ~BaselineBackend() override {
    for (const auto& [id, timer] : pending_) loop_.cancel_timer(timer);
  }

  void start(CallId id, Request request, Listener& listener) override {
    pending_[id] = loop_.after(
        0, [this, id, request = std::move(request), &listener] { answer(id, request, listener); });
  }

  void cancel(CallId id) override {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    loop_.cancel_timer(found->second);
    pending_.erase(found);
  }

  Load load() override { return {.calls = pending_.size()}; }

 private:
  /// It answers, but calls nothing.
  static bool must_call(const Request& request) {
    using Kind = ToolChoice::Kind;
    return request.tool_choice.kind == Kind::Required || request.tool_choice.kind == Kind::Named;
  }

  void answer(CallId id, const Request& request, Listener& listener) {
    if (must_call(request)) {
      pending_.erase(id);
      return listener.failed(
          {abi::ErrorKind::InvalidValue,
           "`baseline` is no language model and calls no tools; leave the choice to it, or ask "
           "another model"});
    }
    if (verbose_) listener.sent(as_sent(request));
    Completion completion;
    completion.text = baseline_reply(*request.program, *request.prompt, request.arguments);
    completion.model = "baseline";
    completion.finish_reason = "stop";
    if (request.stream) listener.delta(completion.text);
    if (pending_.erase(id) == 0) return;  // cancelled by who heard the text
    listener.done(std::move(completion));
  }

  EventLoop& loop_;
  bool verbose_;
  std::unordered_map<CallId, EventLoop::TimerId> pending_;
};

}  // namespace

MadeBackend make_baseline(const program::Program&, const program::Model&, const Services& services) {
  return {std::make_unique<BaselineBackend>(services), {}};
}

}  // namespace chain::model
