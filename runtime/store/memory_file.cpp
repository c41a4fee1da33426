#include "runtime/store/memory_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace chain::store {
namespace {

constexpr int kVersion = 1;

/// A session's or user's summary is found by both names; of a memory of users the session is empty.
/// PassageWords wants `passages (id, words)`.
constexpr std::string_view kSchema = R"(
CREATE TABLE entries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user TEXT NOT NULL,
  session TEXT NOT NULL,
  time INTEGER NOT NULL,
  role INTEGER NOT NULL,
  text TEXT NOT NULL,
  source TEXT NOT NULL,
  run TEXT NOT NULL,
  untrusted INTEGER NOT NULL,
  key TEXT UNIQUE,
  words INTEGER NOT NULL DEFAULT 0,
  embedder TEXT,
  vector BLOB
);
CREATE INDEX entries_owner ON entries (user, session, id);
CREATE VIEW passages AS SELECT id, words FROM entries;
CREATE TABLE summaries (
  user TEXT NOT NULL,
  session TEXT NOT NULL,
  upto INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  time INTEGER NOT NULL,
  text TEXT NOT NULL,
  untrusted INTEGER NOT NULL,
  PRIMARY KEY (user, session)
) WITHOUT ROWID;
CREATE TABLE settings (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
INSERT INTO settings VALUES ('generation', 0), ('words', '')
)";

constexpr std::string_view kColumns =
    "SELECT id, user, session, time, role, text, source, run, untrusted, key FROM entries";

std::string where(const MemoryFilter& filter, std::string_view besides = "1") {
  std::string sql = " WHERE " + std::string(besides);
  if (filter.user) sql += " AND user = ?";
  if (filter.session) sql += " AND session = ?";
  if (filter.id) sql += " AND id = ?";
  if (filter.before) sql += " AND time < ?";
  if (filter.after_id) sql += " AND id > ?";
  if (filter.before_id) sql += " AND id < ?";
  return sql;
}

void bind(Statement& statement, const MemoryFilter& filter) {
  if (filter.user) statement.bind(std::string_view(*filter.user));
  if (filter.session) statement.bind(std::string_view(*filter.session));
  if (filter.id) statement.bind(*filter.id);
  if (filter.before) statement.bind(*filter.before);
  if (filter.after_id) statement.bind(*filter.after_id);
  if (filter.before_id) statement.bind(*filter.before_id);
}

/// A file may have been written by anybody.
program::Role role_of(int64_t number) {
  return number >= 0 && number <= 2 ? static_cast<program::Role>(number) : program::Role::User;
}

MemoryRow read(const Statement& row) {
  return {.id = row.integer(0),
          .user = std::string(row.text(1)),
          .session = std::string(row.text(2)),
          .time = row.integer(3),
          .role = role_of(row.integer(4)),
          .text = std::string(row.text(5)),
          .source = std::string(row.text(6)),
          .run = std::string(row.text(7)),
          .untrusted = row.integer(8) != 0,
          .key = std::string(row.text(9))};
}

std::string_view bytes_of(std::span<const float> vector) {
  return {reinterpret_cast<const char*>(vector.data()), vector.size_bytes()};
}

}  // namespace

MemoryFile::MemoryFile(std::unique_ptr<Database> database, Words words)
    : database_(std::move(database)), words_(*database_, std::move(words)) {}

std::unique_ptr<MemoryFile> MemoryFile::open(const std::string& path, Words words, std::string& error) {
  auto database = Database::open_or_read(path, kSchema, kVersion, error);
  if (!database) return nullptr;
  std::unique_ptr<MemoryFile> file(new MemoryFile(std::move(database), std::move(words)));
  // Words that another version has cut are as good as can be had where nothing is written.
  if (file->words_.attach() && (file->only_reads() || file->renew_words())) {
    file->add_ = file->database_->prepare(
        "INSERT INTO entries (user, session, time, role, text, source, run, untrusted, key) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, nullif(?, '')) ON CONFLICT (key) DO NOTHING");
    file->count_words_ = file->database_->prepare("UPDATE entries SET words = ? WHERE id = ?");
    return file;
  }
  error = file->why();
  return nullptr;
}

bool MemoryFile::renew_words() {
  const std::string fingerprint = words_.fingerprint();
  const auto is_current = [&] {
    Statement asked = database_->prepare("SELECT value FROM settings WHERE name = 'words'");
    return asked.next() && asked.text(0) == fingerprint;
  };
  if (is_current()) return true;
  if (!begin()) return false;
  if (is_current()) return roll_back(), true;  // another process was quicker
  bool done = words_.remove_all();
  Statement all = database_->prepare("SELECT id, text FROM entries ORDER BY id");
  Statement change = database_->prepare("UPDATE entries SET words = ? WHERE id = ?");
  while (done && all.next()) {
    uint32_t length = 0;
    done = words_.add(all.integer(0), all.text(1), length) &&
           change.bind(int64_t{length}).bind(all.integer(0)).run();
  }
  all.reset();
  Statement set = database_->prepare("UPDATE settings SET value = ? WHERE name = 'words'");
  done = done && !all.failed() && set.bind(std::string_view(fingerprint)).run() && changed() && commit();
  if (!done) roll_back();
  return done;
}

bool MemoryFile::changed() {
  return database_->run("UPDATE settings SET value = value + 1 WHERE name = 'generation'");
}

int64_t MemoryFile::generation() {
  Statement asked = database_->prepare("SELECT value FROM settings WHERE name = 'generation'");
  return asked.next() ? asked.integer(0) : -1;
}

bool MemoryFile::add(const std::vector<MemoryRow>& rows, uint64_t& added) {
  added = 0;
  if (!begin()) return false;
  bool done = true;
  for (const MemoryRow& row : rows) done = done && add_row(row, added);
  done = done && (added == 0 || changed()) && commit();
  if (!done) roll_back();
  return done;
}

bool MemoryFile::add_row(const MemoryRow& row, uint64_t& added) {
  const bool run = add_.bind(std::string_view(row.user))
                       .bind(std::string_view(row.session))
                       .bind(row.time)
                       .bind(static_cast<int64_t>(row.role))
                       .bind(std::string_view(row.text))
                       .bind(std::string_view(row.source))
                       .bind(std::string_view(row.run))
                       .bind(int64_t{row.untrusted})
                       .bind(std::string_view(row.key))
                       .run();
  if (!run) return false;
  if (database_->changed() == 0) return true;  // it is there
  const int64_t id = database_->last_row();
  uint32_t length = 0;
  ++added;
  return words_.add(id, row.text, length) && count_words_.bind(int64_t{length}).bind(id).run();
}

bool MemoryFile::list(const MemoryFilter& filter, const std::function<void(MemoryRow)>& each, uint64_t most) {
  Statement rows = database_->prepare(std::string(kColumns) + where(filter) + " ORDER BY id LIMIT ?");
  bind(rows, filter);
  rows.bind(static_cast<int64_t>(most));
  while (rows.next()) each(read(rows));
  return !rows.failed();
}

bool MemoryFile::last(const MemoryFilter& filter, uint64_t most, std::vector<MemoryRow>& rows) {
  Statement found = database_->prepare("SELECT * FROM (" + std::string(kColumns) + where(filter) +
                                       " ORDER BY id DESC LIMIT ?) ORDER BY id");
  bind(found, filter);
  found.bind(static_cast<int64_t>(most));
  while (found.next()) rows.push_back(read(found));
  return !found.failed();
}

bool MemoryFile::ids(const MemoryFilter& filter, std::vector<int64_t>& ids) {
  Statement found = database_->prepare("SELECT id FROM entries" + where(filter) + " ORDER BY id");
  bind(found, filter);
  while (found.next()) ids.push_back(found.integer(0));
  return !found.failed();
}

std::optional<MemoryRow> MemoryFile::entry(int64_t id) {
  Statement found = database_->prepare(std::string(kColumns) + " WHERE id = ?");
  if (!found.bind(id).next()) return std::nullopt;
  return read(found);
}

bool MemoryFile::owners(std::vector<MemoryOwner>& owners) {
  Statement found = database_->prepare(
      "SELECT user, session, count(*), min(time), max(time) FROM entries GROUP BY user, session "
      "ORDER BY max(id) DESC");
  while (found.next())
    owners.push_back({std::string(found.text(0)), std::string(found.text(1)), found.integer(2),
                      found.integer(3), found.integer(4)});
  return !found.failed();
}

bool MemoryFile::find_words(std::string_view query, size_t top, const std::vector<int64_t>& among,
                            std::vector<WordHit>& hits) {
  if (!database_->run("BEGIN")) return false;
  const bool found = words_.find(query, top, &among, generation(), hits);
  return database_->run("COMMIT") && found;
}

bool MemoryFile::without_vector(std::string_view embedder, const MemoryFilter& filter, size_t most,
                                std::vector<MemoryRow>& rows) {
  Statement found = database_->prepare(
      std::string(kColumns) + where(filter, "(embedder IS NULL OR embedder <> ?)") + " ORDER BY id LIMIT ?");
  found.bind(embedder);
  bind(found, filter);
  found.bind(static_cast<int64_t>(std::min<size_t>(most, INT64_MAX)));
  while (found.next()) rows.push_back(read(found));
  return !found.failed();
}

bool MemoryFile::put_vector(int64_t id, std::string_view embedder, std::span<const float> vector) {
  Statement put = database_->prepare("UPDATE entries SET embedder = ?, vector = ? WHERE id = ?");
  return put.bind(embedder).bind_blob(bytes_of(vector)).bind(id).run();
}

bool MemoryFile::each_vector(std::string_view embedder, const MemoryFilter& filter, uint64_t most,
                             const std::function<void(int64_t id, std::span<const float> vector)>& each) {
  Statement all = database_->prepare("SELECT id, vector FROM entries" + where(filter, "embedder = ?") +
                                     " ORDER BY id DESC LIMIT ?");
  all.bind(embedder);
  bind(all, filter);
  all.bind(static_cast<int64_t>(std::min<uint64_t>(most, INT64_MAX)));
  std::vector<float> vector;
  while (all.next()) {
    const std::string_view bytes = all.blob(1);
    vector.resize(bytes.size() / sizeof(float));
    if (!vector.empty()) std::memcpy(vector.data(), bytes.data(), vector.size() * sizeof(float));
    each(all.integer(0), vector);
  }
  return !all.failed();
}

bool MemoryFile::remove_row(int64_t id) {
  const std::optional<MemoryRow> row = entry(id);
  if (!row) return true;
  Statement remove = database_->prepare("DELETE FROM entries WHERE id = ?");
  Statement summary = database_->prepare(
      "DELETE FROM summaries WHERE user = ? AND (session = ? OR session = '') AND upto >= ?");
  return words_.remove(id, row->text) && remove.bind(id).run() &&
         summary.bind(std::string_view(row->user)).bind(std::string_view(row->session)).bind(id).run();
}

bool MemoryFile::forget(const MemoryFilter& filter, int64_t& count) {
  count = 0;
  if (!database_->run("PRAGMA secure_delete=ON") || !begin()) return false;
  std::vector<int64_t> gone;
  bool done = ids(filter, gone);
  for (const int64_t id : gone) done = done && remove_row(id);
  // FTS5 only marks what was removed until it puts its lists together.
  done = done && (gone.empty() || database_->run("INSERT INTO words (words) VALUES ('optimize')")) &&
         changed() && commit();
  if (!done) {
    roll_back();
    return false;
  }
  count = static_cast<int64_t>(gone.size());
  words_.clear();
  // What the log holds of them; another process that reads at this moment keeps it for a while.
  (void)database_->run("PRAGMA wal_checkpoint(TRUNCATE)");
  return true;
}

std::optional<MemorySummary> MemoryFile::summary(std::string_view user, std::string_view session) {
  Statement found = database_->prepare(
      "SELECT upto, entries, time, text, untrusted FROM summaries WHERE user = ? AND session = ?");
  if (!found.bind(user).bind(session).next()) return std::nullopt;
  return MemorySummary{.upto = found.integer(0),
                       .entries = found.integer(1),
                       .time = found.integer(2),
                       .text = std::string(found.text(3)),
                       .untrusted = found.integer(4) != 0};
}

bool MemoryFile::put_summary(std::string_view user, std::string_view session, int64_t before,
                             const MemorySummary& summary) {
  if (!begin()) return false;
  const auto now = this->summary(user, session);
  Statement count = database_->prepare(
      "SELECT count(*) FROM entries WHERE user = ?1 AND (session = ?2 OR ?2 = '') AND id <= ?3");
  bool done = count.bind(user).bind(session).bind(summary.upto).next();
  const bool all_there = done && count.integer(0) == summary.entries;
  count.reset();
  if (done && all_there && (now ? now->upto : 0) == before) {
    Statement put = database_->prepare(
        "INSERT OR REPLACE INTO summaries (user, session, upto, entries, time, text, untrusted) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)");
    done = put.bind(user)
               .bind(session)
               .bind(summary.upto)
               .bind(summary.entries)
               .bind(summary.time)
               .bind(std::string_view(summary.text))
               .bind(int64_t{summary.untrusted})
               .run();
  }
  done = done && commit();
  if (!done) roll_back();
  return done;
}

}  // namespace chain::store
