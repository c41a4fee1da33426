#include "runtime/store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace chain::store {
namespace {

/// Another process may hold the file for as long as one commit takes; this is for a disk that stalls.
constexpr int kBusyMilliseconds = 10'000;
constexpr off_t kShortLog = off_t{1} << 20;  // bytes

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// Makes the folder, and the file, which SQLite itself would make for everybody to read.
bool make_place(const std::string& path, std::string& error) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(path).parent_path();
  std::error_code failed;
  if (!fs::exists(folder, failed)) {
    fs::create_directories(folder.parent_path(), failed);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
      error = "`" + folder.string() + "` cannot be made: " + std::strerror(errno);
      return false;
    }
  }
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) {
    error = "`" + path + "` cannot be written: " + std::strerror(errno);
    return false;
  }
  ::close(file);
  return true;
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), bound_(other.bound_), failed_(other.failed_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  std::swap(bound_, other.bound_);
  std::swap(failed_, other.failed_);
  return *this;
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement& Statement::bind(int64_t value) {
  sqlite3_bind_int64(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  // A null pointer would bind NULL.
  sqlite3_bind_text64(statement_, ++bound_, text.data() ? text.data() : "", text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
  sqlite3_bind_blob64(statement_, ++bound_, bytes.data() ? bytes.data() : "", bytes.size(), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind_null() {
  sqlite3_bind_null(statement_, ++bound_);
  return *this;
}

Statement& Statement::bind_pointer(void* pointer, const char* type) {
  sqlite3_bind_pointer(statement_, ++bound_, pointer, type, nullptr);
  return *this;
}

bool Statement::next() {
  const int result = sqlite3_step(statement_);
  failed_ = result != SQLITE_ROW && result != SQLITE_DONE;
  if (result == SQLITE_ROW) return true;
  bound_ = 0;
  sqlite3_reset(statement_);
  return false;
}

bool Statement::run() {
  while (next()) {}
  return !failed_;
}

void Statement::reset() {
  bound_ = 0;
  sqlite3_reset(statement_);
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string_view Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes ? std::string_view(bytes, static_cast<size_t>(sqlite3_column_bytes(statement_, column)))
               : std::string_view();
}

std::string_view Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return bytes ? std::string_view(bytes, static_cast<size_t>(sqlite3_column_bytes(statement_, column)))
               : std::string_view();
}

std::unique_ptr<Database> Database::open(const std::string& path, std::string_view schema, int version,
                                         Durability durability, std::string& error, bool* damaged,
                                         std::string_view upgrade, bool* unwritable) {
  if (!make_place(path, error)) {
    if (unwritable != nullptr) *unwritable = true;
    return nullptr;
  }
  std::unique_ptr<Database> database(new Database(path));
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const int result = sqlite3_open_v2(path.c_str(), &database->handle_, flags, nullptr);
  const bool opened = result == SQLITE_OK &&
                      sqlite3_busy_timeout(database->handle_, kBusyMilliseconds) == SQLITE_OK &&
                      database->run("PRAGMA journal_mode=WAL") &&
                      database->run(durability == Durability::Full ? "PRAGMA synchronous=FULL"
                                                                   : "PRAGMA synchronous=NORMAL") &&
                      database->run("PRAGMA foreign_keys=ON");
  if (!opened) error = database->why();
  if (opened && database->bring_to(schema, version, upgrade, error)) return database;
  if (damaged != nullptr) *damaged = database->damaged();
  if (unwritable != nullptr) *unwritable = database->unwritable();
  return nullptr;
}

namespace {

bool has_log(const std::string& path) {
  struct stat log{};
  return stat((path + "-wal").c_str(), &log) == 0 && log.st_size > 0;
}

/// As SQLite takes it (RFC 3986).
std::string uri_of(const std::string& path, std::string_view query) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string uri = "file://";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-_.~").find(c) != std::string_view::npos;
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      uri += c;
    } else {
      uri.append("%").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
    }
  }
  return uri.append("?").append(query);
}

}  // namespace

std::unique_ptr<Database> Database::open_for_reading(const std::string& path, int version,
                                                     std::string& error) {
  std::unique_ptr<Database> database(new Database(path));
  database->only_reads_ = true;
  // A log needs an index of it in memory that is shared: with one there, SQLite reads both without writing.
  const std::string uri =
      uri_of(std::filesystem::absolute(path).string(), has_log(path) ? "mode=ro" : "immutable=1");
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const int opened = sqlite3_open_v2(uri.c_str(), &database->handle_, flags, nullptr);
  if (opened != SQLITE_OK || sqlite3_busy_timeout(database->handle_, kBusyMilliseconds) != SQLITE_OK ||
      !database->run("PRAGMA temp_store=MEMORY")) {
    error = database->why();
    return nullptr;
  }
  return database->bring_to({}, version, {}, error) ? std::move(database) : nullptr;
}

std::unique_ptr<Database> Database::open_or_read(const std::string& path, std::string_view schema,
                                                 int version, std::string& error, std::string_view upgrade) {
  struct stat before{};
  const bool was_there = stat(path.c_str(), &before) == 0 && before.st_size > 0;
  bool unwritable = false;
  auto database =
      open(path, schema, version, Durability::Normal, error, /*damaged=*/nullptr, upgrade, &unwritable);
  if (database || !unwritable || !was_there) return database;
  std::string ignored;  // the first reason is the better one
  return open_for_reading(path, version, ignored);
}

bool Database::bring_to(std::string_view schema, int version, std::string_view upgrade, std::string& error) {
  const auto stored = [&]() -> int64_t {
    Statement asked = prepare("PRAGMA user_version");
    return asked.next() ? asked.integer(0) : -1;
  };
  int64_t found = stored();
  if (found == 0 && only_reads_) return error = "`" + path_ + "` is empty, and cannot be written", false;
  const bool older = found == version - 1 && !upgrade.empty();
  if (found == 0 || older) {
    // Another process may do the same at this moment.
    if (!run("BEGIN IMMEDIATE")) return error = why(), false;
    found = stored();
    const std::string statements =
        std::string(older ? upgrade : schema) + "; PRAGMA user_version=" + std::to_string(version);
    const bool made = found != (older ? version - 1 : 0) || run(statements.c_str());
    if (!made) error = why();
    if (!run(made ? "COMMIT" : "ROLLBACK") || !made) {
      if (error.empty()) error = why();
      return false;
    }
    found = version;
  }
  if (found < 0) return error = why(), false;
  if (found != version) {
    error = "`" + path_ + "` was written by another version of chain (its layout is " +
            std::to_string(found) + ", this one knows " + std::to_string(version) +
            "): use that version, or move the file away to begin a new one";
    return false;
  }
  return true;
}

Database::~Database() {
  struct stat log{};
  if (leaves_log_ && handle_ && stat((path_ + "-wal").c_str(), &log) == 0 && log.st_size < kShortLog)
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_close_v2(handle_);
}

Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                     nullptr);
  return Statement(statement);
}

bool Database::run(const char* sql) {
  return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

int64_t Database::changed() const {
  return sqlite3_changes64(handle_);
}

int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(handle_);
}

bool Database::damaged() const {
  const int code = sqlite3_errcode(handle_) & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

bool Database::unwritable() const {
  const int code = sqlite3_errcode(handle_) & 0xff;
  return code == SQLITE_READONLY || code == SQLITE_PERM || code == SQLITE_CANTOPEN || code == SQLITE_FULL ||
         code == SQLITE_IOERR;
}

std::string Database::why() const {
  const std::string place = "`" + path_ + "`";
  switch (sqlite3_errcode(handle_) & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return place +
             " is damaged: move it away to begin a new one; `sqlite3 FILE .recover` may save what it holds";
    case SQLITE_OK:  // what failed was undone since
      if (!only_reads_) return place + ": " + sqlite3_errmsg(handle_);
      [[fallthrough]];
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return place + " cannot be written: it belongs to somebody else, or its folder is read-only";
    case SQLITE_FULL: return place + " cannot grow: the disk is full; make room and try again";
    case SQLITE_CANTOPEN: return place + " cannot be opened: " + sqlite3_errmsg(handle_);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return place + " is held by another process; try again when that is done";
    case SQLITE_IOERR: {
      const int system = sqlite3_system_errno(handle_);
      if (system == EFBIG)
        return place +
               " cannot grow: files may not be larger here; raise the limit (ulimit -f) and try again";
      if (system == ENOSPC || system == EDQUOT)
        return place + " cannot grow: there is no room on the disk; make room and try again";
      return place +
             " cannot be read or written: " + (system ? std::strerror(system) : sqlite3_errmsg(handle_));
    }
    default: return place + ": " + sqlite3_errmsg(handle_);
  }
}

std::string state_folder() {
  if (const std::string folder = variable("CHAIN_STATE_DIR"); !folder.empty()) {
    std::error_code error;
    const std::filesystem::path whole = std::filesystem::absolute(folder, error);
    return error ? folder : whole.string();
  }
  if (const std::string state = variable("XDG_STATE_HOME"); state.starts_with('/')) return state + "/chain";
  const std::string home = variable("HOME");
  return home.empty() ? std::string() : home + "/.local/state/chain";
}

}  // namespace chain::store
