// The words of passages, in an FTS5 table that cuts texts by a function of ours. FTS5 keeps the lists of
// where each term stands; they are weighed and added up here, by BM25.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/store/database.h"
#include "runtime/store/passage_file.h"

namespace chain::store {

/// Of BM25 (Robertson and Zaragoza 2009), as Anserini sets them: how soon more occurrences of a term count
/// less, and how much they count less in long passages.
inline constexpr double kSaturation = 0.9, kLengthWeight = 0.4;

/// How often a term stands in a passage, weighed: tf / (tf + k1 (1 - b + b length / average)).
struct Posting {
  uint32_t passage = 0;  // its place among all, by id
  float weight = 0;
};

/// Posting lists, the latest ones; for one state of the file. Short ones too: to find a rare word in the file
/// takes longer than to add up what it says.
class PostingCache {
 public:
  using List = std::vector<Posting>;
  explicit PostingCache(size_t most_bytes) : most_(most_bytes) {}
  /// Null if it is not there. Until the next `keep` or `clear`.
  [[nodiscard]] const List* find(const std::string& term);
  const List& keep(const std::string& term, List list);
  void clear();

 private:
  struct Entry {
    List list;
    std::list<std::string>::iterator used;
  };
  size_t most_, bytes_ = 0;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> used_;  // the latest first
};

/// For one connection. Passages are in a table `passages (id, words)`, where `words` is a passage's length.
class PassageWords {
 public:
  PassageWords(Database& database, Words words);
  ~PassageWords();

  /// Teaches the connection what it needs, and makes the table unless it is there. False if that failed.
  [[nodiscard]] bool attach();
  /// Changes whenever the function gives other words than before; a table must then be filled anew.
  [[nodiscard]] std::string fingerprint() const;

  /// `length`: how many words the text has; alternatives at the same place count once.
  [[nodiscard]] bool add(int64_t id, std::string_view text, uint32_t& length);
  /// `text` must be what was added.
  [[nodiscard]] bool remove(int64_t id, std::string_view text);
  [[nodiscard]] bool remove_all();

  /// Within a transaction. `state` names what the file holds: what is kept in memory is good for one state.
  [[nodiscard]] bool find(std::string_view query, size_t top, const std::vector<int64_t>* among,
                          int64_t state, std::vector<WordHit>& hits);
  /// Forgets what is kept in memory.
  void clear();

 private:
  struct Tokenizer;
  struct Term {
    std::string text;
    uint32_t count = 0;
  };

  [[nodiscard]] std::vector<Term> terms_of(std::string_view query) const;
  [[nodiscard]] bool is_stop_word(std::string_view word, std::string_view query, size_t begin,
                                  size_t end) const;
  [[nodiscard]] bool load_lengths();
  /// Null if the file cannot be read.
  [[nodiscard]] const PostingCache::List* postings_of(const std::string& term);
  [[nodiscard]] bool read_postings(const std::string& term, PostingCache::List& list);
  [[nodiscard]] std::vector<WordHit> best(const std::vector<double>& scores, size_t top,
                                          const std::vector<int64_t>* among) const;

  Database& database_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::set<std::string, std::less<>> stop_words_;  // as `words` gives them
  Statement add_, remove_, read_;

  // Of one state:
  bool loaded_ = false;
  int64_t state_ = 0;
  std::vector<int64_t> ids_;    // of all passages, ascending
  std::vector<float> lengths_;  // k1 (1 - b + b length / average)
  PostingCache cache_;
  PostingCache::List scratch_;
};

}  // namespace chain::store
