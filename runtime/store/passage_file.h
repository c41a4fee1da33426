// An index of passages in one SQLite file: documents, the passages that they were cut into, their words
// (FTS5) and their vectors. What is built becomes visible at once with `commit`; until then, and for ever if
// the process is killed before, readers see what was there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chain::store {

/// Gives the words of a text, each with its place in bytes. Terms at the same place are alternatives.
using Words = std::function<void(
    std::string_view text, const std::function<void(std::string_view word, size_t begin, size_t end)>& word)>;

struct PassageRow {
  int64_t id = 0;        // of the row, and of its vector
  std::string name;      // the document's id and the passage's number: "docs/a.md#2"
  std::string document;  // the document's id
  std::string source;
  std::string title;
  std::string text;
  std::string headings;  // joined by " > "
  uint32_t number = 0;   // within its document, from 0
  uint64_t begin = 0, end = 0, line = 0;
  uint32_t page = 0, tokens = 0;
  std::string hash;                                       // of what is embedded
  std::vector<std::pair<std::string, std::string>> meta;  // of the document
};

struct DocumentRow {
  std::string id, source, title;
  std::string digest;  // of the name of the file it comes from
  std::string hash;    // of its text and metadata and of how it was cut
  /// Sorted by name. A name may stand there several times, with a value each.
  std::vector<std::pair<std::string, std::string>> meta;
  std::string place;  // names where its parts stand in its source
};

struct WordHit {
  int64_t id = 0;
  double score = 0;  // BM25, higher is better
};

struct PassageCounts {
  uint64_t documents = 0, passages = 0, vectors = 0, bytes = 0;
};

class PassageFile {
 public:
  virtual ~PassageFile() = default;

  // Reading. Each sees one committed state of the file.
  /// Nothing can be written here: `begin` says so.
  [[nodiscard]] virtual bool only_reads() const = 0;
  /// Changes with every commit that changed passages or vectors.
  [[nodiscard]] virtual int64_t generation() = 0;
  [[nodiscard]] virtual std::string setting(std::string_view name) = 0;  // empty if it is not there
  [[nodiscard]] virtual PassageCounts counts() = 0;
  [[nodiscard]] virtual std::optional<PassageRow> passage(int64_t id) = 0;
  [[nodiscard]] virtual std::optional<PassageRow> passage_at(std::string_view document, uint32_t number) = 0;
  /// By BM25 with k1 = 0.9 and b = 0.4, over words of text, title and headings; of equal scores the lower id.
  /// Of `query` every word counts that is no stop word, and those too if there are no others; it is words and
  /// has no syntax. `among`, unless null, are the sorted ids of those that may be found.
  [[nodiscard]] virtual std::vector<WordHit> find_words(std::string_view query, size_t top,
                                                        const std::vector<int64_t>* among) = 0;
  /// The sorted ids of passages whose document has all of these.
  [[nodiscard]] virtual std::vector<int64_t> ids_where(
      const std::vector<std::pair<std::string, std::string>>& meta) = 0;
  virtual void each_vector(const std::function<void(int64_t id, std::span<const float> vector)>& each) = 0;
  [[nodiscard]] virtual std::vector<float> vector_of(int64_t id) = 0;
  /// Whether a text of this hash need not be embedded any more.
  [[nodiscard]] virtual bool has_vector(std::string_view embedder, std::string_view hash) = 0;
  [[nodiscard]] virtual std::vector<DocumentRow> documents() = 0;

  // Writing, between begin and commit. One process at a time: `begin` waits for the other, at most `wait_ns`.
  [[nodiscard]] virtual bool begin(int64_t wait_ns, std::string& error) = 0;
  virtual void set(std::string_view name, std::string_view value) = 0;
  [[nodiscard]] virtual std::optional<DocumentRow> document(std::string_view id) = 0;
  [[nodiscard]] virtual std::vector<std::string> documents_of(std::string_view source) = 0;  // ids
  /// In place of the document of this id, and all its passages. Vectors whose hash is kept need not be given;
  /// those that no passage has any more are kept for a while, up to as many as there are passages and 4,096.
  virtual void put(const DocumentRow& document, const std::vector<PassageRow>& passages) = 0;
  /// Only the places of the document and of its passages, which are those that are there: source, bytes,
  /// line, page.
  virtual void move(const DocumentRow& document, const std::vector<PassageRow>& passages) = 0;
  virtual void drop(std::string_view document) = 0;
  /// Passages without a vector of `embedder`, in order; each hash once. Fast for the one in use.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> without_vector(
      std::string_view embedder, size_t most) = 0;  // hash and text
  virtual void put_vector(std::string_view embedder, std::string_view hash,
                          std::span<const float> vector) = 0;
  /// From now on the vectors that passages have are those of `embedder`: until the first call, of whoever
  /// makes the first one. So an index serves by its old vectors while new ones are made.
  virtual void use_embedder(std::string_view embedder) = 0;
  [[nodiscard]] virtual bool commit(std::string& error) = 0;
  virtual void rollback() = 0;
  /// Whether a call failed since the last `begin`, and why: a full disk, a damaged file.
  [[nodiscard]] virtual bool failed(std::string& why) const = 0;
};

/// Opens or makes it. One that is there is opened for reading alone where it cannot be written: without
/// rights, or without room. Null and `error`, one sentence with the way out, if that cannot be done.
[[nodiscard]] std::unique_ptr<PassageFile> open_passages(const std::string& path, Words words,
                                                         std::string& error);

}  // namespace chain::store
