#include "runtime/store/passage_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <iterator>
#include <utility>

#include "runtime/store/passage_tables.h"

namespace chain::store {
namespace {

constexpr int kVersion = 2;
/// Of the version before, whose documents are all read anew.
constexpr const char* kUpgrade = "ALTER TABLE documents ADD COLUMN place TEXT NOT NULL DEFAULT ''";

// Passages are narrow, and their texts apart: what goes over all of them reads few pages. `vector` is the one
// of the embedder in use, `words` the passage's length.
constexpr const char* kSchema = R"(
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  source TEXT NOT NULL,
  title TEXT NOT NULL,
  digest TEXT NOT NULL,
  hash TEXT NOT NULL,
  place TEXT NOT NULL DEFAULT ''
);
CREATE INDEX documents_source ON documents (source);
CREATE TABLE document_meta (
  document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (document, place)
) WITHOUT ROWID;
CREATE INDEX document_meta_value ON document_meta (name, value, document);
CREATE TABLE passages (
  id INTEGER PRIMARY KEY,
  document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  words INTEGER NOT NULL,
  vector INTEGER,
  hash TEXT NOT NULL,
  starts INTEGER NOT NULL,
  ends INTEGER NOT NULL,
  line INTEGER NOT NULL,
  page INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  UNIQUE (document, number)
);
CREATE INDEX passages_hash ON passages (hash);
CREATE INDEX passages_bare ON passages (id) WHERE vector IS NULL;
CREATE TABLE texts (
  id INTEGER PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  headings TEXT NOT NULL,
  text TEXT NOT NULL
);
CREATE TABLE embedders (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE vectors (
  id INTEGER PRIMARY KEY,
  embedder INTEGER NOT NULL REFERENCES embedders (id),
  hash TEXT NOT NULL,
  vector BLOB NOT NULL,
  UNIQUE (embedder, hash)
))";

constexpr const char* kPassage =
    "SELECT p.id, t.name, d.name, d.source, d.title, t.text, t.headings, p.number, p.starts, p.ends, p.line, "
    "p.page, p.tokens, p.hash, d.id FROM passages p JOIN texts t ON t.id = p.id JOIN documents d ON d.id = "
    "p.document WHERE ";

constexpr size_t kMostFilters = 16;  // whose passages are kept, 8 bytes each

/// Vectors are kept as they lie in memory; a file does not leave its machine's kind.
static_assert(std::endian::native == std::endian::little);

std::span<const float> as_vector(std::string_view bytes, std::vector<float>& room) {
  room.resize(bytes.size() / sizeof(float));
  if (!room.empty()) std::memcpy(room.data(), bytes.data(), room.size() * sizeof(float));
  return room;
}

std::string with_condition(std::string_view sql, std::string_view condition) {
  return std::string(sql).append(condition);
}

}  // namespace

PassageTables::PassageTables(std::unique_ptr<Database> database, Words words)
    : database_(std::move(database)), words_(*database_, std::move(words)) {}

PassageTables::~PassageTables() {
  if (writing_) rollback();
}

bool PassageTables::attach() {
  if (!words_.attach()) return false;
  const auto prepare = [this](std::string_view sql) { return database_->prepare(sql); };
  passage_ = prepare(with_condition(kPassage, "p.id = ?"));
  passage_at_ = prepare(with_condition(kPassage, "d.name = ? AND p.number = ?"));
  meta_ = prepare("SELECT name, value FROM document_meta WHERE document = ? ORDER BY place");
  vector_ = prepare("SELECT v.vector FROM passages p JOIN vectors v ON v.id = p.vector WHERE p.id = ?");
  has_vector_ = prepare(
      "SELECT 1 FROM vectors WHERE embedder = (SELECT id FROM embedders WHERE name = ?) AND hash = ?");
  document_ = prepare("SELECT id, source, title, digest, hash, place FROM documents WHERE name = ?");
  put_document_ =
      prepare("INSERT INTO documents (name, source, title, digest, hash, place) VALUES (?, ?, ?, ?, ?, ?)");
  put_meta_ = prepare("INSERT INTO document_meta (document, place, name, value) VALUES (?, ?, ?, ?)");
  put_passage_ = prepare(
      "INSERT INTO passages (id, document, number, words, vector, hash, starts, ends, line, page, tokens) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  put_text_ = prepare("INSERT INTO texts (id, name, headings, text) VALUES (?, ?, ?, ?)");
  move_document_ = prepare("UPDATE documents SET source = ?, digest = ?, place = ? WHERE id = ?");
  move_passage_ = prepare(
      "UPDATE passages SET starts = ?, ends = ?, line = ?, page = ? WHERE document = ? AND number = ?");
  texts_of_ = prepare(
      "SELECT t.id, d.title, t.headings, t.text FROM passages p JOIN texts t ON t.id = p.id JOIN documents d "
      "ON d.id = p.document WHERE p.document = ?");
  drop_document_ = prepare("DELETE FROM documents WHERE id = ?");
  vector_for_ = prepare("SELECT id FROM vectors WHERE embedder = ? AND hash = ?");
  put_vector_ = prepare(
      "INSERT INTO vectors (embedder, hash, vector) VALUES (?, ?, ?) ON CONFLICT (embedder, hash) DO UPDATE "
      "SET vector = excluded.vector");
  link_vector_ = prepare("UPDATE passages SET vector = ? WHERE hash = ?");
  return true;
}

PassageTables::Reading::Reading(PassageTables& tables)
    : tables_(tables), began_(!tables.writing_ && tables.database_->run("BEGIN")) {}

PassageTables::Reading::~Reading() {
  if (began_) static_cast<void>(tables_.database_->run("COMMIT"));
}

bool PassageTables::fail() {
  if (failure_.empty()) failure_ = database_->why();
  return false;
}

bool PassageTables::failed(std::string& why) const {
  why = failure_;
  return !failure_.empty();
}

int64_t PassageTables::number_of(std::string_view sql) {
  Statement statement = database_->prepare(sql);
  const int64_t found = statement.next() ? statement.integer(0) : 0;
  check(!statement.failed());
  return found;
}

// ---- Reading ---------------------------------------------------------------------------------

int64_t PassageTables::generation() {
  return number_of("SELECT CAST(value AS INTEGER) FROM settings WHERE name = '.generation'");
}

std::string PassageTables::setting(std::string_view name) {
  Statement statement = database_->prepare("SELECT value FROM settings WHERE name = ?");
  std::string value(statement.bind(name).next() ? statement.text(0) : std::string_view());
  check(!statement.failed());
  return value;
}

PassageCounts PassageTables::counts() {
  const Reading reading(*this);
  const auto count = [this](std::string_view sql) { return static_cast<uint64_t>(number_of(sql)); };
  return {.documents = count("SELECT count(*) FROM documents"),
          .passages = count("SELECT count(*) FROM passages"),
          .vectors = count("SELECT count(vector) FROM passages"),
          .bytes = count("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")};
}

std::optional<PassageRow> PassageTables::passage(int64_t id) {
  const Reading reading(*this);
  return read(passage_.bind(id));
}

std::optional<PassageRow> PassageTables::passage_at(std::string_view document, uint32_t number) {
  const Reading reading(*this);
  return read(passage_at_.bind(document).bind(int64_t{number}));
}

std::optional<PassageRow> PassageTables::read(Statement& statement) {
  std::optional<PassageRow> row;
  if (statement.next()) {
    const auto text = [&](int column) { return std::string(statement.text(column)); };
    const auto unsigned_at = [&](int column) { return static_cast<uint64_t>(statement.integer(column)); };
    row = {.id = statement.integer(0),
           .name = text(1),
           .document = text(2),
           .source = text(3),
           .title = text(4),
           .text = text(5),
           .headings = text(6),
           .number = static_cast<uint32_t>(unsigned_at(7)),
           .begin = unsigned_at(8),
           .end = unsigned_at(9),
           .line = unsigned_at(10),
           .page = static_cast<uint32_t>(unsigned_at(11)),
           .tokens = static_cast<uint32_t>(unsigned_at(12)),
           .hash = text(13),
           .meta = meta_of(statement.integer(14))};
  }
  check(!statement.failed());
  statement.reset();
  return row;
}

std::vector<std::pair<std::string, std::string>> PassageTables::meta_of(int64_t document) {
  std::vector<std::pair<std::string, std::string>> meta;
  meta_.bind(document);
  while (meta_.next()) meta.emplace_back(meta_.text(0), meta_.text(1));
  check(!meta_.failed());
  return meta;
}

std::vector<WordHit> PassageTables::find_words(std::string_view query, size_t top,
                                               const std::vector<int64_t>* among) {
  const Reading reading(*this);
  std::vector<WordHit> hits;
  if (changed_) words_.clear();  // what was written meanwhile has no generation yet
  check(words_.find(query, top, among, generation(), hits));
  if (changed_) words_.clear();
  return hits;
}

std::vector<int64_t> PassageTables::ids_where(const std::vector<std::pair<std::string, std::string>>& meta) {
  const Reading reading(*this);
  const int64_t state = generation();
  if (state != filtered_state_ || changed_) filtered_.clear();
  filtered_state_ = state;
  std::vector<int64_t> ids = meta.empty() ? all_ids() : ids_with(meta.front());
  for (size_t i = 1; i < meta.size(); ++i) {
    std::vector<int64_t> both;
    std::ranges::set_intersection(ids, ids_with(meta[i]), std::back_inserter(both));
    ids = std::move(both);
  }
  if (changed_) filtered_.clear();
  return ids;
}

std::vector<int64_t> PassageTables::all_ids() {
  Statement statement = database_->prepare("SELECT id FROM passages ORDER BY id");
  std::vector<int64_t> ids;
  while (statement.next()) ids.push_back(statement.integer(0));
  check(!statement.failed());
  return ids;
}

/// Searches often come with the same condition: what is found is kept until the next commit.
const std::vector<int64_t>& PassageTables::ids_with(const std::pair<std::string, std::string>& condition) {
  const auto known = filtered_.find(condition);
  if (known != filtered_.end()) return known->second;
  if (filtered_.size() >= kMostFilters) filtered_.clear();
  Statement statement = database_->prepare(
      "SELECT p.id FROM document_meta m CROSS JOIN passages p ON p.document = m.document WHERE m.name = ? "
      "AND "
      "m.value = ?");
  statement.bind(condition.first).bind(condition.second);
  std::vector<int64_t> ids;
  while (statement.next()) ids.push_back(statement.integer(0));
  check(!statement.failed());
  std::ranges::sort(ids);                                  // quicker than by ORDER BY
  ids.erase(std::ranges::unique(ids).begin(), ids.end());  // a document may say a thing twice
  return filtered_.emplace(condition, std::move(ids)).first->second;
}

void PassageTables::each_vector(const std::function<void(int64_t id, std::span<const float> vector)>& each) {
  Statement all = database_->prepare(
      "SELECT p.id, v.vector FROM passages p CROSS JOIN vectors v ON v.id = p.vector ORDER BY p.id");
  std::vector<float> room;
  while (all.next()) each(all.integer(0), as_vector(all.blob(1), room));
  check(!all.failed());
}

std::vector<float> PassageTables::vector_of(int64_t id) {
  std::vector<float> vector;
  if (vector_.bind(id).next()) static_cast<void>(as_vector(vector_.blob(0), vector));
  check(!vector_.failed());
  vector_.reset();
  return vector;
}

bool PassageTables::has_vector(std::string_view embedder, std::string_view hash) {
  const bool found = has_vector_.bind(embedder).bind(hash).next();
  check(!has_vector_.failed());
  has_vector_.reset();
  return found;
}

std::vector<DocumentRow> PassageTables::documents() {
  const Reading reading(*this);
  Statement all =
      database_->prepare("SELECT id, name, source, title, digest, hash, place FROM documents ORDER BY name");
  std::vector<DocumentRow> rows;
  while (all.next()) {
    const auto text = [&](int column) { return std::string(all.text(column)); };
    rows.push_back({text(1), text(2), text(3), text(4), text(5), meta_of(all.integer(0)), text(6)});
  }
  check(!all.failed());
  return rows;
}

namespace {

std::unique_ptr<PassageTables> with_tables(std::unique_ptr<Database> database, const Words& words,
                                           std::string& error) {
  if (!database) return nullptr;
  auto tables = std::make_unique<PassageTables>(std::move(database), words);
  if (tables->attach()) return tables;
  error = tables->why();
  return nullptr;
}

bool is_there(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && info.st_size > 0;
}

}  // namespace

std::unique_ptr<PassageFile> open_passages(const std::string& path, Words words, std::string& error) {
  const bool was_there = is_there(path);
  bool unwritable = false;
  auto tables = with_tables(
      Database::open(path, kSchema, kVersion, Durability::Normal, error, nullptr, kUpgrade, &unwritable),
      words, error);
  if (tables || !unwritable || !was_there) return tables;
  std::string ignored;  // the first reason is the better one
  return with_tables(Database::open_for_reading(path, kVersion, ignored), words, ignored);
}

}  // namespace chain::store
