#include "tests/unit/sched/agent_fixture.h"

#include <cstring>
#include <utility>

#include "runtime/abi/context.h"
#include "runtime/program/errors.h"
#include "runtime/value/json.h"
#include "runtime/value/layout.h"

namespace chain::test {

using program::TypeId;
using value::List;
using value::Text;

namespace {

// Slots of the loop's frame: the arguments of a step, its turn, the results of its calls.
constexpr uint32_t kMessages = 64, kTurn = 96, kResults = 104, kLoopFrame = 112;
constexpr uint32_t kRounds = 16;
// Of a region with one call: its arguments and its result.
constexpr uint32_t kInput = 64, kResult = 80, kCallFrame = 96;
/// Where a Message has its calls, and its results.
constexpr uint32_t kCallsField = 32;

std::byte* at(abi::Frame* frame, uint32_t offset) {
  return reinterpret_cast<std::byte*>(frame) + offset;
}

abi::Status append(abi::Frame* frame, abi::Context* context, uint32_t slot) {
  auto list = value::load<List>(at(frame, kMessages));
  auto* grown = static_cast<std::byte*>(context->arena.allocate((list.size + 1) * sizeof(void*)));
  if (!grown) return abi::kFailed;
  if (list.size > 0) std::memcpy(grown, list.data, list.size * sizeof(void*));
  std::memcpy(grown + list.size * sizeof(void*), at(frame, slot), sizeof(void*));
  value::store(at(frame, kMessages), List{grown, list.size + 1});
  return abi::kOk;
}

abi::Status enter_loop(abi::Frame* frame, abi::Context*) {
  std::memcpy(at(frame, kMessages), frame->input, 32);
  return abi::kOk;
}

abi::Status keep_turn(abi::Frame* frame, abi::Context* context) {
  return append(frame, context, kTurn);
}

abi::Status act_or_return(abi::Frame* frame, abi::Context*) {
  const auto* const turn = value::load<const std::byte*>(at(frame, kTurn));
  if (value::load<List>(turn + kCallsField).size > 0) return abi::kOk;
  std::memcpy(frame->chain_result, &turn, sizeof turn);
  return abi::kReturned;
}

abi::Status keep_results(abi::Frame* frame, abi::Context* context) {
  return append(frame, context, kResults);
}

abi::Status end_loop(abi::Frame* frame, abi::Context*) {
  std::memcpy(frame->result, at(frame, kTurn), sizeof(void*));
  return abi::kOk;
}

abi::Status enter_main(abi::Frame* frame, abi::Context*) {
  std::memcpy(at(frame, kInput), frame->input, sizeof(Text));
  return abi::kOk;
}

abi::Status end_main(abi::Frame* frame, abi::Context*) {
  std::memcpy(frame->result, at(frame, kResult), sizeof(Text));
  return abi::kOk;
}

abi::Status render_system(abi::Context*, const std::byte*, Text* out) {
  *out = Text(std::string_view("You find out."));
  return abi::kOk;
}

abi::Status make_text(abi::Context*, const std::byte* arguments, void* out) {
  std::memcpy(out, arguments, sizeof(Text));
  return abi::kOk;
}

enum Function : uint32_t {
  kEnterLoop,
  kKeepTurn,
  kActOrReturn,
  kKeepResults,
  kEndLoop,
  kEnterMain,
  kEndMain,
  kRenderSystem,
  kMakeText
};

}  // namespace

model::Client::CallId FunctionModel::start(model::Request request, model::Listener& listener) {
  ++asked;
  const CallId id = ++last_;
  open_[id] = &listener;
  loop_.post([this, id, request = std::move(request)] {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    model::Completion completion = answer_(request);
    if (completion.text == "never") return;
    model::Listener* const listener = found->second;
    open_.erase(found);
    if (completion.finish_reason == "failed")
      return listener->failed({.kind = abi::ErrorKind::Failed, .message = completion.text});
    listener->done(std::move(completion));
  });
  return id;
}

void FunctionModel::cancel(CallId call) {
  cancelled += open_.erase(call);
}

tool::Caller::CallId FunctionTools::start(tool::Request request, model::Listener& listener) {
  const CallId id = ++last_;
  const std::string name = request.tool->name,
                    text = value::json_string(request.arguments.at(0).json).value();
  open_[id] = {name + ' ' + text, &listener};
  trace.push_back('+' + open_[id].first);
  // Two turns of the loop: what else may begin has begun.
  loop_.post([this, id, name, text] {
    loop_.post([this, id, name, text] {
      const auto found = open_.find(id);
      if (found == open_.end()) return;
      const std::string answer = answer_ ? answer_(name, text) : name + " of " + text;
      if (answer == "never") return;
      model::Listener* const listener = found->second.second;
      trace.push_back(found->second.first);
      open_.erase(found);
      const bool in_doubt = answer.starts_with('?');
      if (!in_doubt && !answer.starts_with('!')) return listener->done({.text = answer});
      const auto kind = program::error_kind(answer.substr(1));
      listener->failed({.kind = kind.value_or(abi::ErrorKind::ToolFailed),
                        .message = kind ? "no luck" : answer.substr(1),
                        .in_doubt = in_doubt});
    });
  });
  return id;
}

void FunctionTools::cancel(CallId call) {
  const auto found = open_.find(call);
  if (found == open_.end()) return;
  trace.push_back('-' + found->second.first);
  open_.erase(found);
}

const sched::Journal::Recorded* MemoryJournal::find(std::string_view path) const {
  const auto found = before_.find(std::string(path));
  return found == before_.end() ? nullptr : &found->second;
}

std::optional<std::string> MemoryJournal::in_doubt(std::string_view path) const {
  return begun_before_.contains(std::string(path)) ? std::optional(std::string()) : std::nullopt;
}

void MemoryJournal::took_over(const sched::StepBegin& step, const Recorded& recorded) {
  ended[std::string(step.path)] = recorded;
}

void MemoryJournal::begin(const sched::StepBegin& step, Written written) {
  begun[std::string(step.path)] = step.request;
  digests_[std::string(step.path)] = step.digest;
  if (written) loop_.post([written] { written({}); });
}

void MemoryJournal::end(std::string_view path, sched::StepEnd end) {
  const std::string at(path);
  begun.erase(at);
  if (end.dropped) return;
  ended[at] = {.order = ended.size() + 1, .digest = digests_[at], .end = std::move(end)};
}

void MemoryJournal::note(const sched::StepBegin& step, std::string_view text) {
  begin(step, nullptr);
  sched::StepEnd end;
  end.completion.text = text;
  this->end(step.path, std::move(end));
}

void MemoryJournal::finish(const sched::RunResult&, Written written) {
  loop_.post([written] { written({}); });
}

TypeId AgentProgram::record(const std::string& name, std::vector<std::pair<std::string, TypeId>> fields) {
  program::Type type{.kind = program::TypeKind::Record, .name = name};
  for (auto& [field, of] : fields) type.fields.push_back({.name = field, .type = of});
  const TypeId id = program.types.add(std::move(type));
  program.types.layout_record(id);
  return id;
}

AgentProgram::AgentProgram() {
  program::TypeTable& types = program.types;
  const TypeId text = types.string_type, json = types.json_type, truth = types.bool_type;
  const TypeId role = types.literal_of(
      {std::string("system"), std::string("user"), std::string("assistant"), std::string("tool")});
  const TypeId part =
      types.union_of({types.image_type, types.audio_type, types.video_type, types.file_type, text});
  call_ = record("ToolCall", {{"id", text}, {"name", text}, {"arguments", json}});
  result_ = record("ToolResult", {{"id", text}, {"name", text}, {"content", text}, {"is_error", truth}});
  tool_ = record("Tool", {{"name", text}, {"doc", text}, {"parameters", json}, {"writes", truth}});
  message_ = record("Message", {{"role", role},
                                {"parts", types.list_of(part)},
                                {"calls", types.list_of(call_)},
                                {"results", types.list_of(result_)},
                                {"state", text}});
  loop_parameters_ = record("loop", {{"messages", types.list_of(message_)}, {"tools", types.list_of(tool_)}});
  text_parameters_ = record("text", {{"text", text}});
  question_parameters_ = record("question", {{"question", text}});
  const auto add = [this](auto function) {
    program.functions.push_back(reinterpret_cast<const void*>(function));
  };
  add(&enter_loop), add(&keep_turn), add(&act_or_return), add(&keep_results), add(&end_loop);
  add(&enter_main), add(&end_main), add(&render_system), add(&make_text);

  const TypeId turn = record("act", {{"turn", message_}});
  program.externals.push_back({.kind = program::ExternalKind::Step,
                               .name = "model.step",
                               .parameters = loop_parameters_,
                               .result = message_});
  program.externals.push_back(
      {.kind = program::ExternalKind::Act, .name = "model.act", .parameters = turn, .result = message_});
  program::Region region{.frame_size = kLoopFrame, .enter = {kEnterLoop}, .yield = {kEndLoop}};
  for (uint32_t i = 0; i < kRounds; ++i) {
    const std::string number = '[' + std::to_string(i) + ']';
    region.tasks.push_back({.kind = program::TaskKind::External,
                            .finish = {kKeepTurn},
                            .target = 0,
                            .input_offset = kMessages,
                            .result_offset = kTurn,
                            .result = message_,
                            .dependencies = i == 0 ? 0U : 1U,
                            .path = "step" + number});
    region.tasks.push_back({.kind = program::TaskKind::External,
                            .start = {kActOrReturn},
                            .finish = {kKeepResults},
                            .target = 1,
                            .input_offset = kTurn,
                            .result_offset = kResults,
                            .result = message_,
                            .dependencies = 1,
                            .path = "act" + number});
  }
  for (uint32_t i = 0; i + 1 < region.tasks.size(); ++i) region.tasks[i].after_done = {i + 1};
  region.ready = {0};
  program.regions.push_back(std::move(region));
  loop_ = 0;
  program.chains.push_back({.name = "loop", .parameters = loop_parameters_, .result = message_, .body = 0});
}

uint32_t AgentProgram::add_region(program::Task task, TypeId parameters, TypeId result) {
  static_cast<void>(parameters);
  task.kind = program::TaskKind::External;
  task.input_offset = kInput;
  task.result_offset = kResult;
  task.result = result;
  program.regions.push_back(
      {.frame_size = kCallFrame, .enter = {}, .yield = {}, .tasks = {std::move(task)}, .ready = {0}});
  return static_cast<uint32_t>(program.regions.size() - 1);
}

uint32_t AgentProgram::add_agent(const std::string& name, std::vector<ToolForm> tools, program::Bounds bounds,
                                 const std::string& provider) {
  const auto place = static_cast<uint32_t>(program.agents.size());
  const TypeId text = program.types.string_type;
  program.models.push_back(
      {.name = name + "_model", .provider = provider, .id = provider == "openai" ? "gpt-5" : "x"});
  program::Agent agent;
  agent.external = static_cast<uint32_t>(program.externals.size());
  program.externals.push_back({.kind = program::ExternalKind::Agent,
                               .name = name,
                               .parameters = question_parameters_,
                               .result = text,
                               .agent = place});
  agent.prompt.name = name;
  agent.prompt.parameters = question_parameters_;
  agent.prompt.result = text;
  agent.prompt.model = static_cast<uint32_t>(program.models.size() - 1);
  agent.prompt.messages.push_back({program::Role::System, {kRenderSystem}});
  agent.loop = loop_;
  agent.bounds = bounds;
  for (const ToolForm& form : tools) {
    const auto external = static_cast<uint32_t>(program.externals.size());
    program.externals.push_back({.kind = program::ExternalKind::Tool,
                                 .name = form.name,
                                 .parameters = text_parameters_,
                                 .result = text,
                                 .effect = form.effect,
                                 .approve = form.approve,
                                 .arguments = {{"text", text, {kMakeText}}}});
    agent.tools.push_back(
        {.name = form.name,
         .source = form.name,
         .doc = form.doc,
         .parameters = text_parameters_,
         .result = text,
         .region = add_region({.target = external, .path = form.name}, text_parameters_, text),
         .effect = form.effect,
         .gives_untrusted = form.gives_untrusted});
  }
  program.agents.push_back(std::move(agent));
  return place;
}

void AgentProgram::add_agent_as_tool(uint32_t outer, uint32_t inner, program::Effect effect, bool handoff) {
  const program::Agent& called = program.agents[inner];
  const std::string name = called.prompt.name;
  const uint32_t region = handoff ? UINT32_MAX
                                  : add_region({.target = called.external, .path = name},
                                               question_parameters_, called.prompt.result);
  program.agents[outer].tools.push_back({.name = name,
                                         .source = name,
                                         .parameters = question_parameters_,
                                         .result = program.types.string_type,
                                         .region = region,
                                         .effect = effect,
                                         .handoff = handoff,
                                         .agent = inner});
}

void AgentProgram::finish() {
  const uint32_t body =
      add_region({.target = program.agents[0].external, .path = program.agents[0].prompt.name},
                 question_parameters_, program.types.string_type);
  program.regions[body].enter = {kEnterMain};
  program.regions[body].yield = {kEndMain};
  program.regions[body].tasks[0].tail = true;
  program.chains.push_back({.name = "main",
                            .parameters = question_parameters_,
                            .result = program.types.string_type,
                            .body = body});
}

AgentRun::AgentRun(AgentProgram& made, FunctionModel::Answer answer, FunctionTools::Answer tool,
                   const std::function<memory::Memories*(EventLoop&)>& memories)
    : model(loop, std::move(answer)),
      tools(loop, std::move(tool)),
      scheduler(made.program, model, loop, &tools, nullptr, memories ? memories(loop) : nullptr) {}

WireRun::WireRun(AgentProgram& made, FunctionTools::Answer tool, memory::Memories* memories)
    : model(model::make_client(made.program, loop)),
      tools(loop, std::move(tool)),
      scheduler(made.program, *model, loop, &tools, nullptr, memories) {}

sched::RunResult WireRun::run(const std::string& question, sched::RunOptions options) {
  return run_main(loop, scheduler, question, options);
}

sched::RunResult AgentRun::run(const std::string& question, sched::RunOptions options) {
  return run_main(loop, scheduler, question, options);
}

sched::RunResult run_main(EventLoop& loop, sched::Scheduler& scheduler, const std::string& question,
                          const sched::RunOptions& options) {
  std::string arguments = R"({"question":)";
  value::append_json_string(arguments, question);
  sched::RunResult given;
  scheduler.start(1, arguments + '}', options, [&](sched::RunResult result) {
    given = std::move(result);
    loop.stop();
  });
  loop.run();
  return given;
}

model::Completion calling(std::vector<std::pair<std::string, std::string>> calls) {
  model::Completion completion;
  for (const auto& [name, text] : calls) {
    std::string arguments = R"({"text":)";
    value::append_json_string(arguments, text);
    completion.tool_calls.push_back(
        {"id" + std::to_string(completion.tool_calls.size()), name, arguments + '}'});
  }
  return completion;
}

model::Completion saying(std::string text) {
  model::Completion completion;
  completion.text = std::move(text);
  return completion;
}

const std::vector<model::ToolResult>& results_of(const model::Request& request) {
  static const std::vector<model::ToolResult> none;
  const auto& turn = request.messages.back().turn;
  return turn ? turn->results : none;
}

}  // namespace chain::test
