// One SQLite file: opened, asked and written to. SQLite's own types stay in database.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace chain::store {

/// How much of what was committed a power cut may take. A killed process loses nothing either way.
enum class Durability : uint8_t {
  Normal,  // the last transactions
  Full,    // nothing: each commit waits for the disk
};

/// A prepared statement. Parameters are bound in order, columns read by place, from 0.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  Statement& bind(int64_t value);
  Statement& bind(std::string_view text);  // copied by `step` at the latest
  Statement& bind_blob(std::string_view bytes);
  Statement& bind_null();
  /// For functions of ours; `type` is a literal. Until the statement ends.
  Statement& bind_pointer(void* pointer, const char* type);
  /// True for a row. False at the end, which makes the statement ready for other parameters, and if it
  /// failed: `failed` tells.
  [[nodiscard]] bool next();
  /// Carries out a statement that gives no rows. False if that failed.
  [[nodiscard]] bool run();
  [[nodiscard]] bool failed() const { return failed_; }
  void reset();

  [[nodiscard]] int64_t integer(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  /// Until the next call of `next` or `reset`.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::string_view blob(int column) const;

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  bool failed_ = false;
};

class Database {
 public:
  /// Opens or makes the file, mode 0600, in a folder that is made with mode 0700, and brings its tables to
  /// `schema`, whose number is `version`. Null and `error`, one sentence with the way out, if that cannot be
  /// done; `damaged`, unless null, says whether that is because of what the file holds, and
  /// `unwritable` whether for want of rights or room. `upgrade` brings tables of the version before to this
  /// one; empty if nothing does.
  [[nodiscard]] static std::unique_ptr<Database> open(const std::string& path, std::string_view schema,
                                                      int version, Durability durability, std::string& error,
                                                      bool* damaged = nullptr, std::string_view upgrade = {},
                                                      bool* unwritable = nullptr);
  /// Only for reading, and without a file of its own beside it: in a folder that is read-only, of somebody
  /// else, or on a full disk. The file must be there, with tables of `version`. Nothing may write to it
  /// meanwhile, unless its log is there, and readable. Null and `error` likewise.
  [[nodiscard]] static std::unique_ptr<Database> open_for_reading(const std::string& path, int version,
                                                                  std::string& error);
  /// The one if it can be had, else the other of a file that is there: `open`, with Durability::Normal, and
  /// `open_for_reading`. Null, and `error` of the first, if neither can.
  [[nodiscard]] static std::unique_ptr<Database> open_or_read(const std::string& path,
                                                              std::string_view schema, int version,
                                                              std::string& error,
                                                              std::string_view upgrade = {});
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// The last one to close a file moves its log into it, and waits for the disk twice. This one does not,
  /// while the log is short: who opens the file next reads it.
  void leave_log() { leaves_log_ = true; }
  /// `sql` must be right.
  [[nodiscard]] Statement prepare(std::string_view sql);
  /// Statements without parameters or rows. False if one failed.
  [[nodiscard]] bool run(const char* sql);
  /// Rows that the last statement changed.
  [[nodiscard]] int64_t changed() const;
  [[nodiscard]] int64_t last_row() const;
  /// Why the last call failed, and what to do about it.
  [[nodiscard]] std::string why() const;
  /// Whether the last call failed because of what the file holds.
  [[nodiscard]] bool damaged() const;
  /// Whether it was because nothing can be written: no rights, or no room.
  [[nodiscard]] bool unwritable() const;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool only_reads() const { return only_reads_; }
  /// For what SQLite is taught in other files of this room.
  [[nodiscard]] sqlite3* handle() const { return handle_; }

 private:
  explicit Database(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] bool bring_to(std::string_view schema, int version, std::string_view upgrade,
                              std::string& error);

  std::string path_;
  sqlite3* handle_ = nullptr;
  bool leaves_log_ = false;
  bool only_reads_ = false;
};

/// The folder of what the user's runs leave: $CHAIN_STATE_DIR, else $XDG_STATE_HOME/chain, else
/// ~/.local/state/chain. Empty if there is no place for it.
[[nodiscard]] std::string state_folder();

}  // namespace chain::store
