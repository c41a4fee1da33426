#include "runtime/model/cassette_client.h"

#include <fmt/format.h>

#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/http/printable.h"
#include "runtime/sched/event_loop.h"

namespace chain::model {

namespace {

/// A failure's sentence without what differs each time: " [request req_123]".
std::string lasting(std::string message) {
  const size_t request = message.rfind(" [request ");
  if (request != std::string::npos && message.ends_with(']')) message.resize(request);
  return message;
}

CassetteEnd end_of(const Completion& completion) {
  return {.text = completion.text,
          .pieces = {},
          .model = completion.model,
          .finish_reason = completion.finish_reason,
          .cut_off = completion.cut_off,
          .stand_in = completion.stand_in,
          .usage = completion.usage,
          .sources = completion.sources,
          .failure = {}};
}

class RecordingClient final : public Client {
 public:
  RecordingClient(std::unique_ptr<Client> inner, Cassette& cassette, CassetteQuestions questions)
      : cassette_(cassette), questions_(std::move(questions)), inner_(std::move(inner)) {}

  CallId start(Request request, Listener& listener) override;
  void cancel(CallId call) override {
    inner_->cancel(call);
    calls_.erase(call);
  }
  void recalled(const Request& request, const Completion& completion) override;

 private:
  class Call;

  Cassette& cassette_;
  CassetteQuestions questions_;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  std::unique_ptr<Client> inner_;  // last: it goes first
};

class RecordingClient::Call final : public Listener {
 public:
  Call(RecordingClient& client, CassettePlace place, CassetteQuestion question, Listener& listener)
      : client_(client), place_(std::move(place)), question_(std::move(question)), listener_(listener) {}

  void begin(CallId id) { id_ = id; }

  void sent(std::string_view request) override { listener_.sent(request); }
  void delta(std::string_view text) override {
    pieces_.emplace_back(text);
    listener_.delta(text);
  }
  void retry(std::string_view why, int64_t delay_ns) override {
    pieces_.clear();
    listener_.retry(why, delay_ns);
  }
  void waited(std::string_view why, int64_t time_ns) override { listener_.waited(why, time_ns); }
  void done(Completion completion) override {
    CassetteEnd end = end_of(completion);
    std::string streamed;
    for (const std::string& piece : pieces_) streamed += piece;
    if (pieces_.size() > 1 && streamed == completion.text) end.pieces = std::move(pieces_);
    client_.cassette_.put(place_, question_, std::move(end));
    const auto self = client_.calls_.extract(id_);
    listener_.done(std::move(completion));
  }
  void failed(Failure failure) override {
    CassetteEnd end;
    end.ok = false;
    end.failure = {failure.kind, lasting(failure.message)};
    client_.cassette_.put(place_, question_, std::move(end));
    const auto self = client_.calls_.extract(id_);
    listener_.failed(std::move(failure));
  }

 private:
  RecordingClient& client_;
  const CassettePlace place_;
  const CassetteQuestion question_;
  Listener& listener_;
  CallId id_ = 0;
  std::vector<std::string> pieces_;
};

Client::CallId RecordingClient::start(Request request, Listener& listener) {
  CassetteQuestion question = questions_.of(request);
  CassettePlace place{question.key, request.row, request.step};
  auto call = std::make_unique<Call>(*this, std::move(place), std::move(question), listener);
  Call& started = *call;
  const CallId id = inner_->start(std::move(request), started);
  started.begin(id);
  calls_.emplace(id, std::move(call));
  return id;
}

/// A run that goes on in another process would otherwise leave a hole where the first one had asked.
void RecordingClient::recalled(const Request& request, const Completion& completion) {
  const CassetteQuestion question = questions_.of(request);
  cassette_.put({question.key, request.row, request.step}, question, end_of(completion));
}

class ReplayingClient final : public Client {
 public:
  ReplayingClient(const program::Program& program, Cassette& cassette, CassetteQuestions questions,
                  EventLoop& loop, std::function<void(CassetteMiss)> missed)
      : program_(program),
        cassette_(cassette),
        questions_(std::move(questions)),
        loop_(loop),
        missed_(std::move(missed)) {}
  ~ReplayingClient() override {
    for (const auto& [id, timer] : answering_) loop_.cancel_timer(timer);
  }

  CallId start(Request request, Listener& listener) override {
    const CassetteQuestion question = questions_.of(request);
    const CassetteEntry* entry = cassette_.take({question.key, request.row, request.step});
    CassetteEnd end = entry ? entry->end : miss(request, question);
    if (!request.stream) {
      end.pieces.clear();
    } else if (end.pieces.empty() && !end.text.empty()) {
      end.pieces.push_back(end.text);
    }
    const CallId id = ++serial_;
    answering_[id] =
        loop_.after(0, [this, id, end = std::move(end), &listener] { answer(id, end, listener); });
    return id;
  }

  void cancel(CallId call) override {
    const auto found = answering_.find(call);
    if (found == answering_.end()) return;
    loop_.cancel_timer(found->second);
    answering_.erase(found);
  }

 private:
  CassetteEnd miss(const Request& request, const CassetteQuestion& question) {
    missed_({request.row, request.step, request.step_name, cassette_.explain(question)});
    CassetteEnd end;
    end.ok = false;
    end.failure = {abi::ErrorKind::NotFound,
                   fmt::format("model `{}`: the cassette holds no answer to this call",
                               http::printable(program_.models[request.model].name))};
    end.failure.final = true;
    return end;
  }

  void answer(CallId id, const CassetteEnd& kept, Listener& listener) {
    const CassetteEnd end = kept;  // the timer that holds it may go with a cancel from within
    for (const std::string& piece : end.pieces) {
      listener.delta(piece);
      if (!answering_.contains(id)) return;  // cancelled by its listener
    }
    answering_.erase(id);
    if (!end.ok) return listener.failed(end.failure);
    Completion completion;
    completion.text = end.text;
    completion.model = end.model;
    completion.finish_reason = end.finish_reason;
    completion.cut_off = end.cut_off;
    completion.stand_in = end.stand_in;
    completion.usage = end.usage;
    completion.sources = end.sources;
    listener.done(std::move(completion));
  }

  const program::Program& program_;
  Cassette& cassette_;
  CassetteQuestions questions_;
  EventLoop& loop_;
  std::function<void(CassetteMiss)> missed_;
  std::unordered_map<CallId, EventLoop::TimerId> answering_;
  CallId serial_ = 0;
};

}  // namespace

std::unique_ptr<Client> make_recording_client(std::unique_ptr<Client> inner, Cassette& cassette,
                                              CassetteQuestions questions) {
  return std::make_unique<RecordingClient>(std::move(inner), cassette, std::move(questions));
}

std::unique_ptr<Client> make_replaying_client(const program::Program& program, Cassette& cassette,
                                              CassetteQuestions questions, EventLoop& loop,
                                              std::function<void(CassetteMiss)> missed) {
  return std::make_unique<ReplayingClient>(program, cassette, std::move(questions), loop, std::move(missed));
}

}  // namespace chain::model
