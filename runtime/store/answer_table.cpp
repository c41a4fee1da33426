#include "runtime/store/answer_table.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "runtime/value/digest.h"
#include "runtime/value/local_hash.h"

namespace chain::store {
namespace {

constexpr int kVersion = 1;
constexpr const char* kSchema = R"(
CREATE TABLE answers (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  text TEXT NOT NULL,
  model TEXT NOT NULL,
  finish_reason TEXT NOT NULL,
  prompt TEXT NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  made INTEGER NOT NULL,
  until INTEGER NOT NULL,
  used INTEGER NOT NULL,
  uses INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX answers_used ON answers (used);
CREATE INDEX answers_until ON answers (until))";

/// A table of its own, so that files of before it can be used. The question itself is not kept, only a hash
/// of its gist and its vector.
constexpr const char* kQuestions = R"(
CREATE TABLE IF NOT EXISTS questions (
  answer INTEGER PRIMARY KEY REFERENCES answers(id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  gist TEXT NOT NULL,
  vector BLOB NOT NULL,
  uses INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS questions_alike ON questions (scope, gist))";

/// So many answers are looked at for one question, the youngest.
constexpr const char* kAlike =
    "SELECT text, model, finish_reason, made, input_tokens, output_tokens, key, vector FROM questions JOIN "
    "answers ON id = answer WHERE scope = ? AND gist = ? AND made > ? ORDER BY made DESC LIMIT 64";

/// Cosines are compared in this unit.
constexpr double kAlikeUnit = 10'000;

/// Another process writes for moments; a run shall not wait for an answer that it can do without.
constexpr const char* kPatience = "PRAGMA busy_timeout=2000";

/// Clocks of two processes differ a little. What seems to come from further ahead was written by a wrong
/// clock.
constexpr int64_t kMostSkew = 60'000'000'000;

/// Behind the name of a file that was damaged.
constexpr const char* kAside = ".damaged";

int64_t later(int64_t now, int64_t by) {
  return by > INT64_MAX - now ? INT64_MAX : now + by;
}

std::string gist_hash(const std::string& question) {
  return value::hex(value::sha256(value::gist_of(question))).substr(0, 32);
}

/// `prompt` as it is, or with a version behind it. See `bind_prompt`.
constexpr const char* kOfPrompt = "(? = '' OR prompt = ? OR substr(prompt, 1, length(?) + 1) = ? || '@')";

void bind_prompt(Statement& statement, const std::string& prompt) {
  for (int i = 0; i < 4; ++i) statement.bind(prompt);
}

}  // namespace

std::string set_aside(const std::string& path) {
  const std::string aside = path + kAside;
  if (std::rename(path.c_str(), aside.c_str()) != 0)
    return "the cache `" + path + "` is damaged, and cannot be moved away: " + std::strerror(errno);
  for (const char* beside : {"-wal", "-shm"}) static_cast<void>(std::remove((path + beside).c_str()));
  return "the cache `" + path + "` was damaged: it is now `" + aside + "`, and a new one begins";
}

std::unique_ptr<AnswerTable> AnswerTable::open(const std::string& path, std::string& problem) {
  bool damaged = false;
  auto database = Database::open(path, kSchema, kVersion, Durability::Normal, problem, &damaged);
  if (!database && damaged) {
    problem = set_aside(path);
    std::string again;
    database = Database::open(path, kSchema, kVersion, Durability::Normal, again);
    if (!database) problem += "; " + again;
  }
  if (!database) return nullptr;
  if (!database->run(kPatience) || !database->run(kQuestions)) {
    problem = database->why();
    return nullptr;
  }
  return std::unique_ptr<AnswerTable>(new AnswerTable(std::move(database)));
}

AnswerTable::AnswerTable(std::unique_ptr<Database> database)
    : database_(std::move(database)),
      find_(database_->prepare(
          "SELECT text, model, finish_reason, made, input_tokens, output_tokens FROM answers WHERE key = ?")),
      keep_(database_->prepare(
          "INSERT INTO answers (key, text, model, finish_reason, prompt, input_tokens, output_tokens, made, "
          "until, used) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET text = "
          "excluded.text, model = excluded.model, finish_reason = excluded.finish_reason, input_tokens = "
          "excluded.input_tokens, output_tokens = excluded.output_tokens, made = excluded.made, until = "
          "excluded.until, used = excluded.used")),
      forget_(database_->prepare("DELETE FROM answers WHERE key = ?")),
      used_(database_->prepare("UPDATE answers SET used = ?, uses = uses + 1 WHERE key = ?")),
      room_(database_->prepare("SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, "
                               "pragma_freelist_count, pragma_page_size")),
      find_similar_(database_->prepare(kAlike)),
      keep_question_(database_->prepare(
          "INSERT OR REPLACE INTO questions (answer, scope, gist, vector) SELECT id, ?, ?, "
          "? FROM answers WHERE key = ?")),
      used_similar_(database_->prepare("UPDATE questions SET uses = uses + 1 WHERE answer = (SELECT id FROM "
                                       "answers WHERE key = ?)")) {}

std::optional<model::KeptAnswer> AnswerTable::find(const std::string& key, int64_t most_age, int64_t now) {
  std::optional<model::KeptAnswer> found;
  if (!find_.bind(key).next()) return found;
  const int64_t age = now - find_.integer(3);
  if (age < most_age && age >= -kMostSkew) {
    found.emplace(std::string(find_.text(0)), std::string(find_.text(1)), std::string(find_.text(2)),
                  std::max<int64_t>(age, 0), model::Usage{find_.integer(4), find_.integer(5), 0, 0}, 1.0,
                  key);
  }
  find_.reset();
  return found;
}

std::optional<model::KeptAnswer> AnswerTable::find_similar(const model::Likeness& likeness, uint32_t least,
                                                           int64_t most_age, int64_t now) {
  std::optional<model::KeptAnswer> best;
  const value::LocalHash asked = value::local_hash(likeness.question);
  Statement& row = find_similar_;
  row.bind(likeness.scope).bind(gist_hash(likeness.question));
  // A time before 1970 is none.
  row.bind(most_age < now ? now - most_age : int64_t{0});
  while (row.next()) {
    const int64_t age = now - row.integer(3);
    const auto vector = value::local_hash_from(row.text(7));
    if (!vector || age < -kMostSkew) continue;
    const double similarity = value::cosine(asked, *vector);
    if (similarity < least / kAlikeUnit || (best && similarity <= best->similarity)) continue;
    best.emplace(std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)),
                 std::max<int64_t>(age, 0), model::Usage{row.integer(4), row.integer(5), 0, 0}, similarity,
                 std::string(row.text(6)));
  }
  return best;
}

bool AnswerTable::keep(const std::string& key, const model::NewAnswer& answer, int64_t now) {
  keep_.bind(key).bind(answer.text).bind(answer.model).bind(answer.finish_reason).bind(answer.prompt);
  keep_.bind(answer.usage.input_tokens).bind(answer.usage.output_tokens);
  if (!keep_.bind(now).bind(later(now, answer.keep)).bind(now).run()) return false;
  if (!answer.likeness) return true;
  const std::string& question = answer.likeness->question;
  keep_question_.bind(answer.likeness->scope).bind(gist_hash(question));
  return keep_question_.bind(value::to_bytes(value::local_hash(question))).bind(key).run();
}

bool AnswerTable::forget(const std::string& key) {
  return forget_.bind(key).run();
}

void AnswerTable::used(const std::string& key, int64_t now, bool similar) {
  static_cast<void>(used_.bind(now).bind(key).run());
  if (similar) static_cast<void>(used_similar_.bind(key).run());
}

int64_t AnswerTable::size() {
  if (!room_.next()) return 0;
  const int64_t size = room_.integer(0);
  room_.reset();
  return size;
}

bool AnswerTable::shrink(int64_t most_bytes, int64_t now) {
  Statement expired = database_->prepare("DELETE FROM answers WHERE until < ?");
  if (!expired.bind(now).run()) return false;
  if (size() <= most_bytes) return true;
  // A tenth below, so that the next answers do not each push one out.
  Statement oldest =
      database_->prepare("DELETE FROM answers WHERE id IN (SELECT id FROM answers ORDER BY used LIMIT 4)");
  while (size() > most_bytes - most_bytes / 10) {
    if (!oldest.run()) return false;
    if (database_->changed() == 0) break;
  }
  return true;
}

bool AnswerTable::list(const std::string& prompt, const std::function<void(const AnswerRow&)>& each) {
  Statement all = database_->prepare(std::string("SELECT key, prompt, model, substr(text, 1, 60), "
                                                 "length(CAST(text AS BLOB)), made, until, used, uses FROM "
                                                 "answers WHERE ") +
                                     kOfPrompt + " ORDER BY made DESC, id DESC");
  bind_prompt(all, prompt);
  while (all.next()) {
    each({std::string(all.text(0)), std::string(all.text(1)), std::string(all.text(2)),
          std::string(all.text(3)), all.integer(4), all.integer(5), all.integer(6), all.integer(7),
          all.integer(8)});
  }
  return !all.failed();
}

std::optional<AnswerTotals> AnswerTable::totals() {
  Statement sums = database_->prepare(
      "SELECT count(*), coalesce(sum(uses), 0), coalesce(sum(uses * input_tokens), 0), "
      "coalesce(sum(uses * output_tokens), 0), coalesce(min(made), 0), (SELECT coalesce(sum(uses), 0) FROM "
      "questions) FROM answers");
  if (!sums.next()) return std::nullopt;
  AnswerTotals totals{sums.integer(0), 0, sums.integer(1), sums.integer(5), sums.integer(2), sums.integer(3),
                      sums.integer(4)};
  totals.bytes = size();
  return totals;
}

std::optional<int64_t> AnswerTable::clear(const AnswerFilter& filter) {
  Statement clear = database_->prepare(std::string("DELETE FROM answers WHERE made < ? AND ") + kOfPrompt);
  clear.bind(filter.made_before.value_or(INT64_MAX));
  bind_prompt(clear, filter.prompt);
  // What is forgotten shall not stay readable in pages that are free.
  if (!database_->run("PRAGMA secure_delete=ON") || !clear.run()) return std::nullopt;
  const int64_t cleared = database_->changed();
  if (!filter.made_before && filter.prompt.empty())
    static_cast<void>(std::remove((database_->path() + kAside).c_str()));
  // Where another process has the file open, its room is used again later instead.
  if (cleared > 0 && database_->run("VACUUM"))
    static_cast<void>(database_->run("PRAGMA wal_checkpoint(TRUNCATE)"));
  return cleared;
}

}  // namespace chain::store
