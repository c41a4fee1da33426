#include <algorithm>
#include <charconv>
#include <utility>

#include "runtime/program/errors.h"
#include "runtime/trace/messages.h"
#include "runtime/trace/span.h"
#include "runtime/trace/tree.h"
#include "runtime/value/digest.h"
#include "runtime/value/utf8.h"

namespace chain::trace {
namespace {

using store::RunRecord;
using store::StepRecord;

/// The front of a hash of `what`. No id may be all zeros.
template <size_t Size>
std::array<uint8_t, Size> id_of(const std::string& what) {
  const std::string hash = value::sha256(what);
  std::array<uint8_t, Size> id{};
  std::copy_n(hash.begin(), Size, id.begin());
  if (id == std::array<uint8_t, Size>{}) id.back() = 1;
  return id;
}

/// What is not UTF-8 becomes U+FFFD: a collector may refuse all of a request for one byte.
std::string utf8(std::string_view text) {
  std::string valid;
  for (size_t bad = 0; (bad = value::find_invalid_utf8(text)) != std::string_view::npos;) {
    valid += text.substr(0, bad);
    valid += "\xEF\xBF\xBD";
    text.remove_prefix(bad + 1);
  }
  return valid.empty() ? std::string(text) : valid + std::string(text);
}

/// "classify@2.0" in two.
std::pair<std::string_view, std::string_view> name_and_version(std::string_view name) {
  const size_t at = name.rfind('@');
  if (at == std::string_view::npos) return {name, {}};
  return {name.substr(0, at), name.substr(at + 1)};
}

std::string_view provider_name(std::string_view ours) {
#define TRACE_NAME(constant, name, type, doc)
#define TRACE_PROVIDER(own, theirs) \
  if (ours == (own)) return theirs;
#include "runtime/trace/names.def"
#undef TRACE_PROVIDER
#undef TRACE_NAME
  return ours;
}

std::string_view state_name(const RunRecord& run) {
  switch (run.state) {
    case store::RunState::Open: break;
    case store::RunState::Done: return "done";
    case store::RunState::Failed: return "failed";
  }
  return "open";
}

class SpanMaker {
 public:
  SpanMaker(const RunRecord& run, const CalledModels& models, Content content)
      : run_(run), models_(models), content_(content == Content::Included) {}

  std::vector<Span> make(const std::vector<Node>& nodes) {
    const auto trace = id_of<16>("chain run\n" + run_.id);
    std::vector<Span> spans;
    std::vector<SpanId> ids;  // of every node
    for (const Node& node : nodes) {
      const bool call = node.step && node.step->kind == "prompt";
      ids.push_back(id_of<8>("chain run\n" + run_.id + (node.step ? "\nstep\n" : "\nregion\n") + node.path));
      if (node.step && (node.step->kind == "now" || node.step->kind == "log"))
        continue;  // no time, all content
      span_ = {.trace = trace, .id = ids.back(), .started = node.started, .ended = node.ended};
      if (ids.size() > 1) span_.parent = ids[node.parent];
      if (ids.size() == 1) {
        describe_run();
      } else if (call) {
        describe_call(node);
      } else if (node.step && store::is_of_agent(*node.step)) {
        describe_agent(node);
      } else if (node.step && node.step->kind == "tool") {
        describe_tool(node);
      } else if (node.step && node.step->kind == "search") {
        describe_search(node);
      } else {
        describe_step(node);
      }
      spans.push_back(std::move(span_));
    }
    return spans;
  }

 private:
  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) span_.attributes.push_back({std::string(name), utf8(value)});
  }
  void number(std::string_view name, int64_t value) {
    span_.attributes.push_back({std::string(name), value});
  }
  template <typename Value>
  void given(std::string_view name, const std::optional<Value>& value) {
    if (value) span_.attributes.push_back({std::string(name), *value});
  }
  void list(std::string_view name, std::vector<std::string> values) {
    for (std::string& each : values) each = utf8(each);
    if (!values.empty()) span_.attributes.push_back({std::string(name), std::move(values)});
  }

  void fail(program::ErrorKind kind, std::string_view message) {
    span_.failed = true;
    text(names::kErrorType, program::to_string(kind));
    // A message may quote what a model wrote, or what the program says of its data.
    span_.message = content_ ? utf8(message) : std::string(program::to_string(kind));
  }

  void describe_run() {
    const auto [name, version] = name_and_version(run_.chain);
    span_.name = "invoke_workflow " + utf8(name);
    text(names::kOperationName, "invoke_workflow");
    text(names::kWorkflowName, name);
    text(names::kConversationId, run_.id);
    text(names::kVersion, version);
    text(names::kArtifact, run_.artifact);
    text(names::kRunState, state_name(run_));
    if (run_.state == store::RunState::Failed) fail(run_.error.kind, run_.error.message);
    if (!content_) return;
    text(names::kArguments, run_.arguments);
    text(names::kResult, run_.result);
  }

  /// A region, or an effect that is no call of a model.
  void describe_step(const Node& node) {
    const std::string_view part = last_part(node.path);
    const size_t bracket = part.find('[');
    span_.name = "chain.step " + utf8(part.substr(0, std::min(bracket, part.find('#'))));
    text(names::kStepPath, node.path);
    int64_t index = 0;
    if (bracket != std::string_view::npos &&
        std::from_chars(part.data() + bracket + 1, part.data() + part.size(), index).ec == std::errc())
      number(names::kStepIndex, index);
    if (node.step) describe_end(node);
  }

  void describe_call(const Node& node) {
    const StepRecord& step = *node.step;
    const model::Completion& answer = step.end.completion;
    const auto found = models_.find(answer.answered_by.empty() ? step.model : answer.answered_by);
    const CalledModel model = found == models_.end() ? CalledModel{} : found->second;
    // A provider without ids, or a run of before models were kept.
    const std::string_view asked = !model.id.empty()       ? model.id
                                   : !answer.model.empty() ? answer.model
                                                           : step.model;
    span_.kind = SpanKind::Client;
    span_.name = "chat " + utf8(asked);
    text(names::kOperationName, "chat");
    text(names::kProviderName, provider_name(model.provider));
    text(names::kRequestModel, asked);
    given(names::kRequestTemperature, model.temperature);
    given(names::kRequestTopP, model.top_p);
    given(names::kRequestMaxTokens, model.max_tokens);
    given(names::kRequestSeed, model.seed);
    list(names::kRequestStop, model.stop);
    const auto [name, version] = name_and_version(step.name);
    text(names::kPromptName, name);
    text(names::kPromptVersion, version);
    text(names::kConversationId, run_.id);
    text(names::kStepPath, node.path);
    if (const Server server = server_of(step.end.request); !server.host.empty()) {
      text(names::kServerAddress, server.host);
      number(names::kServerPort, server.port);
    }
    describe_end(node);
    if (!node.open && step.end.ok) describe_answer(answer);
    if (content_) describe_content(step);
  }

  void describe_agent(const Node& node) {
    const StepRecord& step = *node.step;
    const auto [name, version] = name_and_version(step.name);
    span_.name = "invoke_agent " + utf8(name);
    text(names::kOperationName, "invoke_agent");
    text(names::kAgentName, name);
    text(names::kAgentVersion, version);
    text(names::kConversationId, run_.id);
    text(names::kStepPath, node.path);
    describe_end(node);
    if (!content_) return;
    text(names::kArguments, step.end.request);
    if (!node.open && step.end.ok) text(names::kResult, step.end.completion.text);
  }

  void describe_tool(const Node& node) {
    const StepRecord& step = *node.step;
    const std::string_view name = name_and_version(step.name).first;
    span_.name = "execute_tool " + utf8(name);
    text(names::kOperationName, "execute_tool");
    text(names::kToolName, name);
    text(names::kToolType, "function");
    text(names::kConversationId, run_.id);
    text(names::kStepPath, node.path);
    describe_end(node);
    if (!content_) return;
    text(names::kToolArguments, step.end.request);
    if (!node.open && step.end.ok) text(names::kToolResult, step.end.completion.text);
  }

  void describe_search(const Node& node) {
    const StepRecord& step = *node.step;
    // "handbook.search"
    const std::string_view index = std::string_view(step.name).substr(0, step.name.rfind('.'));
    span_.kind = SpanKind::Client;
    span_.name = "retrieval " + utf8(index);
    text(names::kOperationName, "retrieval");
    text(names::kDataSourceId, index);
    given(names::kRetrievalTopK, asked_search(step.end.request).top);
    text(names::kConversationId, run_.id);
    text(names::kStepPath, node.path);
    describe_end(node);
    if (!node.open && step.end.ok) {
      text(names::kIndexState, step.end.completion.model);
      if (const int64_t tokens = step.end.completion.usage.input_tokens; tokens > 0)
        number(names::kInputTokens, tokens);
    }
    if (!content_) return;
    text(names::kRetrievalQuery, asked_search(step.end.request).query);
    if (!node.open && step.end.ok)
      text(names::kRetrievalDocuments, found_documents(step.end.completion.text));
  }

  void describe_end(const Node& node) {
    if (node.open) {
      span_.attributes.push_back({std::string(names::kStepDropped), true});
      return;
    }
    const sched::StepEnd& end = node.step->end;
    const uint32_t attempts = end.ok ? end.completion.attempts : end.failure.attempts;
    if (attempts > 1) number(names::kStepAttempts, attempts);
    const model::Waited& waited = end.ok ? end.completion.waited : end.failure.waited;
    if (waited.time > 0) {
      given(names::kStepWaited, std::optional(static_cast<double>(waited.time) / 1e9));
      text(names::kStepWaitedFor, waited.why);
    }
    if (!end.ok) fail(end.failure.kind, end.failure.message);
  }

  void describe_answer(const model::Completion& answer) {
    text(names::kResponseModel, answer.model);
    if (!answer.finish_reason.empty()) list(names::kResponseFinishReasons, {answer.finish_reason});
    text(names::kRequestId, answer.request_id);
    text(names::kStepAnsweredBy, answer.answered_by);
    if (answer.cached == model::Cached::Similar)
      span_.attributes.push_back({std::string(names::kCacheSimilarity), answer.similarity});
    text(names::kCacheStatus, std::string(model::to_string(answer.cached)));
    if (model::is_kept(answer.cached)) return;  // its usage stands where the answer came from the model
    number(names::kInputTokens, answer.usage.input_tokens);
    number(names::kOutputTokens, answer.usage.output_tokens);
    if (answer.usage.cached_tokens > 0) number(names::kCachedTokens, answer.usage.cached_tokens);
    if (answer.usage.reasoning_tokens > 0) number(names::kReasoningTokens, answer.usage.reasoning_tokens);
  }

  void describe_content(const StepRecord& step) {
    const AskedMessages asked = asked_messages(step.end.request);
    text(names::kSystemInstructions, asked.system);
    text(names::kInputMessages, asked.input);
    text(names::kOutputMessages, answer_message(step.end.completion));
  }

  const RunRecord& run_;
  const CalledModels& models_;
  const bool content_;
  Span span_;
};

}  // namespace

std::vector<Span> spans_of(const RunRecord& run, const std::vector<StepRecord>& steps,
                           const CalledModels& models, Content content) {
  return SpanMaker(run, models, content).make(tree_of(run, steps));
}

}  // namespace chain::trace
