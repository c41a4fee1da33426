#include "runtime/tool/caller.h"

#include <array>
#include <utility>

#include "runtime/program/secret_source.h"
#include "runtime/sched/event_loop.h"
#include "runtime/tool/command_tool.h"
#include "runtime/tool/http_tool.h"
#include "runtime/tool/mcp_tool.h"

namespace chain::tool {

namespace {

/// The values of those of `program`.
std::vector<std::string> secrets_of(const program::Program& program) {
  std::vector<std::string> values;
  for (const std::string& name : program.secrets) {
    std::string value = program::secret_value(name);
    if (!value.empty()) values.push_back(std::move(value));
  }
  return values;
}

/// Hands each call to whoever makes those of its provider. An id says whose it is.
class Dispatch final : public Caller {
 public:
  Dispatch(const program::Program& program, EventLoop& loop, const Options& options) {
    const auto redact = std::make_shared<const Redactor>(secrets_of(program));
    callers_[kHttp] = make_http_caller(program, loop, options, redact);
    callers_[kCommand] = make_command_caller(program, loop, options, redact);
    callers_[kMcp] = make_mcp_caller(program, loop, options, redact);
  }

  CallId start(Request request, model::Listener& listener) override {
    const size_t which = request.tool->kind == program::ExternalKind::Remote ? kMcp
                         : request.tool->provider == "command"               ? kCommand
                                                                             : kHttp;
    return callers_[which]->start(std::move(request), listener) * kCallers + which;
  }
  void cancel(CallId call) override { callers_[call % kCallers]->cancel(call / kCallers); }

 private:
  static constexpr size_t kHttp = 0, kCommand = 1, kMcp = 2, kCallers = 3;

  std::array<std::unique_ptr<Caller>, kCallers> callers_;
};

}  // namespace

std::unique_ptr<Caller> make_caller(const program::Program& program, EventLoop& loop, Options options) {
  return std::make_unique<Dispatch>(program, loop, options);
}

}  // namespace chain::tool
