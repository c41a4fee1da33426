#include "runtime/store/conversation_file.h"

#include <algorithm>
#include <utility>

namespace chain::store {
namespace {

constexpr int kVersion = 2;

constexpr std::string_view kSchema = R"(
CREATE TABLE conversations (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  file TEXT NOT NULL,
  target TEXT NOT NULL,
  user TEXT NOT NULL,
  begun INTEGER NOT NULL,
  used INTEGER NOT NULL,
  UNIQUE (file, target, user, name)
);
CREATE TABLE turns (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
  role INTEGER NOT NULL,
  text TEXT NOT NULL,
  untrusted INTEGER NOT NULL,
  run TEXT NOT NULL,
  time INTEGER NOT NULL
);
CREATE INDEX turns_conversation ON turns (conversation, id);
)";

constexpr std::string_view kOpenTurns = R"(
CREATE TABLE open_turns (
  conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
  run TEXT NOT NULL,
  text TEXT NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (conversation, run)
)
)";

/// Conversations of version 1 had no user: they are those of `local`, whom nobody named. Turns are copied
/// before the old table goes, which would take them with it.
constexpr std::string_view kUpgrade = R"(
CREATE TABLE with_users (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  file TEXT NOT NULL,
  target TEXT NOT NULL,
  user TEXT NOT NULL,
  begun INTEGER NOT NULL,
  used INTEGER NOT NULL,
  UNIQUE (file, target, user, name)
);
INSERT INTO with_users SELECT number, name, file, target, 'local', begun, used FROM conversations;
CREATE TABLE their_turns (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation INTEGER NOT NULL REFERENCES with_users (number) ON DELETE CASCADE,
  role INTEGER NOT NULL,
  text TEXT NOT NULL,
  untrusted INTEGER NOT NULL,
  run TEXT NOT NULL,
  time INTEGER NOT NULL
);
INSERT INTO their_turns SELECT id, conversation, role, text, untrusted, run, time FROM turns;
DROP TABLE turns;
DROP TABLE conversations;
ALTER TABLE with_users RENAME TO conversations;
ALTER TABLE their_turns RENAME TO turns;
CREATE INDEX turns_conversation ON turns (conversation, id)
)";

program::Role role_of(int64_t number) {
  return number >= 0 && number <= 2 ? static_cast<program::Role>(number) : program::Role::User;
}

}  // namespace

std::unique_ptr<ConversationFile> ConversationFile::open(const std::string& folder, std::string& error) {
  auto database =
      Database::open_or_read(folder + "/conversations.db", std::string(kSchema).append(kOpenTurns), kVersion,
                             error, std::string(kUpgrade).append(";").append(kOpenTurns));
  if (!database) return nullptr;
  return std::unique_ptr<ConversationFile>(new ConversationFile(std::move(database)));
}

bool ConversationFile::list(std::string_view file, std::string_view target, std::string_view user,
                            std::vector<Conversation>& all) {
  Statement found = database_->prepare(
      "SELECT number, name, file, target, user, begun, used, "
      "(SELECT count(*) FROM turns WHERE conversation = number) FROM conversations "
      "WHERE (?1 = '' OR file = ?1) AND (?2 = '' OR target = ?2) AND (?3 = '' OR user = ?3) ORDER BY used "
      "DESC, number DESC");
  found.bind(file).bind(target).bind(user);
  while (found.next())
    all.push_back({.number = found.integer(0),
                   .name = std::string(found.text(1)),
                   .file = std::string(found.text(2)),
                   .target = std::string(found.text(3)),
                   .user = std::string(found.text(4)),
                   .begun = found.integer(5),
                   .used = found.integer(6),
                   .turns = found.integer(7)});
  return !found.failed();
}

bool ConversationFile::begin(Conversation& conversation) {
  Statement put = database_->prepare(
      "INSERT INTO conversations (name, file, target, user, begun, used) VALUES (?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (file, target, user, name) DO NOTHING");
  const bool kept = put.bind(std::string_view(conversation.name))
                        .bind(std::string_view(conversation.file))
                        .bind(std::string_view(conversation.target))
                        .bind(std::string_view(conversation.user))
                        .bind(conversation.begun)
                        .bind(conversation.used)
                        .run();
  std::vector<Conversation> all;
  if (!kept || !list(conversation.file, conversation.target, conversation.user, all)) return false;
  const auto found = std::ranges::find(all, conversation.name, &Conversation::name);
  if (found == all.end()) return false;
  conversation = *found;
  return true;
}

bool ConversationFile::turns(int64_t number, size_t most_bytes, std::vector<ConversationTurn>& turns) {
  Statement found = database_->prepare(
      "SELECT role, text, untrusted, run, time FROM turns WHERE conversation = ? ORDER BY id DESC");
  found.bind(number);
  size_t bytes = 0;
  while (found.next()) {
    bytes += found.text(1).size();
    if (bytes > most_bytes) break;
    turns.push_back({.said = {role_of(found.integer(0)), std::string(found.text(1)), found.integer(2) != 0},
                     .run = std::string(found.text(3)),
                     .time = found.integer(4)});
  }
  std::ranges::reverse(turns);
  return !found.failed();
}

bool ConversationFile::begin_turn(int64_t number, const OpenTurn& turn) {
  Statement put = database_->prepare(
      "INSERT OR REPLACE INTO open_turns (conversation, run, text, time) VALUES (?, ?, ?, ?)");
  return put.bind(number)
      .bind(std::string_view(turn.run))
      .bind(std::string_view(turn.text))
      .bind(turn.time)
      .run();
}

bool ConversationFile::open_turns(int64_t number, std::vector<OpenTurn>& turns) {
  Statement found =
      database_->prepare("SELECT run, text, time FROM open_turns WHERE conversation = ? ORDER BY time, run");
  found.bind(number);
  while (found.next())
    turns.push_back({std::string(found.text(0)), std::string(found.text(1)), found.integer(2)});
  return !found.failed();
}

bool ConversationFile::drop_turn(int64_t number, std::string_view run) {
  Statement drop = database_->prepare("DELETE FROM open_turns WHERE conversation = ? AND run = ?");
  return drop.bind(number).bind(run).run();
}

bool ConversationFile::end_turn(int64_t number, std::string_view run,
                                const std::vector<ConversationTurn>& turns) {
  if (!database_->run("BEGIN IMMEDIATE")) return false;
  Statement put = database_->prepare(
      "INSERT INTO turns (conversation, role, text, untrusted, run, time) VALUES (?, ?, ?, ?, ?, ?)");
  Statement use = database_->prepare("UPDATE conversations SET used = max(used, ?) WHERE number = ?");
  bool done = drop_turn(number, run);
  const bool ours = done && database_->changed() > 0;
  for (const ConversationTurn& turn : turns) {
    if (!ours) break;
    done = done && put.bind(number)
                       .bind(static_cast<int64_t>(turn.said.role))
                       .bind(std::string_view(turn.said.text))
                       .bind(int64_t{turn.said.untrusted})
                       .bind(std::string_view(turn.run))
                       .bind(turn.time)
                       .run();
    done = done && use.bind(turn.time).bind(number).run();
  }
  done = done && database_->run("COMMIT");
  if (!done) (void)database_->run("ROLLBACK");
  return done;
}

}  // namespace chain::store
