#include "runtime/model/redacting_client.h"

#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/sched/event_loop.h"

namespace chain::model {

namespace {

class RedactingClient final : public Client {
 public:
  RedactingClient(std::unique_ptr<Client> inner, Secrets secrets, EventLoop& loop)
      : secrets_(std::move(secrets)), loop_(loop), inner_(std::move(inner)) {}
  ~RedactingClient() override { loop_.cancel_timer(turn_); }

  CallId start(Request request, Listener& listener) override;
  void cancel(CallId call) override {
    inner_->cancel(call);
    retire(call);
  }

 private:
  class Call;

  /// Takes a call off the books; it is destroyed at the loop's next turn, when nobody can be inside it any
  /// more.
  void retire(CallId id);

  const Secrets secrets_;
  EventLoop& loop_;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  std::vector<std::unique_ptr<Call>> retired_;
  EventLoop::TimerId turn_ = 0;
  std::unique_ptr<Client> inner_;  // last: it goes first
};

class RedactingClient::Call final : public Listener {
 public:
  Call(RedactingClient& client, Listener& listener) : client_(client), listener_(&listener) {}

  void begin(CallId id) { id_ = id; }
  void drop() { listener_ = nullptr; }

  void sent(std::string_view request) override { listener_->sent(clean(std::string(request))); }
  void delta(std::string_view text) override {
    waiting_ += text;
    client_.secrets_.redact(waiting_);
    const std::string ready = waiting_.substr(0, waiting_.size() - client_.secrets_.begun(waiting_));
    waiting_.erase(0, ready.size());
    if (!ready.empty()) listener_->delta(ready);
  }
  void retry(std::string_view why, int64_t delay_ns) override {
    waiting_.clear();
    listener_->retry(clean(std::string(why)), delay_ns);
  }
  void waited(std::string_view why, int64_t time_ns) override { listener_->waited(why, time_ns); }
  void done(Completion completion) override {
    if (!waiting_.empty()) listener_->delta(std::exchange(waiting_, {}));
    if (listener_ == nullptr) return;  // cancelled by its listener
    for (std::string* text :
         {&completion.text, &completion.model, &completion.finish_reason, &completion.request_id})
      client_.secrets_.redact(*text);
    // What a provider keeps for itself goes back as it came.
    for (ToolCall& call : completion.tool_calls) client_.secrets_.redact(call.arguments);
    for (Source& source : completion.sources) {
      for (std::string* text : {&source.title, &source.url, &source.quote}) client_.secrets_.redact(*text);
    }
    Listener& listener = *listener_;
    client_.retire(id_);
    listener.done(std::move(completion));
  }
  void failed(Failure failure) override {
    client_.secrets_.redact(failure.message);
    Listener& listener = *listener_;
    client_.retire(id_);
    listener.failed(std::move(failure));
  }

 private:
  [[nodiscard]] std::string clean(std::string text) const {
    client_.secrets_.redact(text);
    return text;
  }

  RedactingClient& client_;
  Listener* listener_;  // null once retired
  CallId id_ = 0;
  std::string waiting_;  // of a stream
};

Client::CallId RedactingClient::start(Request request, Listener& listener) {
  auto call = std::make_unique<Call>(*this, listener);
  Call& started = *call;
  const CallId id = inner_->start(std::move(request), started);
  started.begin(id);
  calls_.emplace(id, std::move(call));
  return id;
}

void RedactingClient::retire(CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  found->second->drop();
  retired_.push_back(std::move(found->second));
  calls_.erase(found);
  if (turn_ != 0) return;
  turn_ = loop_.after(0, [this] {
    turn_ = 0;
    retired_.clear();
  });
}

}  // namespace

std::unique_ptr<Client> make_redacting_client(std::unique_ptr<Client> inner, Secrets secrets,
                                              EventLoop& loop) {
  return std::make_unique<RedactingClient>(std::move(inner), std::move(secrets), loop);
}

}  // namespace chain::model
