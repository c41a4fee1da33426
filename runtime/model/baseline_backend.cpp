// The provider `baseline` behind the client.
#include "runtime/model/baseline.h"
#include "runtime/model/local_backend.h"

namespace chain::model {
namespace {

class BaselineBackend final : public LocalBackend {
 public:
  explicit BaselineBackend(const Services& services)
      : LocalBackend(services, "baseline(): nothing leaves this process") {}

 private:
  /// It answers one question by its arguments, and neither calls tools nor reads what they gave.
  std::variant<Completion, Failure> answer(const Request& request) override {
    const bool may_call = !request.tools.empty() && request.tool_choice.kind != ToolChoice::Kind::None;
    if (may_call || request.prompt == nullptr || request.arguments == nullptr) {
      return Failure{
          .kind = abi::ErrorKind::InvalidValue,
          .message =
              "`baseline` is no language model and calls no tools; ask another model, or rehearse the "
              "conversation with `scripted(\"answers.jsonl\")`"};
    }
    Completion completion;
    completion.text = baseline_reply(*request.program, *request.prompt, request.arguments);
    completion.model = "baseline";
    completion.finish_reason = "stop";
    return completion;
  }
};

}  // namespace

MadeBackend make_baseline(const program::Program&, const program::Model&, const Services& services) {
  return {std::make_unique<BaselineBackend>(services), {}};
}

}  // namespace chain::model
