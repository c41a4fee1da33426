#include "runtime/tool/command_tool.h"

#include <fmt/format.h>

#include <cstring>
#include <deque>
#include <unordered_map>
#include <utility>

#include "runtime/access/policy.h"
#include "runtime/process/process.h"
#include "runtime/sched/event_loop.h"
#include "runtime/tool/command.h"
#include "runtime/tool/selection.h"

namespace chain::tool {

namespace {

using abi::ErrorKind;

constexpr uint64_t kMostAnswer = uint64_t{16} << 20;  // bytes, as of answers over HTTP
constexpr size_t kErrorsKept = 16384;                 // bytes at the end of standard error
constexpr size_t kErrorsSaid = 800;
constexpr size_t kAtOnce = 32;

/// "2.5s", "30s", "200ms"
std::string seconds(int64_t nanoseconds) {
  const double ms = static_cast<double>(nanoseconds) / 1e6;
  return ms < 1000 ? fmt::format("{:g}ms", ms) : fmt::format("{:g}s", ms / 1000);
}

class CommandCaller final : public Caller {
 public:
  CommandCaller(const program::Program& program, EventLoop& loop, const Options& options,
                std::shared_ptr<const Redactor> redact)
      : program_(program), loop_(loop), options_(options), redact_(std::move(redact)) {}
  ~CommandCaller() override;

  CallId start(Request request, model::Listener& listener) override;
  void cancel(CallId call) override;

 private:
  class Call;

  /// Starts those that wait, as many as there is room for. At the loop's next turn: nobody hears of a call
  /// from within `start`, and the process that made the room may be telling of its end.
  void proceed();
  void start_waiting();
  /// Takes the call off the books.
  std::unique_ptr<Call> take(CallId id);

  const program::Program& program_;
  EventLoop& loop_;
  const Options options_;
  const std::shared_ptr<const Redactor> redact_;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  std::deque<CallId> waiting_;  // some may be gone
  size_t running_ = 0;
  EventLoop::TimerId proceeding_ = 0;
  CallId serial_ = 0;
};

class CommandCaller::Call final : public process::Listener {
 public:
  Call(CommandCaller& owner, CallId id, Request request, model::Listener& listener)
      : id(id), owner_(owner), call_(std::move(request)), listener_(listener) {}
  ~Call() override { owner_.loop_.cancel_timer(timer_); }

  void begin();
  [[nodiscard]] bool running() const { return process_ != nullptr; }

  void wrote(std::string_view bytes) override;
  void wrote_error(std::string_view bytes) override;
  void ended(process::Ended how) override;

  const CallId id;

 private:
  /// `in_doubt`: it ran, and did not say itself how that went.
  void fail(ErrorKind kind, const std::string& what, bool in_doubt = false);
  /// Why what has ended is no answer; empty if it is one.
  [[nodiscard]] std::string failure_of(process::Ended how) const;
  /// The end of what it wrote to standard error, as a clause.
  [[nodiscard]] std::string last_words() const;

  CommandCaller& owner_;
  const Request call_;
  model::Listener& listener_;
  std::unique_ptr<process::Process> process_;
  EventLoop::TimerId timer_ = 0;
  std::string answer_;
  std::string errors_;  // the end of them
};

void CommandCaller::Call::begin() {
  const access::Policy* const policy = owner_.options_.access.get();
  if (!policy) return fail(ErrorKind::Denied, "it may not run anything");
  Refusal refusal;
  std::optional<Command> command = make_command(call_, *policy, refusal);
  if (!command) return fail(refusal.kind, refusal.why);
  std::string error;
  command->settings.most_errors = UINT64_MAX;
  process_ = process::start(owner_.loop_, std::move(command->settings), *this, error);
  if (!process_) return fail(ErrorKind::ToolFailed, error);
  ++owner_.running_;
  process_->write(std::move(command->input));
  process_->close_input();
  timer_ = owner_.loop_.after(command->timeout, [this, timeout = command->timeout] {
    fail(ErrorKind::Timeout,
         fmt::format("it had not ended after {}, and was killed; `timeout:` gives it more time{}",
                     seconds(timeout), last_words()),
         /*in_doubt=*/true);
  });
  if (owner_.options_.verbose) listener_.sent((*owner_.redact_)(std::move(command->shown)));
}

void CommandCaller::Call::wrote(std::string_view bytes) {
  if (answer_.size() + bytes.size() > kMostAnswer)
    return fail(
        ErrorKind::ToolFailed,
        fmt::format("it wrote more than {} MiB to its standard output, and was killed", kMostAnswer >> 20),
        /*in_doubt=*/true);
  answer_ += bytes;
}

void CommandCaller::Call::wrote_error(std::string_view bytes) {
  errors_ += bytes;
  if (errors_.size() > 2 * kErrorsKept) errors_.erase(0, errors_.size() - kErrorsKept);
}

void CommandCaller::Call::ended(process::Ended how) {
  const std::string failure = failure_of(how);
  if (!failure.empty()) return fail(ErrorKind::ToolFailed, failure + last_words(), how.signal != 0);
  std::string error;
  auto answer = selected(owner_.program_, *call_.tool, std::move(answer_), error);
  if (!answer) return fail(ErrorKind::ToolFailed, "what it printed " + error, /*in_doubt=*/true);
  const std::unique_ptr<Call> self = owner_.take(id);
  model::Completion completion;
  completion.text = (*owner_.redact_)(*std::move(answer));
  completion.attempts = 1;
  listener_.done(std::move(completion));
}

std::string CommandCaller::Call::failure_of(process::Ended how) const {
  if (how.signal != 0) {
    const char* const name = sigabbrev_np(how.signal);
    return fmt::format("it was killed by signal {}{}", how.signal, name ? fmt::format(" (SIG{})", name) : "");
  }
  return how.code == 0 ? std::string() : fmt::format("it ended with exit code {}", how.code);
}

std::string CommandCaller::Call::last_words() const {
  // Before it is cut: of a secret that stands there half, the other half would be shown.
  std::string text = (*owner_.redact_)(errors_);
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  if (text.empty()) return {};
  if (text.size() <= kErrorsSaid) return ": " + text;
  size_t begin = text.size() - kErrorsSaid;
  while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) ++begin;
  return ": ..." + text.substr(begin);
}

void CommandCaller::Call::fail(ErrorKind kind, const std::string& what, bool in_doubt) {
  const std::unique_ptr<Call> self = owner_.take(id);
  process_.reset();  // and all that it started, before anybody hears of it
  listener_.failed({.kind = kind,
                    .message = owner_.redact_->sentence(call_.tool->name, what),
                    .attempts = 1,
                    .in_doubt = in_doubt});
}

CommandCaller::~CommandCaller() {
  loop_.cancel_timer(proceeding_);
}

Caller::CallId CommandCaller::start(Request request, model::Listener& listener) {
  const CallId id = ++serial_;
  calls_.emplace(id, std::make_unique<Call>(*this, id, std::move(request), listener));
  waiting_.push_back(id);
  proceed();
  return id;
}

void CommandCaller::cancel(CallId call) {
  take(call);
}

void CommandCaller::proceed() {
  if (proceeding_ != 0 || waiting_.empty() || running_ >= kAtOnce) return;
  proceeding_ = loop_.after(0, [this] {
    proceeding_ = 0;
    start_waiting();
  });
}

void CommandCaller::start_waiting() {
  // One that cannot be started is told of at once, and whoever hears that may cancel others.
  for (size_t room = kAtOnce - std::min(running_, kAtOnce); room > 0 && !waiting_.empty(); --room) {
    const CallId id = waiting_.front();
    waiting_.pop_front();
    const auto found = calls_.find(id);
    if (found != calls_.end()) found->second->begin();
  }
  proceed();
}

std::unique_ptr<CommandCaller::Call> CommandCaller::take(CallId id) {
  auto node = calls_.extract(id);
  if (!node) return nullptr;
  if (node.mapped()->running()) --running_;
  proceed();
  return std::move(node.mapped());
}

}  // namespace

std::unique_ptr<Caller> make_command_caller(const program::Program& program, EventLoop& loop,
                                            const Options& options, std::shared_ptr<const Redactor> redact) {
  return std::make_unique<CommandCaller>(program, loop, options, std::move(redact));
}

}  // namespace chain::tool
