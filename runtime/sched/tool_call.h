// One call of a tool that is under way. Internal to runtime/sched.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/sched/run_state.h"
#include "runtime/tool/caller.h"

namespace chain::sched {

class ToolCall;

/// What the server of a call has been told.
struct Told {
  uint32_t questions = 0;            // that were asked about the call so far
  std::vector<std::string> answers;  // to the inquiry of `token`
  std::string token;                 // empty: none has been answered
};

/// Whom a call tells of its end. It may be destroyed from within.
class ToolHost {
 public:
  virtual ~ToolHost() = default;
  virtual void tool_ended(ToolCall& call, model::Completion completion) = 0;
  virtual void tool_failed(ToolCall& call, model::Failure failure) = 0;
  /// It has ended with questions, and is to be made again with their answers.
  virtual void tool_asks(ToolCall& call, tool::Inquiry inquiry) = 0;
};

class ToolCall final : public Call, public model::Listener {
 public:
  ToolCall(ToolHost& host, tool::Caller& tools, Instance& instance, uint32_t task, std::string path,
           uint32_t questions)
      : Call(instance, task), host_(host), tools_(tools), path_(std::move(path)), questions_(questions) {}
  ~ToolCall() override;

  void send(tool::Request request);
  void cancel() override;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const program::External& tool() const;
  /// How many were asked about it before.
  [[nodiscard]] uint32_t questions() const { return questions_; }
  /// As it was last sent, without secrets; may be empty.
  [[nodiscard]] std::string take_request() { return std::move(request_); }

 private:
  void sent(std::string_view request) override;
  void retry(std::string_view why, int64_t delay_ns) override;
  void done(model::Completion completion) override { host_.tool_ended(*this, std::move(completion)); }
  void failed(model::Failure failure) override { host_.tool_failed(*this, std::move(failure)); }
  [[nodiscard]] Observer* observer() const { return instance_.run->observer(); }

  ToolHost& host_;
  tool::Caller& tools_;
  std::string path_;
  const uint32_t questions_;
  std::string request_;
  tool::Caller::CallId id_ = 0;
};

}  // namespace chain::sched
