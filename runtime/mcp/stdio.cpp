// A server that is started, and speaks over its standard input and output, a message on each line.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "runtime/http/lines.h"
#include "runtime/http/printable.h"
#include "runtime/mcp/transport.h"
#include "runtime/process/environment.h"
#include "runtime/process/process.h"
#include "runtime/sched/event_loop.h"

namespace chain::mcp {

namespace {

constexpr size_t kLastErrors = 4096;  // bytes of standard error that are remembered
constexpr size_t kShownErrors = 600;

class Stdio final : public Transport, public process::Listener, public http::LineSink {
 public:
  Stdio(EventLoop& loop, const Options& options, Receiver& receiver)
      : loop_(loop),
        grace_(options.close_grace),
        most_bytes_(options.most_bytes),
        receiver_(receiver),
        reader_(options.most_bytes) {}

  bool start(const Server& server, std::string& error) {
    process_ = process::start(loop_,
                              {.arguments = server.command,
                               .environment = process::environment_with(server.environment),
                               .folder = {},
                               .most_errors = UINT64_MAX},
                              *this, error);
    return process_ != nullptr;
  }

  void send(Outgoing message) override {
    if (!process_) return;
    // A line break within JSON is white space; within a string it would be escaped.
    std::ranges::replace(message.json, '\n', ' ');
    process_->write(std::move(message.json) + '\n');
  }
  void drop(uint64_t /*id*/) override {}
  [[nodiscard]] uint64_t pending() const override { return process_ ? process_->pending() : 0; }
  void close(std::function<void()> done) override {
    closed_ = std::move(done);
    process_->end(grace_);
  }
  void abandon() override { process_.reset(); }

  void wrote(std::string_view bytes) override {
    if (closed_) return;
    if (reader_.feed(bytes, *this) == http::LineReader::Status::LineTooLong && process_)
      break_off(fmt::format("it sent a message of more than {} MiB", most_bytes_ >> 20));
  }
  void wrote_error(std::string_view bytes) override {
    errors_ += bytes;
    if (errors_.size() > 2 * kLastErrors) errors_.erase(0, errors_.size() - kLastErrors);
  }
  bool line(std::string_view line) override {
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) receiver_.received(line, 0);
    return process_ && !closed_;
  }
  void ended(process::Ended how) override {
    if (closed_) return closed_();
    break_off(how.signal != 0 ? fmt::format("the server was ended by signal {}", how.signal)
                              : fmt::format("the server ended by itself, with code {}", how.code));
  }

 private:
  void break_off(std::string what) {
    if (const std::string said = last_errors(); !said.empty()) what += "; it wrote: " + said;
    receiver_.broke({.what = std::move(what)});
  }
  [[nodiscard]] std::string last_errors() const {
    std::string_view text = errors_;
    if (text.size() > kShownErrors) {
      text.remove_prefix(text.size() - kShownErrors);
      text.remove_prefix(std::min(text.find('\n') + 1, text.size()));  // whole lines, if there are any
    }
    return http::printable(text, kShownErrors);
  }

  EventLoop& loop_;
  const int64_t grace_;
  const uint64_t most_bytes_;
  Receiver& receiver_;
  http::LineReader reader_;
  std::string errors_;
  std::function<void()> closed_;
  std::unique_ptr<process::Process> process_;
};

}  // namespace

std::unique_ptr<Transport> make_stdio(EventLoop& loop, const Server& server, const Options& options,
                                      Receiver& receiver, std::string& error) {
  auto transport = std::make_unique<Stdio>(loop, options, receiver);
  if (!transport->start(server, error)) return nullptr;
  return transport;
}

}  // namespace chain::mcp
