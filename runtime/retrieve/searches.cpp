#include "runtime/retrieve/searches.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "runtime/model/vectors.h"
#include "runtime/retrieve/desk.h"
#include "runtime/retrieve/open_index.h"
#include "runtime/sched/event_loop.h"

namespace chain::retrieve {
namespace {

/// Of a search that is reranked, so many passages for each one that is asked for go to the reranker.
constexpr uint32_t kRerankedPerAsked = 4, kLeastReranked = 20, kMostReranked = 200;

/// One index and the thread that alone touches it.
using IndexDesk = Desk<OpenIndex>;

/// A search on its way: opened, its query embedded, searched, reranked.
struct Call {
  Searches::CallId id = 0;
  SearchRequest request;
  SearchEnd end;
  IndexDesk* desk = nullptr;
  uint32_t top = 0;                                  // as it was asked
  std::vector<float> vector;                         // of the query, by a model
  std::optional<model::VectorClient::CallId> asked;  // of a model, at this moment
  SearchResult result;
};

class ProgramSearches final : public Searches {
 public:
  ProgramSearches(const program::Program& program, EventLoop& loop, SearchesOptions options)
      : program_(program), loop_(loop), options_(std::move(options)), self_(std::make_shared<Self>(this)) {}
  ~ProgramSearches() override {
    self_->searches = nullptr;
    for (const auto& [id, call] : calls_) give_up(*call);
    desks_.clear();
  }

  CallId search(SearchRequest request, SearchEnd end) override {
    const auto call = std::make_shared<Call>();
    call->id = ++last_;
    call->request = std::move(request);
    call->end = std::move(end);
    calls_.emplace(call->id, call);
    loop_.hold();
    std::string error;
    call->desk = desk_of(call->request.resource, error);
    if (!call->desk || !fits(*call, error)) {
      later([this, call, error] { fail(*call, abi::ErrorKind::Failed, error); });
    } else {
      begin(call);
    }
    return call->id;
  }

  void cancel(CallId id) override {
    const auto call = calls_.find(id);
    if (call == calls_.end()) return;
    give_up(*call->second);
    calls_.erase(call);
  }

 private:
  /// Whether it is still there: what other threads post may come when it is gone.
  struct Self {
    explicit Self(ProgramSearches* searches) : searches(searches) {}
    ProgramSearches* searches;
  };
  using Shared = std::shared_ptr<Call>;

  void later(std::function<void()> work) {
    loop_.post([self = self_, work = std::move(work)] {
      if (self->searches) work();
    });
  }

  IndexDesk* desk_of(uint32_t resource, std::string& error) {
    const auto known = desks_.find(resource);
    if (known != desks_.end()) return known->second.get();
    auto settings = read_settings(program_, resource, error);
    if (!settings) return nullptr;
    try {
      auto desk = std::make_unique<IndexDesk>(Leftover::Dropped, [&](const std::atomic<bool>& stop) {
        return OpenIndex(*std::move(settings), options_.access, options_.update, stop);
      });
      return desks_.emplace(resource, std::move(desk)).first->second.get();
    } catch (const std::system_error&) {
      error = "an index is searched on a thread of its own, and this process may have no more of them";
      return nullptr;
    }
  }

  /// Fills in what the index says itself. False, and `error`, for what it cannot do.
  bool fits(Call& call, std::string& error) const {
    const IndexSettings& settings = call.desk->settings();
    Query& query = call.request.query;
    if (!call.request.mode_said) query.mode = settings.mode;
    query.word_weight = settings.word_weight;
    query.vector_weight = settings.vector_weight;
    call.top = query.top;
    const std::string index = "index `" + settings.name + '`';
    if (query.mode != Mode::Words && !settings.has_vectors()) {
      error = index + " has no vectors: it says `search: bm25`; search it with `mode: \"bm25\"`";
      return false;
    }
    const bool asks = (query.mode != Mode::Words && settings.asks_model()) || call.request.rerank;
    if (call.request.rerank && settings.rerank_model == UINT32_MAX) {
      error = index + " has no `rerank:`, so its passages cannot be ranked anew";
    } else if (asks && !options_.vectors) {
      error = index + " needs a model, and none can be called here";
    }
    if (call.request.rerank)
      query.top =
          std::clamp(query.top * kRerankedPerAsked, kLeastReranked, std::max(kMostReranked, query.top));
    return error.empty();
  }

  // ---- Its way -------------------------------------------------------------------------------

  void begin(const Shared& call) {
    on_desk(call, [this](const Shared& call, OpenIndex& index) {
      auto note = std::make_shared<Note>();
      auto error = std::make_shared<std::string>();
      const bool open = index.open(*note, *error);
      const bool embeds = call->request.query.mode != Mode::Words && index.settings().asks_model();
      if (open && !embeds) find(*call, index);
      return [this, call, note, error, open, embeds] {
        if (options_.note && !note->text.empty()) options_.note(note->text, note->warns);
        if (!open) return fail(*call, abi::ErrorKind::Failed, *error);
        embeds ? embed(call) : found(call);
      };
    });
  }

  void embed(const Shared& call) {
    const IndexSettings& settings = call->desk->settings();
    call->asked = options_.vectors->embed(
        {.model = settings.embed_model,
         .texts = {call->request.query.text},
         .input = settings.images ? model::EmbedInput::Text : model::EmbedInput::Plain,
         .dimensions = settings.dimensions,
         .run = call->request.run},
        {.done =
             [this, call](model::Embeddings embeddings) {
               call->asked.reset();
               call->vector = std::move(embeddings.vectors.at(0));
               call->result.usage = embeddings.usage;
               look(call);
             },
         .failed = [this, call](model::Failure failure) { fail(*call, std::move(failure)); }});
  }

  void look(const Shared& call) {
    on_desk(call, [this](const Shared& call, OpenIndex& index) {
      find(*call, index);
      return [this, call] { found(call); };
    });
  }

  /// On the desk's thread.
  static void find(Call& call, OpenIndex& index) {
    call.result.passages = index.search(call.request.query, call.vector);
    call.result.content = index.content();
  }

  void found(const Shared& call) {
    if (!call->request.rerank || call->result.passages.empty()) return done(*call);
    std::vector<std::string> texts;
    for (const Found& passage : call->result.passages) texts.push_back(passage.text);
    call->asked = options_.vectors->rerank(
        {.model = call->desk->settings().rerank_model,
         .query = call->request.query.text,
         .documents = std::move(texts),
         .top_n = call->top,
         .run = call->request.run},
        {.done =
             [this, call](const model::Ranking& ranking) {
               call->asked.reset();
               reorder(*call, ranking);
               done(*call);
             },
         .failed = [this, call](model::Failure failure) { fail(*call, std::move(failure)); }});
  }

  static void reorder(Call& call, const model::Ranking& ranking) {
    std::vector<Found> ordered;
    for (const model::Ranked& ranked : ranking.ranked) {
      if (ordered.size() == call.top) break;
      Found& passage = ordered.emplace_back(std::move(call.result.passages.at(ranked.index)));
      passage.score = ranked.score;
    }
    call.result.passages = std::move(ordered);
    call.result.usage.input_tokens += ranking.usage.input_tokens;
    call.result.usage.output_tokens += ranking.usage.output_tokens;
  }

  /// `work` runs on the desk's thread, and what it gives on the loop's, unless the call was given up.
  void on_desk(const Shared& call, std::function<std::function<void()>(const Shared&, OpenIndex&)> work) {
    call->desk->add([this, call, work = std::move(work), self = self_](OpenIndex& index) {
      loop_.post([call, self, then = work(call, index)] {
        if (self->searches && self->searches->calls_.contains(call->id)) then();
      });
    });
  }

  void done(Call& call) {
    finish(call, [result = std::move(call.result), end = std::move(call.end.done)]() mutable {
      end(std::move(result));
    });
  }
  void fail(Call& call, model::Failure failure) {
    call.asked.reset();
    finish(call, [failure = std::move(failure), end = std::move(call.end.failed)]() mutable {
      end(std::move(failure));
    });
  }
  void fail(Call& call, abi::ErrorKind kind, std::string message) {
    fail(call, model::Failure{.kind = kind, .message = std::move(message), .final = true});
  }
  /// `tell` may search again, or destroy this.
  void finish(const Call& call, const std::function<void()>& tell) {
    if (calls_.erase(call.id) == 0) return;
    loop_.release();
    tell();
  }
  void give_up(Call& call) {
    if (call.asked) options_.vectors->cancel(*call.asked);
    call.end = {};  // here: the desk's thread may let go of the call last
    loop_.release();
  }

  const program::Program& program_;
  EventLoop& loop_;
  const SearchesOptions options_;
  std::shared_ptr<Self> self_;
  std::map<uint32_t, std::unique_ptr<IndexDesk>> desks_;
  std::unordered_map<CallId, Shared> calls_;
  CallId last_ = 0;
};

}  // namespace

std::unique_ptr<Searches> make_searches(const program::Program& program, EventLoop& loop,
                                        SearchesOptions options) {
  return std::make_unique<ProgramSearches>(program, loop, std::move(options));
}

}  // namespace chain::retrieve
