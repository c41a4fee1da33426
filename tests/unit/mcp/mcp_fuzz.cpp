// Whatever a server sends: nothing crashes, hangs or is told twice. A line each; `$` stands for the id of
// what was last asked, and an empty line for the end of the server.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string>

#include "runtime/mcp/connection.h"
#include "runtime/mcp/param_headers.h"

using namespace chain;

namespace {

constexpr size_t kMostLines = 64;

/// Answers each request with the next lines.
class Scripted final : public mcp::Transport {
 public:
  Scripted(EventLoop& loop, std::deque<std::string>& lines, mcp::Receiver& receiver)
      : loop_(loop), lines_(lines), receiver_(receiver) {}

  void send(mcp::Outgoing message) override {
    if (message.id == 0) return;
    loop_.post([this, alive = std::weak_ptr(alive_), id = message.id] {
      if (alive.expired()) return;
      if (lines_.empty()) return receiver_.broke({.what = "it is over"});
      std::string line = std::move(lines_.front());
      lines_.pop_front();
      if (line.empty()) return receiver_.broke({.what = "it ended"});
      for (size_t at = line.find('$'); at != std::string::npos; at = line.find('$', at + 1))
        line.replace(at, 1, std::to_string(id));
      receiver_.received(line, 0);
      if (alive.expired() || lines_.empty()) return;
      send({.json = {}, .id = id, .method = {}, .name = {}, .headers = {}});  // the next line, too
    });
  }
  void drop(uint64_t) override {}
  [[nodiscard]] uint64_t pending() const override { return 0; }
  void close(std::function<void()> done) override { loop_.post(std::move(done)); }
  void abandon() override { alive_.reset(); }

 private:
  EventLoop& loop_;
  std::deque<std::string>& lines_;
  mcp::Receiver& receiver_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

struct Accepts final : mcp::Handler {
  void elicit(std::string_view, const mcp::Elicitation& question,
              std::function<void(std::string)> answer) override {
    answer(question.schema);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::deque<std::string> lines;
  for (size_t at = 0; at <= text.size() && lines.size() < kMostLines;) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (const auto headers = mcp::param_headers(text)) static_cast<void>(mcp::headers_of(*headers, text));

  VirtualClock clock;
  EventLoop loop(&clock);
  Accepts handler;
  mcp::Options options;
  options.handler = &handler;
  mcp::Server server;
  server.name = "fuzz";
  const auto connection =
      std::make_shared<mcp::Connection>(loop, server, options, [&](mcp::Receiver& receiver, std::string&) {
        return std::make_unique<Scripted>(loop, lines, receiver);
      });
  int told = 0;
  mcp::list_pages(connection, "tools/list", "tools", [&](const auto&, const std::string&) { ++told; });
  connection->request("tools/call", R"({"name":"x"})", [&](const mcp::Answer&) { ++told; });
  connection->request("resources/read", "{}", [&](const mcp::Answer&) { ++told; });
  loop.run();
  if (told != 3) std::abort();
  connection->shut();
  return 0;
}
