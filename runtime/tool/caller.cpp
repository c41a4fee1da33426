#include "runtime/tool/caller.h"

#include <unordered_map>
#include <utility>

#include "runtime/program/secret_source.h"
#include "runtime/sched/event_loop.h"
#include "runtime/tool/http_tool.h"

namespace chain::tool {

namespace {

/// Hands each call to whoever makes those of its provider.
class Dispatch final : public Caller {
 public:
  Dispatch(const program::Program& program, EventLoop& loop, const Options& options)
      : loop_(loop), http_(make_http_caller(loop, options, secrets_of(program))) {}
  ~Dispatch() override {
    for (const auto& [id, timer] : refusing_) loop_.cancel_timer(timer);
  }

  CallId start(Request request, model::Listener& listener) override {
    if (request.tool->provider.starts_with("http.")) return http_->start(std::move(request), listener);
    const CallId id = kRefused | ++serial_;
    refusing_[id] = loop_.after(0, [this, id, &listener, name = request.tool->name] {
      refusing_.erase(id);
      listener.failed(
          {.kind = abi::ErrorKind::Failed,
           .message = "`" + name +
                      "` cannot be called in this version yet, for it runs a command; in a test `given " +
                      name + " returns ...` answers for it"});
    });
    return id;
  }
  void cancel(CallId call) override {
    if (const auto refused = refusing_.find(call); refused != refusing_.end()) {
      loop_.cancel_timer(refused->second);
      refusing_.erase(refused);
    } else {
      http_->cancel(call);
    }
  }

 private:
  static constexpr CallId kRefused = CallId{1} << 63;

  /// Their values.
  static std::vector<std::string> secrets_of(const program::Program& program) {
    std::vector<std::string> values;
    for (const std::string& name : program.secrets) {
      std::string value = program::secret_value(name);
      if (!value.empty()) values.push_back(std::move(value));
    }
    return values;
  }

  EventLoop& loop_;
  std::unique_ptr<Caller> http_;
  std::unordered_map<CallId, EventLoop::TimerId> refusing_;
  CallId serial_ = 0;
};

}  // namespace

std::unique_ptr<Caller> make_caller(const program::Program& program, EventLoop& loop, Options options) {
  return std::make_unique<Dispatch>(program, loop, options);
}

}  // namespace chain::tool
