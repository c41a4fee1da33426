#include "tests/unit/sched/scripted.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "tests/unit/sched/session.h"

namespace chain::test {

model::Client::CallId ScriptedClient::start(model::Request request, model::Listener& listener) {
  std::string_view script = request.messages.back().text;
  Call call{.id = next_, .listener = &listener, .name = {}, .ticks = 0, .reply = {}};
  const size_t first = script.find(' ');
  call.name = script.substr(0, first);
  script.remove_prefix(first == std::string_view::npos ? script.size() : first + 1);
  const size_t second = script.find(' ');
  std::from_chars(script.data(), script.data() + std::min(second, script.size()), call.ticks);
  if (second != std::string_view::npos) call.reply = script.substr(second + 1);
  calls_.push_back(std::move(call));
  wake();
  return next_++;
}

void ScriptedClient::cancel(CallId id) {
  const auto found = std::ranges::find(calls_, id, &Call::id);
  if (found == calls_.end()) return;
  if (found->begun) note('-' + found->name);
  calls_.erase(found);
  wake();
}

void ScriptedClient::logged(std::string_view, std::string_view text) {
  note("log " + std::string(text));
}

/// Time goes on only when the scheduler has nothing more to start.
void ScriptedClient::wake() {
  if (std::exchange(awake_, true)) return;
  loop_.post([this] {
    awake_ = false;
    advance();
  });
}

void ScriptedClient::begin_waiting() {
  auto under_way = static_cast<size_t>(std::ranges::count_if(calls_, &Call::begun));
  for (Call& call : calls_) {
    if (call.begun || under_way >= concurrency_) continue;
    call.begun = true;
    call.due = now_ + call.ticks;
    note('+' + call.name);
    ++under_way;
  }
}

void ScriptedClient::advance() {
  begin_waiting();
  const auto next = std::ranges::min_element(
      calls_, {}, [](const Call& call) { return std::pair(call.begun ? call.due : INT64_MAX, call.id); });
  if (next == calls_.end() || !next->begun) return;
  const Call call = std::move(*next);
  calls_.erase(next);
  now_ = call.due;
  const bool fails = call.reply.starts_with('!');
  note(call.name + (fails ? "!" : ""));
  wake();
  if (!fails) return call.listener->done({.text = call.reply, .model = "scripted"});
  const auto kind = program::error_kind(std::string_view(call.reply).substr(1));
  call.listener->failed({kind.value_or(abi::ErrorKind::Failed), call.name + " failed"});
}

ScriptedRun run_scripted(const std::string& source, size_t concurrency) {
  ScriptedClient* scripted = nullptr;
  Session session(source, [&](EventLoop& loop) {
    auto client = std::make_unique<ScriptedClient>(loop, concurrency);
    scripted = client.get();
    return client;
  });
  ScriptedRun result;
  sched::RunOptions options;
  options.observer = scripted;
  options.now = [scripted] { return scripted->now() * 1'000'000'000; };
  result.outcome = outcome(session.run("main", "{}", options));
  for (const std::string& line : scripted->trace) result.trace += (result.trace.empty() ? "" : ", ") + line;
  return result;
}

}  // namespace chain::test
