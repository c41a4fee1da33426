#include "runtime/sched/journalled_calls.h"

#include <algorithm>
#include <utility>

#include "runtime/value/digest.h"

namespace chain::sched {

namespace {

/// What a model is asked: a program that asks otherwise than the journal says is not continued.
std::string digest_of(const model::Request& request) {
  std::string bytes;
  const auto add = [&](std::string_view part) {
    bytes.append(std::to_string(part.size()) + ':').append(part);
  };
  add(request.schema_name);
  add(request.schema);
  for (const model::Message& message : request.messages) {
    add(std::to_string(static_cast<int>(message.role)));
    add(message.text);
    for (const abi::Attachment& medium : message.media) add(medium.source.view());
    if (!message.turn) continue;
    for (const model::ToolCall& call : message.turn->calls) add(call.name), add(call.arguments);
    for (const model::ToolResult& result : message.turn->results)
      add(result.name), add(result.is_error ? "error" : ""), add(result.content);
  }
  for (const model::Tool& tool : request.tools) add(tool.name), add(tool.description), add(tool.parameters);
  if (request.tool_choice.kind != model::ToolChoice::Kind::Auto) {
    add(std::to_string(static_cast<int>(request.tool_choice.kind)));
    add(request.tool_choice.name);
  }
  return step_digest(bytes);
}

}  // namespace

std::string step_digest(std::string_view asked) {
  return value::hex(value::sha256(asked)).substr(0, 16);
}

std::string other_question(std::string_view path) {
  return "step `" + std::string(path) +
         "` would be asked something else than the journal says, so the run cannot go on; begin it anew";
}

class JournalledCalls::Call final : public model::Listener {
 public:
  Call(JournalledCalls& owner, CallId id, model::Request request, model::Listener& listener)
      : id(id),
        owner_(owner),
        request_(std::move(request)),
        digest_(digest_of(request_)),
        listener_(listener) {}

  [[nodiscard]] std::string_view path() const { return request_.step; }
  [[nodiscard]] StepBegin step() const {
    return {.path = request_.step,
            .kind = "prompt",
            .name = request_.step_name,
            .digest = digest_,
            .model = request_.program->models[request_.model].name};
  }
  void send() {
    asked_ = true;
    inner_ = owner_.client_.start(request_, *this);
  }
  void cancel() {
    if (asked_) owner_.client_.cancel(inner_);
  }
  /// The call is begun in the journal, so that its end has to stand there.
  void note_begin() { begun_ = true; }
  /// Nobody needs its answer any more. What it took is what a model that was asked has read, as far as
  /// anybody knows.
  void drop() {
    cancel();
    if (!begun_) return;
    StepEnd end{.ok = false, .dropped = true, .request = std::move(sent_), .asked = asked(request_.model)};
    end.failure.kind = abi::ErrorKind::Cancelled;
    end.failure.message = "dropped, for its answer was not needed any more";
    if (asked_) {
      const Amount taken = owner_.tariff_.unanswered(request_);
      end.completion.usage.input_tokens = taken.tokens;
      end.cost = owner_.tariff_.cost(request_, end.completion);
    }
    owner_.journal_.end(path(), std::move(end));
  }
  /// Whoever writes down what is asked learns of an answer that the journal gave.
  void recall(const model::Completion& completion) { owner_.client_.recalled(request_, completion); }
  [[nodiscard]] const std::string& digest() const { return digest_; }
  [[nodiscard]] const program::Program& program() const { return *request_.program; }
  [[nodiscard]] bool streams() const { return request_.stream; }
  [[nodiscard]] model::Listener& listener() { return listener_; }

  void sent(std::string_view request) override {
    sent_ = request;
    listener_.sent(request);
  }
  void delta(std::string_view text) override { listener_.delta(text); }
  void retry(std::string_view why, int64_t delay_ns) override { listener_.retry(why, delay_ns); }
  void waited(std::string_view why, int64_t time_ns) override { listener_.waited(why, time_ns); }
  void done(model::Completion completion) override {
    const std::unique_ptr<Call> self = owner_.take(id);
    StepEnd end{.completion = completion,
                .request = std::move(sent_),
                .asked = asked(completion.answered_by.empty() ? request_.model : completion.stood_in),
                .cost = owner_.tariff_.cost(request_, completion)};
    end.completion.keep = nullptr;  // those are for this thread
    end.completion.forget = nullptr;
    owner_.journal_.end(path(), std::move(end));
    listener_.done(std::move(completion));
  }
  void failed(model::Failure failure) override {
    const std::unique_ptr<Call> self = owner_.take(id);
    owner_.journal_.end(
        path(),
        {.ok = false, .failure = failure, .request = std::move(sent_), .asked = asked(request_.model)});
    listener_.failed(std::move(failure));
  }

  const CallId id;

 private:
  [[nodiscard]] std::string asked(uint32_t index) const {
    const program::Model& model = request_.program->models.at(index);
    return model.provider + '/' + model.id;
  }

  JournalledCalls& owner_;
  model::Request request_;
  std::string digest_;
  model::Listener& listener_;
  std::string sent_;
  bool begun_ = false, asked_ = false;
  CallId inner_ = 0;
};

JournalledCalls::JournalledCalls(model::Client& client, Journal& journal, EventLoop& loop, Tariff& tariff,
                                 std::function<void(std::string_view problem)> lost)
    : client_(client),
      journal_(journal),
      loop_(loop),
      tariff_(tariff),
      lost_(std::move(lost)),
      replaying_(journal.resumes()) {}

JournalledCalls::~JournalledCalls() {
  loop_.cancel_timer(turn_);
  for (const auto& [id, call] : calls_) call->cancel();
}

model::Client::CallId JournalledCalls::start(model::Request request, model::Listener& listener) {
  const CallId id = ++serial_;
  Call& call =
      *calls_.emplace(id, std::make_unique<Call>(*this, id, std::move(request), listener)).first->second;
  if (const Journal::Recorded* recorded = journal_.find(call.path());
      recorded && (recorded->digest == call.digest() || !journal_.forks())) {
    at(recorded->order, [this, id] { answer(id); });
  } else {
    when_live([this, id] {
      if (const auto found = calls_.find(id); found != calls_.end()) begin(*found->second);
    });
  }
  return id;
}

void JournalledCalls::when_live(std::function<void()> happen) {
  if (!replaying_) return happen();
  held_.push_back(std::move(happen));
  schedule();
}

void JournalledCalls::cancel(CallId call) {
  if (const std::unique_ptr<Call> taken = take(call)) taken->drop();
}

std::unique_ptr<JournalledCalls::Call> JournalledCalls::take(CallId id) {
  auto node = calls_.extract(id);
  return node ? std::move(node.mapped()) : nullptr;
}

void JournalledCalls::begin(Call& call) {
  call.note_begin();
  journal_.begin(call.step(), [weak = weak_from_this(), id = call.id](std::string_view problem) {
    if (const auto self = weak.lock()) self->written(id, problem);
  });
}

void JournalledCalls::written(CallId id, std::string_view problem) {
  if (!problem.empty()) return lost_(problem);
  if (const auto found = calls_.find(id); found != calls_.end()) found->second->send();
}

void JournalledCalls::schedule() {
  if (turn_ != 0) return;
  turn_ = loop_.after(0, [this] {
    turn_ = 0;
    const auto self = shared_from_this();  // the answer may end the run
    turn();
  });
}

void JournalledCalls::at(uint64_t order, std::function<void()> happen) {
  recorded_.emplace(order, std::move(happen));
  schedule();
}

void JournalledCalls::turn() {
  if (!recorded_.empty()) {
    const std::function<void()> happen = std::move(recorded_.begin()->second);
    recorded_.erase(recorded_.begin());
    schedule();
    return happen();
  }
  replaying_ = false;
  for (const std::function<void()>& happen : std::exchange(held_, {})) happen();
}

void JournalledCalls::answer(CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;  // dropped meanwhile
  Call& call = *found->second;
  const Journal::Recorded& recorded = *journal_.find(call.path());
  if (!recorded.digest.empty() && recorded.digest != call.digest()) return lost_(other_question(call.path()));
  journal_.took_over(call.step(), recorded);
  const StepEnd& end = recorded.end;
  if (end.ok && call.streams() && !end.completion.text.empty()) call.listener().delta(end.completion.text);
  const std::unique_ptr<Call> taken = take(id);
  if (!taken) return;  // by who listens
  if (end.ok) {
    model::Completion completion = end.completion;
    const std::vector<program::Model>& models = taken->program().models;
    const auto by = std::ranges::find(models, completion.answered_by, &program::Model::name);
    if (by != models.end()) completion.stood_in = static_cast<uint32_t>(by - models.begin());
    // If it could not be read then, the question was asked anew: that is a step of its own.
    if (completion.cached == model::Cached::Hit || completion.cached == model::Cached::Similar)
      completion.forget = [] {};
    taken->recall(completion);
    taken->listener().done(std::move(completion));
  } else {
    taken->listener().failed(end.failure);
  }
}

}  // namespace chain::sched
