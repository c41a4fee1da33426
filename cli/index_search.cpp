// `chain index search`: one query, or all of a file.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <set>

#include "cli/doctor.h"
#include "cli/index.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "runtime/model/vectors.h"
#include "runtime/sched/event_loop.h"

namespace chain::cli {
namespace {

using nlohmann::ordered_json;

constexpr uint32_t kUsualTop = 5, kUsualDocuments = 1000;
constexpr uint32_t kMostTop = 1000;  // of one query, as in the language
constexpr size_t kAtOnce = 8;        // searches whose queries models embed
constexpr size_t kShown = 300;       // bytes of a passage

std::string shown(std::string_view text) {
  std::string begin(text.substr(0, kShown));
  while (text.size() > kShown && !begin.empty() && (static_cast<unsigned char>(begin.back()) & 0xC0) == 0x80)
    begin.pop_back();
  if (text.size() > kShown && !begin.empty()) begin.back() = ' ', begin += "...";
  std::ranges::replace_if(begin, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return begin;
}

std::string meta_of(const retrieve::Found& passage, std::string_view name) {
  const auto found = std::ranges::find(passage.meta, name, &std::pair<std::string, std::string>::first);
  return found == passage.meta.end() ? std::string() : found->second;
}

std::string as_text(const std::vector<retrieve::Found>& passages) {
  std::string text;
  for (size_t i = 0; i < passages.size(); ++i) {
    const retrieve::Found& each = passages[i];
    std::string heading = meta_of(each, "heading");
    if (heading.empty()) heading = meta_of(each, "title");
    fmt::format_to(std::back_inserter(text), "{}. {:.4f}  {}{}{}\n   {}\n", i + 1, each.score, each.source,
                   heading.empty() ? "" : "  ", shown(heading), shown(each.text));
  }
  return text;
}

std::string as_json(const std::vector<retrieve::Found>& passages, double seconds) {
  ordered_json json = {{"passages", ordered_json::array()}, {"seconds", seconds}};
  for (const retrieve::Found& each : passages) {
    ordered_json meta = ordered_json::object();
    for (const auto& [name, value] : each.meta) meta[name] = value;
    json["passages"].push_back({{"id", each.id},
                                {"text", each.text},
                                {"source", each.source},
                                {"score", each.score},
                                {"meta", std::move(meta)}});
  }
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

/// "docs/a.md" of "docs/a.md#2".
std::string document_of(const retrieve::Found& passage) {
  return passage.id.substr(0, passage.id.rfind('#'));
}

/// A document ranks where its best passage does. Scores go down with the ranks, whatever they stand for: a
/// run's scores are what ranks it.
std::vector<metrics::Ranked> documents_in(const std::vector<retrieve::Found>& passages, uint32_t top) {
  std::vector<metrics::Ranked> ranked;
  std::set<std::string> seen;
  double least = std::numeric_limits<double>::infinity();
  for (const retrieve::Found& passage : passages) {
    if (ranked.size() == top || !seen.insert(document_of(passage)).second) continue;
    least = std::min(passage.score, std::nextafter(least, -std::numeric_limits<double>::infinity()));
    ranked.push_back({document_of(passage), least});
  }
  return ranked;
}

std::optional<retrieve::Mode> mode_named(std::string_view name) {
  if (name == "bm25") return retrieve::Mode::Words;
  if (name == "vector") return retrieve::Mode::Vectors;
  if (name == "hybrid") return retrieve::Mode::Hybrid;
  return std::nullopt;
}

int search_file(const IndexTarget& target, const IndexCommand& command) {
  std::string error;
  const auto request = request_of(target, command, kUsualDocuments, error);
  if (!request) return usage_error("index", error);
  const auto text = read_file(command.queries, error);
  if (!text) return say_error(error), kFailed;
  const auto queries = metrics::read_queries(*text, error);
  if (!queries) return say_error(fmt::format("`{}`: {}", command.queries, error)), kFailed;
  int exit = kOk;
  const auto run = run_queries(target, *queries, *request, exit);
  if (!run) return exit;
  if (!write_run_file(target, *run, command.run)) return kFailed;
  say(fmt::format("{} searched; the run is in {}\n",
                  queries->size() == 1 ? "1 query" : fmt::format("{} queries", queries->size()),
                  printable(command.run)));
  return kOk;
}

}  // namespace

struct IndexSearch::State {
  explicit State(const IndexTarget& target) : target(target) {
    const bool asks = target.settings.asks_model() || target.settings.rerank_model != UINT32_MAX;
    if (asks)
      client = model::make_vector_client(
          *target.program, loop,
          {.access = target.access, .known = known_endpoints(), .variables = target.variables});
    searches = retrieve::make_searches(
        *target.program, loop,
        {.vectors = client.get(), .access = target.access, .note = [](const std::string& note, bool warns) {
           say((warns ? "warning: " : "") + printable(note) + "\n");
         }});
  }

  const IndexTarget& target;
  EventLoop loop;
  std::unique_ptr<model::VectorClient> client;
  std::unique_ptr<retrieve::Searches> searches;
};

IndexSearch::IndexSearch(const IndexTarget& target) : state_(std::make_unique<State>(target)) {}
IndexSearch::~IndexSearch() = default;

bool IndexSearch::search(const std::vector<retrieve::SearchRequest>& requests, const Found& found,
                         int& exit) {
  const Interrupt interrupt(state_->loop);
  size_t next = 0, open = 0;
  std::string failure;
  std::function<void()> fill = [&] {
    while (failure.empty() && next < requests.size() && open < kAtOnce) {
      ++open;
      const size_t place = next++;
      state_->searches->search(requests[place], {.done =
                                                     [&, place](retrieve::SearchResult result) {
                                                       --open;
                                                       found(place, std::move(result));
                                                       fill();
                                                     },
                                                 .failed =
                                                     [&](const model::Failure& failed) {
                                                       --open;
                                                       failure = failed.message;
                                                       fill();
                                                     }});
    }
    if (open == 0) state_->loop.stop();
  };
  state_->loop.post(fill);
  state_->loop.run();
  exit = kOk;
  if (interrupt.requested()) exit = kInterrupted;
  if (!failure.empty()) say_error(failure), exit = kFailed;
  return exit == kOk;
}

std::optional<retrieve::SearchRequest> request_of(const IndexTarget& target, const IndexCommand& command,
                                                  uint32_t usual_top, std::string& error) {
  retrieve::SearchRequest request{.resource = target.resource};
  request.query.text = command.query;
  request.query.top = command.top.value_or(usual_top);
  if (!command.mode.empty()) {
    const auto mode = mode_named(command.mode);
    if (!mode) {
      error = "`--mode` takes bm25, vector or hybrid; found `" + command.mode + "`" +
              meant(command.mode, {"bm25", "vector", "hybrid"});
      return std::nullopt;
    }
    request.query.mode = *mode;
    request.mode_said = true;
  }
  for (const std::string& each : command.where) {
    const size_t equals = each.find('=');
    if (equals == 0 || equals == std::string::npos) {
      error = "`--where` takes a name and a value, as in `--where lang=en`; found `" + each + "`";
      return std::nullopt;
    }
    request.query.where.emplace_back(each.substr(0, equals), each.substr(equals + 1));
  }
  request.query.diversity = command.mmr;
  request.query.neighbours = command.neighbours;
  request.query.parent = command.parent;
  request.rerank = command.rerank;
  return request;
}

std::optional<metrics::Run> run_queries(const IndexTarget& target,
                                        const std::vector<metrics::QueryText>& queries,
                                        const retrieve::SearchRequest& request, int& exit) {
  metrics::Run run;
  IndexSearch index(target);
  std::vector<size_t> open(queries.size());
  for (size_t i = 0; i < open.size(); ++i) open[i] = i;
  // A long document fills several places with its passages: then once more, with more of them.
  for (uint32_t passages = request.query.top; !open.empty(); passages *= 4) {
    std::vector<retrieve::SearchRequest> requests(open.size(), request);
    for (size_t i = 0; i < open.size(); ++i) {
      requests[i].query.text = queries[open[i]].text;
      requests[i].query.top = passages;
    }
    const bool last = passages >= 16 * kMostTop;
    std::vector<size_t> again;
    const auto found = [&](size_t i, const retrieve::SearchResult& result) {
      auto ranked = documents_in(result.passages, request.query.top);
      if (!last && ranked.size() < request.query.top && result.passages.size() >= passages)
        again.push_back(open[i]);
      run[queries[open[i]].id] = std::move(ranked);
    };
    if (!index.search(requests, found, exit)) return std::nullopt;
    open = std::move(again);
  }
  return run;
}

bool write_run_file(const IndexTarget& target, const metrics::Run& run, const std::string& path) {
  std::string error;
  const auto lines = metrics::write_run(run, target.settings.name, error);
  if (!lines) return say_error(error), false;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (file << *lines && file.flush()) return true;
  if (errno == EPIPE) end_as_by_sigpipe();  // `/dev/stdout`, whose reader has gone
  say_error(fmt::format("`{}` cannot be written: {}", path, std::strerror(errno)));
  return false;
}

int search_index(const IndexTarget& target, const IndexCommand& command) {
  if (!command.queries.empty()) return search_file(target, command);
  std::string error;
  const auto request = request_of(target, command, kUsualTop, error);
  if (!request) return usage_error("index", error);
  if (request->query.top > kMostTop)
    return usage_error("index", fmt::format("`--top` of one query is at most {}", kMostTop));
  IndexSearch index(target);
  std::vector<retrieve::Found> passages;
  const auto began = std::chrono::steady_clock::now();
  int exit = kOk;
  if (!index.search(
          {*request}, [&](size_t, retrieve::SearchResult result) { passages = std::move(result.passages); },
          exit))
    return exit;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (command.json) return answer_json(as_json(passages, seconds)) ? kOk : kFailed;
  if (passages.empty()) say("nothing was found\n");
  return passages.empty() || answer_text(as_text(passages)) ? kOk : kFailed;
}

}  // namespace chain::cli
