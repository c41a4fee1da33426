#include "runtime/store/passage_words.h"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/value/characters.h"
#include "runtime/value/digest.h"
#include "runtime/value/stop_words.h"

namespace chain::store {
namespace {

constexpr const char* kTable =
    "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, content='', columnsize=0, "
    "tokenize='chain_words')";
constexpr const char* kScan = "chain_scan";  // the type of the pointer that `chain_bm25` takes

constexpr size_t kMostCached = size_t{64} << 20;  // bytes of posting lists in memory
constexpr size_t kEntry = 256;                    // bytes of one besides its postings, about
constexpr size_t kMostTerms = 1024;               // of one query
constexpr size_t kMostQuery = 65536;              // bytes that are looked at

/// What the function is known by. Its words must not change without it giving others here.
constexpr std::string_view kSample =
    "The user's relational databases were running quickly: snake_case v1.2 1,000 C++ naïve Ångström STRASSE "
    "don't 2026년 3월에 환불은 GPT모델 東京都 カタカナ ひらがな ﬁne ＡＢＣ ㎏ Ελλάδα Привет ไทย हिन्दी";

// ---- FTS5 calls these ------------------------------------------------------------------------

/// One term's list, while FTS5 gives it row by row.
struct Scan {
  const std::vector<int64_t>* ids;
  const std::vector<float>* lengths;
  PostingCache::List* list;
  size_t at = 0;  // the row before was `ids[at - 1]`
};

/// The first place from `from` on whose id is not below `id`. Where no id is missing in between, it is as far
/// behind as the id is above; where some are, it is nearer.
size_t find_place(const std::vector<int64_t>& ids, int64_t id, size_t from) {
  if (from >= ids.size() || ids[from] >= id) return from;
  const auto ahead = static_cast<uint64_t>(id) - static_cast<uint64_t>(ids[from]);
  const size_t most = std::min<uint64_t>(ids.size() - 1 - from, ahead) + from;
  if (ids[most] == id) return most;
  const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(from);
  const auto end = ids.begin() + static_cast<std::ptrdiff_t>(most) + 1;
  return static_cast<size_t>(std::lower_bound(begin, end, id) - ids.begin());
}

int add_row(const Fts5ExtensionApi* api, Fts5Context* row, void* data) {
  auto& scan = *static_cast<Scan*>(data);
  const int64_t id = api->xRowid(row);
  const std::vector<int64_t>& ids = *scan.ids;
  scan.at = find_place(ids, id, scan.at);
  if (scan.at == ids.size() || ids[scan.at] != id) return SQLITE_CORRUPT_VTAB;
  Fts5PhraseIter places;
  int column = 0, offset = 0;
  uint32_t count = 0;
  const int result = api->xPhraseFirst(row, 0, &places, &column, &offset);
  if (result != SQLITE_OK) return result;
  for (; column >= 0; api->xPhraseNext(row, &places, &column, &offset)) ++count;
  const auto frequency = static_cast<float>(count);
  scan.list->push_back({static_cast<uint32_t>(scan.at), frequency / (frequency + (*scan.lengths)[scan.at])});
  ++scan.at;
  return SQLITE_OK;
}

/// The ranking function: called for the first row of a query of one term, it goes through all rows itself,
/// several times as fast as SQLite would call it for each.
void bm25(const Fts5ExtensionApi* api, Fts5Context* row, sqlite3_context* result, int count,
          sqlite3_value** values) {
  void* scan = count == 1 ? sqlite3_value_pointer(values[0], kScan) : nullptr;
  const int status = scan != nullptr ? api->xQueryPhrase(row, 0, scan, add_row) : SQLITE_MISUSE;
  if (status != SQLITE_OK) sqlite3_result_error_code(result, status);
}

fts5_api* api_of(sqlite3* database) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  return api;
}

/// As one string of FTS5's query language, in which nothing has a meaning but quotes.
std::string quoted(std::string_view term) {
  std::string result = "\"";
  for (const char c : term) result.append(c == '"' ? 2 : 1, c);
  return result += '"';
}

bool is_better(const WordHit& left, const WordHit& right) {
  return left.score > right.score || (left.score == right.score && left.id < right.id);
}

}  // namespace

// ---- Posting lists in memory -----------------------------------------------------------------

const PostingCache::List* PostingCache::find(const std::string& term) {
  const auto found = entries_.find(term);
  if (found == entries_.end()) return nullptr;
  used_.splice(used_.begin(), used_, found->second.used);
  return &found->second.list;
}

const PostingCache::List& PostingCache::keep(const std::string& term, List list) {
  bytes_ += list.size() * sizeof(Posting) + kEntry;
  while (bytes_ > most_ && !used_.empty()) {
    const auto oldest = entries_.find(used_.back());
    bytes_ -= oldest->second.list.size() * sizeof(Posting) + kEntry;
    entries_.erase(oldest);
    used_.pop_back();
  }
  used_.push_front(term);
  return (entries_[term] = {std::move(list), used_.begin()}).list;
}

void PostingCache::clear() {
  entries_.clear();
  used_.clear();
  bytes_ = 0;
}

// ---- The table -------------------------------------------------------------------------------

struct PassageWords::Tokenizer {
  Words words;
  uint32_t length = 0;  // of the document that was cut last

  using Token = int (*)(void* context, int flags, const char* text, int size, int begin, int end);

  /// Documents are cut. Queries come in words already: what stands in quotes is one.
  int cut(void* context, int reason, std::string_view text, Token token) {
    if ((reason & FTS5_TOKENIZE_DOCUMENT) == 0)
      return token(context, 0, text.data(), static_cast<int>(text.size()), 0, static_cast<int>(text.size()));
    length = 0;
    int status = SQLITE_OK;
    size_t before = std::string_view::npos;
    words(text, [&](std::string_view word, size_t begin, size_t end) {
      if (status != SQLITE_OK) return;
      const bool alternative = begin == before;
      before = begin;
      if (!alternative) ++length;
      status = token(context, alternative ? FTS5_TOKEN_COLOCATED : 0, word.data(),
                     static_cast<int>(word.size()), static_cast<int>(begin), static_cast<int>(end));
    });
    return status;
  }

  static int create(void* self, const char** /*arguments*/, int /*count*/, Fts5Tokenizer** made) {
    *made = static_cast<Fts5Tokenizer*>(self);
    return SQLITE_OK;
  }
  static void destroy(Fts5Tokenizer* /*self*/) {}
  static int tokenize(Fts5Tokenizer* self, void* context, int reason, const char* text, int size,
                      Token token) {
    auto* tokenizer = static_cast<Tokenizer*>(static_cast<void*>(self));
    if (text == nullptr || size <= 0) return SQLITE_OK;
    return tokenizer->cut(context, reason, {text, static_cast<size_t>(size)}, token);
  }
};

PassageWords::PassageWords(Database& database, Words words)
    : database_(database), tokenizer_(new Tokenizer{std::move(words)}), cache_(kMostCached) {
  // They are kept in the table all the same, so that they can be asked for alone.
  tokenizer_->words(value::kStopWords,
                    [this](std::string_view word, size_t, size_t) { stop_words_.emplace(word); });
}

PassageWords::~PassageWords() = default;

bool PassageWords::attach() {
  fts5_api* api = api_of(database_.handle());
  if (api == nullptr) return false;
  fts5_tokenizer functions{Tokenizer::create, Tokenizer::destroy, Tokenizer::tokenize};
  if (api->xCreateTokenizer(api, "chain_words", tokenizer_.get(), &functions, nullptr) != SQLITE_OK ||
      api->xCreateFunction(api, "chain_bm25", nullptr, bm25, nullptr) != SQLITE_OK || !database_.run(kTable))
    return false;
  add_ = database_.prepare("INSERT INTO words (rowid, text) VALUES (?, ?)");
  remove_ = database_.prepare("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)");
  read_ = database_.prepare("SELECT chain_bm25(words, ?1) FROM words WHERE words MATCH ?2 LIMIT 1");
  return true;
}

std::string PassageWords::fingerprint() const {
  std::string all;
  tokenizer_->words(kSample, [&](std::string_view word, size_t begin, size_t end) {
    all.append(word).append(" " + std::to_string(begin) + " " + std::to_string(end) + "\n");
  });
  return value::hex(value::sha256(all)).substr(0, 16);
}

bool PassageWords::add(int64_t id, std::string_view text, uint32_t& length) {
  tokenizer_->length = 0;
  const bool added = add_.bind(id).bind(text).run();
  length = tokenizer_->length;
  return added;
}

bool PassageWords::remove(int64_t id, std::string_view text) {
  return remove_.bind(id).bind(text).run();
}

bool PassageWords::remove_all() {
  return database_.run("INSERT INTO words (words) VALUES ('delete-all')");
}

// ---- Finding ---------------------------------------------------------------------------------

void PassageWords::clear() {
  loaded_ = false;
  ids_ = {};
  lengths_ = {};
  cache_.clear();
}

bool PassageWords::find(std::string_view query, size_t top, const std::vector<int64_t>* among, int64_t state,
                        std::vector<WordHit>& hits) {
  hits.clear();
  if (loaded_ && state != state_) clear();
  if (!loaded_ && !load_lengths()) return false;
  state_ = state;
  std::vector<double> scores(ids_.size());
  for (const Term& term : terms_of(query)) {
    const PostingCache::List* list = postings_of(term.text);
    if (list == nullptr) return false;
    const auto all = static_cast<double>(ids_.size()), with = static_cast<double>(list->size());
    const double weight = term.count * std::log(1 + (all - with + 0.5) / (with + 0.5));
    for (const Posting& posting : *list) scores[posting.passage] += weight * posting.weight;
  }
  hits = best(scores, top, among);
  return true;
}

/// Each once, in the order of the text; stop words only if there is nothing else.
std::vector<PassageWords::Term> PassageWords::terms_of(std::string_view query) const {
  std::vector<Term> terms, stop_words;
  std::unordered_map<std::string, size_t> places;
  query = query.substr(0, kMostQuery);
  tokenizer_->words(query, [&](std::string_view word, size_t begin, size_t end) {
    if (word.empty() || word.find('\0') != std::string_view::npos) return;
    std::string text(word);
    std::vector<Term>& into = is_stop_word(word, query, begin, end) ? stop_words : terms;
    const auto known = places.find(text);
    if (known != places.end() && known->second < into.size() && into[known->second].text == text) {
      ++into[known->second].count;
    } else if (into.size() < kMostTerms) {
      places[text] = into.size();
      into.push_back({std::move(text), 1});
    }
  });
  return terms.empty() ? stop_words : terms;
}

/// "it" is one, and "IT" is not, unless all is written so.
bool PassageWords::is_stop_word(std::string_view word, std::string_view query, size_t begin,
                                size_t end) const {
  if (!stop_words_.contains(word)) return false;
  // Letters beyond ASCII are none that could have been written in capitals, as in "IT 예산".
  const auto is_small = [](char c) { return (c >= 'a' && c <= 'z') || value::is_wide(c); };
  const bool in_capitals =
      end - begin > 1 && std::ranges::none_of(query.substr(begin, end - begin), is_small);
  return !in_capitals || std::ranges::none_of(query, is_small);
}

bool PassageWords::load_lengths() {
  Statement all = database_.prepare("SELECT id, words FROM passages ORDER BY id");
  double sum = 0;
  while (all.next()) {
    ids_.push_back(all.integer(0));
    lengths_.push_back(static_cast<float>(all.integer(1)));
    sum += lengths_.back();
  }
  const double average = std::max(sum / std::max<double>(1, static_cast<double>(ids_.size())), 1.0);
  for (float& length : lengths_)
    length = static_cast<float>(kSaturation * (1 - kLengthWeight + kLengthWeight * length / average));
  loaded_ = !all.failed();
  return loaded_;
}

const PostingCache::List* PassageWords::postings_of(const std::string& term) {
  if (const PostingCache::List* kept = cache_.find(term)) return kept;
  scratch_.clear();
  if (!read_postings(term, scratch_)) return nullptr;
  return &cache_.keep(term, scratch_);
}

bool PassageWords::read_postings(const std::string& term, PostingCache::List& list) {
  Scan scan{&ids_, &lengths_, &list};
  return read_.bind_pointer(&scan, kScan).bind(quoted(term)).run();
}

std::vector<WordHit> PassageWords::best(const std::vector<double>& scores, size_t top,
                                        const std::vector<int64_t>* among) const {
  std::vector<WordHit> heap;  // the worst first
  if (top == 0) return heap;
  double least = 0;  // what a score must be above
  const auto consider = [&](size_t place) {
    // Passages come by their ids: of equal scores the first ones stay.
    if (scores[place] <= least) return;
    if (heap.size() == top) {
      std::ranges::pop_heap(heap, is_better);
      heap.pop_back();
    }
    heap.push_back({ids_[place], scores[place]});
    std::ranges::push_heap(heap, is_better);
    if (heap.size() == top) least = heap.front().score;
  };
  if (among == nullptr) {
    for (size_t place = 0; place < ids_.size(); ++place) consider(place);
  } else {
    size_t place = 0;
    for (const int64_t id : *among) {
      place = find_place(ids_, id, place);
      if (place == ids_.size()) break;
      if (ids_[place] == id) consider(place);
    }
  }
  std::ranges::sort_heap(heap, is_better);
  return heap;
}

}  // namespace chain::store
