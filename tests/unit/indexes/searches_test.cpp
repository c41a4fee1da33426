// Searches of a program's indexes, as the scheduler makes them.
#include "runtime/retrieve/searches.h"

#include <stdlib.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "runtime/access/policy.h"
#include "runtime/model/vectors.h"
#include "runtime/sched/event_loop.h"

using namespace chain;
using namespace chain::retrieve;
namespace fs = std::filesystem;

namespace {

/// Ranks texts by their length, the shortest first, and answers when the loop comes to it.
class FakeVectors final : public model::VectorClient {
 public:
  explicit FakeVectors(EventLoop& loop) : loop_(loop) {}

  CallId embed(model::EmbedRequest, EmbedEnd end) override {
    loop_.post([end = std::move(end)] { end.failed({.message = "no embeddings here"}); });
    return ++last_;
  }
  CallId rerank(model::RerankRequest request, RerankEnd end) override {
    asked = request.documents.size();
    model::Ranking ranking;
    for (size_t i = 0; i < request.documents.size(); ++i)
      ranking.ranked.push_back({i, 1.0 / static_cast<double>(request.documents[i].size())});
    std::ranges::stable_sort(ranking.ranked, std::greater(), &model::Ranked::score);
    ranking.usage.input_tokens = 7;
    loop_.post([this, id = last_ + 1, ranking, end = std::move(end)] {
      if (cancelled != id) end.done(ranking);
    });
    return ++last_;
  }
  void cancel(CallId call) override { cancelled = call; }

  size_t asked = 0;
  CallId cancelled = 0;

 private:
  EventLoop& loop_;
  CallId last_ = 0;
};

struct Library {
  fs::path folder;
  program::Program program;
  EventLoop loop;
  FakeVectors vectors{loop};
  std::vector<std::string> notes;
  std::unique_ptr<Searches> searches;
  std::optional<SearchResult> result;
  std::optional<model::Failure> failure;

  explicit Library(const std::string& more = "") {
    std::string name = (fs::temp_directory_path() / "chain-library-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    setenv("CHAIN_STATE_DIR", (folder / "state").c_str(), 1);
    fs::create_directories(folder / "docs");
    write("refunds", "A refund is paid within fourteen days after the parcel came back.");
    write("parcels", "Parcels leave in the morning.");
    program.models.push_back({"rerank", "compatible", "m", "{}", program::ModelUse::Reranks});
    program.resources.push_back({"index", "shelf", "documents", R"({"files":"docs/*.txt")" + more + "}",
                                 (folder / "a.chain").string(), UINT32_MAX, 0});
    auto policy = std::make_shared<access::Policy>();
    policy->folder = folder.string();
    searches = make_searches(
        program, loop, {.vectors = &vectors, .access = policy, .note = [this](const std::string& note, bool) {
                          notes.push_back(note);
                        }});
  }
  ~Library() {
    searches.reset();
    fs::remove_all(folder);
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / "docs" / (name + ".txt")) << text;
  }
  Searches::CallId start(SearchRequest request) {
    result.reset();
    failure.reset();
    return searches->search(std::move(request),
                            {.done = [this](SearchResult found) { result = std::move(found); },
                             .failed = [this](model::Failure why) { failure = std::move(why); }});
  }
  void search(SearchRequest request) {
    start(std::move(request));
    CHECK_FALSE((result || failure));  // never from within
    loop.run();
  }
  static SearchRequest request(const std::string& text) { return {.query = {.text = text}}; }
};

}  // namespace

TEST_CASE("the first search of an index builds it") {
  Library library;
  library.search(Library::request("refunds"));
  REQUIRE(library.result);
  REQUIRE_FALSE(library.result->passages.empty());
  CHECK(library.result->passages[0].id == "docs/refunds.txt#0");
  CHECK_FALSE(library.result->content.empty());
  REQUIRE(library.notes.size() == 1);
  CHECK(library.notes[0].find("2 documents read anew") != std::string::npos);

  const std::string content = library.result->content;
  library.search(Library::request("parcels in the morning"));
  REQUIRE(library.result);
  CHECK(library.result->passages[0].id == "docs/parcels.txt#0");
  CHECK(library.result->content == content);
  CHECK(library.notes.size() == 1);
}

TEST_CASE("an index that cannot be built fails its searches with the way out") {
  Library library;
  fs::remove_all(library.folder / "docs");
  library.search(Library::request("refunds"));
  REQUIRE(library.failure);
  CHECK(library.failure->message.find("index `shelf` cannot be built") != std::string::npos);
}

TEST_CASE("a search is for what its index has") {
  Library library(R"(,"search":"bm25")");
  SearchRequest request = Library::request("refund");
  library.search(request);
  REQUIRE(library.result);
  CHECK(library.result->passages.size() == 1);
  request.query.mode = Mode::Vectors;
  request.mode_said = true;
  library.search(request);
  REQUIRE(library.failure);
  CHECK(library.failure->message.find("has no vectors") != std::string::npos);
}

TEST_CASE("passages are ranked anew by the index's own model") {
  Library library;
  SearchRequest request = Library::request("refund of parcels");
  request.rerank = true;
  request.query.top = 1;
  library.search(request);
  REQUIRE(library.result);
  CHECK(library.vectors.asked == 2);
  REQUIRE(library.result->passages.size() == 1);
  CHECK(library.result->passages[0].id == "docs/parcels.txt#0");  // the shorter one
  CHECK(library.result->usage.input_tokens == 7);

  library.program.resources[0].rerank_model = UINT32_MAX;
  Library other;
  other.program.resources[0].rerank_model = UINT32_MAX;
  other.search(request);
  REQUIRE(other.failure);
  CHECK(other.failure->message.find("has no `rerank:`") != std::string::npos);
}

TEST_CASE("nobody hears of a search that was cancelled, or whose maker is gone") {
  Library library;
  const auto call = library.start(Library::request("refund"));
  library.searches->cancel(call);
  library.searches->cancel(call);
  library.searches->cancel(77);
  library.loop.run();
  CHECK_FALSE((library.result || library.failure));

  library.start(Library::request("refund"));
  library.searches.reset();
  library.loop.run();
  CHECK_FALSE((library.result || library.failure));
}

TEST_CASE("many searches at once are all answered") {
  Library library;
  size_t answered = 0;
  for (int i = 0; i < 100; ++i)
    library.searches->search(
        Library::request("refund " + std::to_string(i)),
        {.done = [&](const SearchResult& found) { answered += found.passages.empty() ? 0 : 1; },
         .failed = [](const model::Failure& why) { FAIL(why.message); }});
  library.loop.run();
  CHECK(answered == 100);
}

TEST_CASE("an index whose model must be asked is never built by a run") {
  Library library;
  library.program.resources[0].embed_model = 0;
  library.search(Library::request("refund"));
  REQUIRE(library.failure);
  CHECK(library.failure->message.find("was not built yet") != std::string::npos);
  CHECK(library.failure->message.find("chain index build") != std::string::npos);
}
