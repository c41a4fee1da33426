// What changes an index of passages.
#include <algorithm>
#include <string>
#include <utility>

#include "runtime/store/passage_tables.h"

namespace chain::store {
namespace {

// Settings of this file's own, beside the callers'.
constexpr std::string_view kGeneration = ".generation";
constexpr std::string_view kEmbedder = ".embedder";
constexpr std::string_view kWords = ".words";  // the fingerprint of the function that cut them

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kMostWait = 2'000'000'000;  // milliseconds; SQLite counts them in 32 bits

/// Vectors that no passage has may be wanted again. So many are kept beyond as many as there are passages.
constexpr int64_t kSpareVectors = 4096;

/// What a passage is found by.
std::string words_of(std::string_view title, std::string_view headings, std::string_view text) {
  std::string all;
  all.reserve(title.size() + headings.size() + text.size() + 2);
  return all.append(title).append("\n").append(headings).append("\n").append(text);
}

int64_t as_integer(uint64_t number) {
  return static_cast<int64_t>(number);
}

}  // namespace

bool PassageTables::begin(int64_t wait_ns, std::string& error) {
  if (writing_) return error = "this index is being written already", false;
  failure_.clear();
  if (database_->only_reads())
    return error = "`" + database_->path() + "` cannot be written: it or its folder can only be read", false;
  const auto wait = [this](int64_t milliseconds) {
    return database_->run(("PRAGMA busy_timeout=" + std::to_string(milliseconds)).c_str());
  };
  const int64_t before = number_of("PRAGMA busy_timeout");
  const int64_t most = std::clamp<int64_t>(wait_ns / kMillisecond, 0, kMostWait);
  const bool began = wait(most) && database_->run("BEGIN IMMEDIATE");
  if (!began) error = database_->why();
  static_cast<void>(wait(before));
  if (!began) return false;
  writing_ = true;
  changed_ = trimming_ = false;
  next_id_ = number_of("SELECT max(id) FROM passages") + 1;
  embedder_name_ = setting(kEmbedder);
  Statement known = database_->prepare("SELECT id FROM embedders WHERE name = ?");
  embedder_ = known.bind(embedder_name_).next() ? known.integer(0) : 0;
  known.reset();
  renew_words();
  if (!failed(error)) return true;
  rollback();
  return false;
}

void PassageTables::renew_words() {
  const std::string fingerprint = words_.fingerprint();
  if (setting(kWords) == fingerprint) return;
  set(kWords, fingerprint);
  if (next_id_ == 1) return;
  changed_ = true;
  check(words_.remove_all());
  Statement all = database_->prepare(
      "SELECT t.id, d.title, t.headings, t.text FROM passages p JOIN texts t ON t.id = p.id JOIN documents d "
      "ON d.id = p.document ORDER BY p.id");
  Statement change = database_->prepare("UPDATE passages SET words = ? WHERE id = ?");
  while (failure_.empty() && all.next()) {
    uint32_t length = 0;
    const int64_t id = all.integer(0);
    check(words_.add(id, words_of(all.text(1), all.text(2), all.text(3)), length));
    check(change.bind(int64_t{length}).bind(id).run());
  }
  check(!all.failed());
}

void PassageTables::set(std::string_view name, std::string_view value) {
  Statement statement = database_->prepare("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)");
  check(statement.bind(name).bind(value).run());
}

int64_t PassageTables::document_number(std::string_view id) {
  const int64_t number = document_.bind(id).next() ? document_.integer(0) : 0;
  check(!document_.failed());
  document_.reset();
  return number;
}

std::optional<DocumentRow> PassageTables::document(std::string_view id) {
  const Reading reading(*this);
  std::optional<DocumentRow> row;
  if (document_.bind(id).next()) {
    const auto text = [this](int column) { return std::string(document_.text(column)); };
    row = {std::string(id), text(1), text(2), text(3), text(4), meta_of(document_.integer(0)), text(5)};
  }
  check(!document_.failed());
  document_.reset();
  return row;
}

std::vector<std::string> PassageTables::documents_of(std::string_view source) {
  Statement all = database_->prepare("SELECT name FROM documents WHERE source = ? ORDER BY name");
  all.bind(source);
  std::vector<std::string> ids;
  while (all.next()) ids.emplace_back(all.text(0));
  check(!all.failed());
  return ids;
}

void PassageTables::put(const DocumentRow& document, const std::vector<PassageRow>& passages) {
  if (!failure_.empty()) return;
  drop(document.id);
  check(put_document_.bind(document.id)
            .bind(document.source)
            .bind(document.title)
            .bind(document.digest)
            .bind(document.hash)
            .bind(document.place)
            .run());
  const int64_t number = database_->last_row();
  for (size_t i = 0; i < document.meta.size() && failure_.empty(); ++i)
    check(put_meta_.bind(number)
              .bind(as_integer(i))
              .bind(document.meta[i].first)
              .bind(document.meta[i].second)
              .run());
  for (size_t i = 0; i < passages.size() && failure_.empty(); ++i)
    put_passage(number, document.title, passages[i]);
  changed_ = true;
}

void PassageTables::put_passage(int64_t document, const std::string& title, const PassageRow& passage) {
  const int64_t id = next_id_++;
  uint32_t length = 0;
  check(words_.add(id, words_of(title, passage.headings, passage.text), length));
  const bool known = embedder_ != 0 && vector_for_.bind(embedder_).bind(passage.hash).next();
  const int64_t vector = known ? vector_for_.integer(0) : 0;
  vector_for_.reset();
  put_passage_.bind(id).bind(document).bind(int64_t{passage.number}).bind(int64_t{length});
  if (known) {
    put_passage_.bind(vector);
  } else {
    put_passage_.bind_null();
  }
  check(put_passage_.bind(passage.hash)
            .bind(as_integer(passage.begin))
            .bind(as_integer(passage.end))
            .bind(as_integer(passage.line))
            .bind(int64_t{passage.page})
            .bind(int64_t{passage.tokens})
            .run());
  check(put_text_.bind(id).bind(passage.name).bind(passage.headings).bind(passage.text).run());
}

/// What is found, and in which order, stays: what is made of it is good still.
void PassageTables::move(const DocumentRow& document, const std::vector<PassageRow>& passages) {
  if (!failure_.empty()) return;
  const int64_t number = document_number(document.id);
  check(move_document_.bind(document.source).bind(document.digest).bind(document.place).bind(number).run());
  for (const PassageRow& passage : passages) {
    check(move_passage_.bind(as_integer(passage.begin))
              .bind(as_integer(passage.end))
              .bind(as_integer(passage.line))
              .bind(int64_t{passage.page})
              .bind(number)
              .bind(int64_t{passage.number})
              .run());
  }
}

void PassageTables::drop(std::string_view document) {
  if (!failure_.empty()) return;
  const int64_t number = document_number(document);
  if (number == 0) return;
  texts_of_.bind(number);
  while (failure_.empty() && texts_of_.next())
    check(words_.remove(texts_of_.integer(0),
                        words_of(texts_of_.text(1), texts_of_.text(2), texts_of_.text(3))));
  check(!texts_of_.failed());
  texts_of_.reset();
  check(drop_document_.bind(number).run());
  changed_ = trimming_ = true;
}

// ---- Vectors ---------------------------------------------------------------------------------

int64_t PassageTables::embedder_number(std::string_view embedder) {
  if (embedder_ != 0 && embedder == embedder_name_) return embedder_;
  Statement put = database_->prepare("INSERT OR IGNORE INTO embedders (name) VALUES (?)");
  check(put.bind(embedder).run());
  Statement known = database_->prepare("SELECT id FROM embedders WHERE name = ?");
  const int64_t number = known.bind(embedder).next() ? known.integer(0) : 0;
  check(!known.failed());
  known.reset();
  return number;
}

void PassageTables::use_embedder(std::string_view embedder) {
  if (!failure_.empty() || (embedder_ != 0 && embedder == embedder_name_)) return;
  embedder_ = embedder_number(embedder);
  embedder_name_ = embedder;
  set(kEmbedder, embedder);
  Statement link = database_->prepare(
      "UPDATE passages SET vector = (SELECT id FROM vectors v WHERE v.embedder = ? AND v.hash = "
      "passages.hash)");
  check(link.bind(embedder_).run());
  changed_ = trimming_ = true;
}

std::vector<std::pair<std::string, std::string>> PassageTables::without_vector(std::string_view embedder,
                                                                               size_t most) {
  std::vector<std::pair<std::string, std::string>> found;
  const Reading reading(*this);
  const bool in_use = (writing_ ? embedder_name_ : setting(kEmbedder)) == embedder;
  // Of equal hashes the first stands for all.
  std::string sql = "SELECT p.hash, t.text FROM passages p JOIN texts t ON t.id = p.id WHERE ";
  sql += in_use
             ? "p.vector IS NULL"
             : "NOT EXISTS (SELECT 1 FROM vectors v JOIN embedders e ON e.id = v.embedder WHERE e.name = ? "
               "AND v.hash = p.hash)";
  sql += in_use ? " AND NOT EXISTS (SELECT 1 FROM passages o WHERE o.hash = p.hash AND o.id < p.id)"
                : " AND p.id = (SELECT min(o.id) FROM passages o WHERE o.hash = p.hash)";
  Statement bare = database_->prepare(sql.append(" ORDER BY p.id"));
  if (!in_use) bare.bind(embedder);
  while (found.size() < most && bare.next()) found.emplace_back(bare.text(0), bare.text(1));
  check(!bare.failed());
  return found;
}

void PassageTables::put_vector(std::string_view embedder, std::string_view hash,
                               std::span<const float> vector) {
  if (!failure_.empty()) return;
  if (embedder_ == 0) use_embedder(embedder);
  const int64_t number = embedder_number(embedder);
  const std::string_view bytes(reinterpret_cast<const char*>(vector.data()), vector.size_bytes());
  check(put_vector_.bind(number).bind(hash).bind_blob(bytes).run());
  if (number != embedder_) return;
  const bool known = vector_for_.bind(number).bind(hash).next();
  const int64_t id = known ? vector_for_.integer(0) : 0;
  vector_for_.reset();
  check(known && link_vector_.bind(id).bind(hash).run());
  changed_ = true;
}

void PassageTables::drop_unused_vectors() {
  const int64_t passages = number_of("SELECT count(*) FROM passages");
  const int64_t kept = 2 * passages + kSpareVectors;
  const int64_t vectors = number_of("SELECT count(*) FROM vectors");
  if (vectors <= kept) return;
  // The oldest go first.
  Statement drop = database_->prepare(
      "DELETE FROM vectors WHERE id IN (SELECT id FROM vectors WHERE id NOT IN (SELECT vector FROM passages "
      "WHERE vector IS NOT NULL) ORDER BY id LIMIT ?)");
  check(drop.bind(vectors - kept).run());
}

// ---- Transactions ----------------------------------------------------------------------------

bool PassageTables::commit(std::string& error) {
  if (!writing_) return error = "nothing is being written", false;
  if (failure_.empty() && trimming_) drop_unused_vectors();
  if (failure_.empty() && changed_) set(kGeneration, std::to_string(generation() + 1));
  if (failure_.empty()) check(database_->run("COMMIT"));
  if (!failure_.empty()) {
    error = failure_;
    rollback();
    return false;
  }
  end_writing();
  return true;
}

void PassageTables::rollback() {
  // After a full disk or a broken file SQLite may have done so by itself.
  if (writing_) static_cast<void>(database_->run("ROLLBACK"));
  end_writing();
}

void PassageTables::end_writing() {
  writing_ = changed_ = trimming_ = false;
  next_id_ = 0;
}

}  // namespace chain::store
