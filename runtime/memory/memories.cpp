#include "runtime/memory/memories.h"

#include <fmt/format.h>

#include <atomic>
#include <map>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "runtime/memory/open_memory.h"
#include "runtime/memory/summary.h"
#include "runtime/model/vectors.h"
#include "runtime/retrieve/desk.h"
#include "runtime/sched/ambient.h"
#include "runtime/sched/event_loop.h"
#include "runtime/store/records.h"

namespace chain::memory {
namespace {

using store::MemoryRow;

/// Requests for summaries in one opening: what is still open then waits for the next one.
constexpr int kMostSummaries = 4;
/// Older entries that answer the question which begins a conversation.
constexpr uint32_t kRecalled = 5;
/// Texts whose vectors are missing that a search has made.
constexpr size_t kMostMissing = 64;

/// One memory and the thread that alone touches its file.
using MemoryDesk = retrieve::Desk<OpenMemory>;

/// One call on its way. The desk's thread and the loop's hand it to each other.
struct Call {
  Memories::CallId id = 0;
  MemoryDesk* desk = nullptr;
  Owner owner;
  std::vector<Taken> taken;
  std::optional<model::VectorClient::CallId> embeds;  // at this moment
  std::unique_ptr<model::Listener> sums_up;           // at this moment
  std::optional<model::Client::CallId> asked;         // by that
  std::function<void(model::Failure)> failed;

  std::vector<MemoryRow> rows;  // remember: what is kept; recall: what misses a vector
  std::function<void(bool)> remembered;

  store::MemoryFilter filter;  // recall: among what
  std::string query;
  uint32_t top = 0;
  std::vector<float> vector;  // of the query
  std::vector<std::pair<int64_t, std::vector<float>>> made;
  std::vector<Entry> entries;
  std::function<void(Call&)> recalled;

  Standing standing;  // open
  SummaryQuestion question;
  int summaries = 0;
  std::function<void(Opening)> opened;
};

class ProgramMemories;

/// A model's answer to a summary's question.
class SummaryListener final : public model::Listener {
 public:
  using Done = std::function<void(model::Completion)>;
  using Failed = std::function<void(model::Failure)>;
  SummaryListener(Done done, Failed failed) : done_(std::move(done)), failed_(std::move(failed)) {}
  void done(model::Completion completion) override {
    const Done done = std::move(done_);  // it ends this listener
    done(std::move(completion));
  }
  void failed(model::Failure failure) override {
    const Failed failed = std::move(failed_);
    failed(std::move(failure));
  }

 private:
  Done done_;
  Failed failed_;
};

class ProgramMemories final : public Memories {
 public:
  ProgramMemories(const program::Program& program, EventLoop& loop, MemoriesOptions options)
      : program_(program), loop_(loop), options_(std::move(options)), self_(std::make_shared<Self>(this)) {
    if (!options_.now) options_.now = sched::wall_clock;
  }
  ~ProgramMemories() override {
    self_->memories = nullptr;
    for (const auto& [id, call] : calls_) give_up(*call);
    desks_.clear();
  }

  CallId remember(uint32_t resource, const Owner& owner, std::vector<Entry> entries, std::string key,
                  End<bool> end) override {
    const Shared call = begin(resource, owner, std::move(end.failed));
    call->remembered = std::move(end.done);
    const size_t most = kMostEntryBytes;
    const std::string name = key.empty() ? store::fresh_id() : std::move(key);
    for (size_t i = 0; i < entries.size(); ++i) {
      Entry& entry = entries[i];
      if (entry.text.size() > most) {
        refuse(call, fmt::format("an entry of a memory has at most {} bytes, and this text has {}: keep what "
                                 "matters of it",
                                 most, entry.text.size()));
        return call->id;
      }
      call->rows.push_back({.user = owner.user,
                            .session = owner.session,
                            .time = entry.time != 0 ? entry.time : options_.now(),
                            .role = entry.role,
                            .text = std::move(entry.text),
                            .source = std::move(entry.source),
                            .run = std::move(entry.run),
                            .untrusted = entry.untrusted,
                            .key = name + '#' + std::to_string(i)});
    }
    if (call->desk) keep(call);
    return call->id;
  }

  CallId recall(uint32_t resource, const Owner& owner, std::string query, uint32_t top,
                End<std::vector<Entry>> end) override {
    const Shared call = begin(resource, owner, std::move(end.failed));
    call->query = std::move(query);
    call->top = top;
    call->recalled = [this, done = std::move(end.done)](Call& call) {
      finish(call, [entries = std::move(call.entries), done]() mutable { done(std::move(entries)); });
    };
    if (!call->desk) return call->id;
    call->filter = entries_of(call->desk->settings(), owner);
    look_for(call);
    return call->id;
  }

  CallId open(uint32_t resource, const Owner& owner, std::string question, End<Opening> end) override {
    const Shared call = begin(resource, owner, std::move(end.failed));
    call->query = std::move(question);
    call->top = kRecalled;
    call->opened = std::move(end.done);
    call->recalled = [this](Call& call) { opened(call); };
    if (call->desk) stand(call);
    return call->id;
  }

  void cancel(CallId id) override {
    const auto call = calls_.find(id);
    if (call == calls_.end()) return;
    give_up(*call->second);
    calls_.erase(call);
  }

  [[nodiscard]] std::vector<Taken> taken() const override { return taken_; }

 private:
  /// Whether it is still there: what other threads post may come when it is gone.
  struct Self {
    explicit Self(ProgramMemories* memories) : memories(memories) {}
    ProgramMemories* memories;
  };
  using Shared = std::shared_ptr<Call>;
  /// On the desk's thread; false, and the error, if the memory cannot be read or written.
  using Work = std::function<bool(Call&, OpenMemory&, std::string& error)>;
  using Then = std::function<void(const Shared&)>;

  Shared begin(uint32_t resource, const Owner& owner, std::function<void(model::Failure)> failed) {
    const auto call = std::make_shared<Call>();
    call->id = ++last_;
    call->owner = owner;
    call->failed = std::move(failed);
    calls_.emplace(call->id, call);
    loop_.hold();
    call->desk = desk_of(resource);
    if (!call->desk)
      refuse(call, "a memory is kept on a thread of its own, and this process may have no more of them");
    return call;
  }

  MemoryDesk* desk_of(uint32_t resource) {
    const auto known = desks_.find(resource);
    if (known != desks_.end()) return known->second.get();
    try {
      // An entry that is to be kept is.
      auto desk = std::make_unique<MemoryDesk>(retrieve::Leftover::Done, [&](const std::atomic<bool>&) {
        return OpenMemory(read_settings(program_, resource));
      });
      return desks_.emplace(resource, std::move(desk)).first->second.get();
    } catch (const std::system_error&) { return nullptr; }
  }

  /// Fails soon, not from within.
  void refuse(const Shared& call, std::string error) {
    call->desk = nullptr;
    loop_.post([self = self_, call, error = std::move(error)] {
      if (self->memories) self->memories->fail(*call, {abi::ErrorKind::InvalidValue, error});
    });
  }

  /// `work` runs on the desk's thread, and `then` on the loop's, unless the call was given up.
  void on_desk(const Shared& call, Work work, Then then) {
    call->desk->add([call, work = std::move(work), then = std::move(then), self = self_,
                     &loop = loop_](OpenMemory& memory) {
      auto error = std::make_shared<std::string>();
      const bool done = work(*call, memory, *error);
      loop.post([call, self, done, error, then] {
        ProgramMemories* const memories = self->memories;
        if (!memories || !memories->calls_.contains(call->id)) return;
        if (done) return then(call);
        memories->fail(*call,
                       {abi::ErrorKind::Failed, "memory `" + call->desk->settings().name + "`: " + *error});
      });
    });
  }

  // ---- Remembering ----------------------------------------------------------------------------

  void keep(const Shared& call) {
    on_desk(
        call,
        [](Call& call, OpenMemory& memory, std::string& error) {
          if (!memory.keep(call.rows, error)) return false;
          const store::MemoryFilter filter{.user = call.owner.user, .session = call.owner.session};
          return memory.without_vector(filter, kMostMissing, call.rows, error);
        },
        [this](const Shared& call) { embed(call, [this](const Shared& call) { remembered(*call); }); });
  }

  void remembered(Call& call) {
    finish(call, [done = std::move(call.remembered)] { done(true); });
  }

  // ---- Recalling ------------------------------------------------------------------------------

  void look_for(const Shared& call) {
    on_desk(
        call,
        [](Call& call, OpenMemory& memory, std::string& error) {
          return memory.without_vector(call.filter, kMostMissing, call.rows, error);
        },
        [this](const Shared& call) { embed(call, [this](const Shared& call) { search(call); }); });
  }

  void search(const Shared& call) {
    on_desk(
        call,
        [](Call& call, OpenMemory& memory, std::string& error) {
          return memory.recall(call.filter, call.query, call.vector, call.top, call.entries, error);
        },
        [](const Shared& call) { call->recalled(*call); });
  }

  /// Has the memory's model make the vectors that are missing, and that of the query. What cannot be had is
  /// made up for later: words are found without.
  void embed(const Shared& call, const Then& then) {
    const MemorySettings& settings = call->desk->settings();
    const bool asks = settings.embed_model != UINT32_MAX && options_.vectors;
    std::vector<std::string> texts;
    for (const MemoryRow& row : call->rows) texts.push_back(row.text);
    if (!call->query.empty()) texts.push_back(call->query);
    if (!asks || texts.empty()) return then(call);
    call->embeds = options_.vectors->embed(
        {.model = settings.embed_model, .texts = std::move(texts), .dimensions = settings.dimensions},
        {.done = [this, call, then](model::Embeddings made) { embedded(call, std::move(made), then); },
         .failed =
             [this, call, then](const model::Failure& failure) {
               call->embeds.reset();
               warn(*call, "has no vectors of what is new, and finds by words alone: " + failure.message);
               then(call);
             }});
  }

  void embedded(const Shared& call, model::Embeddings made, const Then& then) {
    call->embeds.reset();
    call->taken.push_back({call->desk->settings().embed_model, made.usage});
    for (size_t i = 0; i < call->rows.size(); ++i)
      call->made.emplace_back(call->rows[i].id, std::move(made.vectors.at(i)));
    if (made.vectors.size() > call->rows.size()) call->vector = std::move(made.vectors.back());
    if (call->made.empty()) return then(call);
    on_desk(
        call,
        [](Call& call, OpenMemory& memory, std::string& error) {
          return memory.put_vectors(std::exchange(call.made, {}), error);
        },
        then);
  }

  // ---- Opening a conversation -----------------------------------------------------------------

  void stand(const Shared& call) {
    on_desk(
        call,
        [](Call& call, OpenMemory& memory, std::string& error) {
          call.standing = {};
          return memory.stand(call.owner, call.standing, error);
        },
        [this](const Shared& call) { consider(call); });
  }

  void consider(const Shared& call) {
    const MemorySettings& settings = call->desk->settings();
    const bool due = call->standing.open.size() >= batch_of(settings) && call->summaries < kMostSummaries;
    if (!due || settings.summary_model >= program_.models.size()) return stood(call);
    auto& rows = call->standing.open;
    rows.resize(summed_at_once(rows));
    ++call->summaries;
    const std::string before = call->standing.summary ? call->standing.summary->text : "";
    // It is no language model, and what it makes of a text is none of a summary's business.
    if (program_.models[settings.summary_model].provider == "baseline")
      return sum_up(call, beginnings(before, rows));
    if (!options_.client) return stood(call);
    ask(call, summary_question(before, rows));
  }

  void ask(const Shared& call, SummaryQuestion question) {
    call->question = std::move(question);
    model::Request request;
    request.model = call->desk->settings().summary_model;
    request.messages = {{program::Role::System, call->question.system},
                        {program::Role::User, call->question.user}};
    request.max_tokens = kSummaryTokens;
    request.run = this;
    request.program = &program_;
    request.step_name = call->desk->settings().name + ".summary";
    request.step = fmt::format("{}[{}.{}]", request.step_name, call->id, call->summaries);
    call->sums_up = std::make_unique<SummaryListener>(
        [this, call](model::Completion completion) {
          const auto listener = std::move(call->sums_up);
          call->asked.reset();
          call->taken.push_back({call->desk->settings().summary_model, completion.usage});
          if (!completion.text.empty()) return sum_up(call, std::move(completion.text));
          give_up_summary(call, "the model answered nothing");
        },
        [this, call](const model::Failure& failure) {
          const auto listener = std::move(call->sums_up);
          call->asked.reset();
          give_up_summary(call, failure.message);
        });
    call->asked = options_.client->start(std::move(request), *call->sums_up);
  }

  /// The conversation goes on without.
  void give_up_summary(const Shared& call, const std::string& why) {
    warn(*call, "could not be summed up, which is tried again later: " + why);
    call->summaries = kMostSummaries;
    stand(call);  // what was left aside for the request
  }

  void sum_up(const Shared& call, std::string text) {
    const store::MemorySummary* before = call->standing.summary ? &*call->standing.summary : nullptr;
    const store::MemorySummary summary =
        summary_of(before, call->standing.open, std::move(text), options_.now());
    on_desk(
        call,
        [summary, before = before ? before->upto : 0](Call& call, OpenMemory& memory, std::string& error) {
          return memory.put_summary(call.owner, before, summary, error);
        },
        [this](const Shared& call) { stand(call); });
  }

  /// Looks for what is older than the window, unless nothing is asked.
  void stood(const Shared& call) {
    const MemorySettings& settings = call->desk->settings();
    call->filter = entries_of(settings, call->owner);
    const auto& oldest = !call->standing.open.empty() ? call->standing.open : call->standing.window;
    if (call->query.empty() || oldest.empty()) return opened(*call);
    call->filter.before_id = oldest.front().id;
    look_for(call);
  }

  void opened(Call& call) {
    Opening opening;
    if (call.standing.summary) {
      opening.summary = std::move(call.standing.summary->text);
      opening.summary_untrusted = call.standing.summary->untrusted;
    }
    for (auto* rows : {&call.standing.open, &call.standing.window}) {
      for (MemoryRow& row : *rows) opening.window.push_back(entry_of(std::move(row)));
    }
    opening.recalled = std::move(call.entries);
    finish(call, [opening = std::move(opening), done = std::move(call.opened)]() mutable {
      done(std::move(opening));
    });
  }

  // ---- Ends -----------------------------------------------------------------------------------

  void warn(const Call& call, const std::string& what) const {
    if (options_.warn) options_.warn("memory `" + call.desk->settings().name + "` " + what);
  }
  void fail(Call& call, model::Failure failure) {
    failure.final = true;
    finish(call, [failure = std::move(failure), failed = std::move(call.failed)]() mutable {
      failed(std::move(failure));
    });
  }
  /// `tell` may call again, or destroy this.
  template <class Tell>
  void finish(Call& call, Tell tell) {
    const auto held = calls_.extract(call.id);
    if (held.empty()) return;
    const std::shared_ptr<Self> self = self_;
    taken_ = std::move(call.taken);
    loop_.release();
    tell();
    if (self->memories) taken_.clear();
  }
  void give_up(Call& call) {
    if (call.embeds) options_.vectors->cancel(*call.embeds);
    if (call.asked) options_.client->cancel(*call.asked);
    call.sums_up.reset();
    // Here: the desk's thread may let go of the call last.
    call.failed = {};
    call.remembered = {};
    call.recalled = {};
    call.opened = {};
    loop_.release();
  }

  const program::Program& program_;
  EventLoop& loop_;
  MemoriesOptions options_;
  std::shared_ptr<Self> self_;
  std::map<uint32_t, std::unique_ptr<MemoryDesk>> desks_;
  std::unordered_map<CallId, Shared> calls_;
  std::vector<Taken> taken_;
  CallId last_ = 0;
};

}  // namespace

std::unique_ptr<Memories> make_memories(const program::Program& program, EventLoop& loop,
                                        MemoriesOptions options) {
  return std::make_unique<ProgramMemories>(program, loop, std::move(options));
}

}  // namespace chain::memory
