// Reading documents: files of a project by patterns, records of files, pages of the web, rows of databases.
// What cannot be read is reported and skipped; nothing is fatal but a source that gives nothing at all.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/documents/document.h"

namespace chain::access {
class ProjectFiles;
struct Policy;
}  // namespace chain::access

namespace chain::documents {

struct FromFiles {
  std::vector<std::string> patterns;  // "docs/**/*.md", under the project's folder
  std::vector<std::string> except;    // patterns of what is left out
};

enum class Records : uint8_t { Jsonl, Json, Csv };

/// Which fields make a document. A field may be a path: "body.text".
struct RecordFields {
  std::string id;                 // empty for the record's place
  std::vector<std::string> text;  // joined by an empty line; empty for the whole record
  std::string title;
  std::string source;             // empty for the file and the record's place
  std::vector<std::string> meta;  // empty for all scalars that are not id, text, title or source
};

struct FromRecords {
  Records form = Records::Jsonl;
  std::string file;  // under the project's folder
  RecordFields fields;
};

struct FromWeb {
  std::vector<std::string> urls;
};

enum class Engine : uint8_t { Sqlite, Postgres };

struct FromDatabase {
  Engine engine = Engine::Sqlite;
  std::string where;  // a file under the project's folder, or a connection string; the latter may be a secret
  std::string query;
  RecordFields fields;
};

/// What becomes of a build: documents one after the other, and what could not be read.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Whether the document of these bytes (SHA-256, hex) is there already, and not to be read any further. It
  /// counts as seen.
  virtual bool known(std::string_view source, std::string_view digest) = 0;
  /// `digest` is what `known` was asked with: of the file that the document comes from.
  virtual void document(Document document, std::string_view digest) = 0;
  /// One sentence with the way out, and whether something that was there before may stay: a server that is
  /// down does not mean that its pages are gone. A source that ends with `/` is a folder, with all that is in
  /// it.
  virtual void skipped(std::string source, std::string why, bool keep) = 0;
  /// It was read, but something in it is not as it should be: one sentence.
  virtual void noted(std::string /*source*/, std::string /*what*/) {}
  /// The source was looked at and has no document at all, of which `load` says why: what there was goes.
  virtual void empty() {}
  /// Of `total` files or records (0 if unknown) `done` are read.
  virtual void progress(uint64_t done, uint64_t total) = 0;
};

struct Limits {
  uint64_t file = uint64_t{256} << 20;   // bytes of one file; larger ones are skipped
  uint64_t record = uint64_t{16} << 20;  // bytes of one line of JSONL, one row of CSV
  uint64_t text = uint64_t{64} << 20;    // bytes of one document's text
  uint64_t image = uint64_t{20} << 20;   // bytes of one image
  int64_t convert = 60'000'000'000;      // nanoseconds for one PDF
};

struct Surroundings {
  const access::ProjectFiles* files = nullptr;
  std::shared_ptr<const access::Policy> access;  // where requests may go
  const std::atomic<bool>* stop = nullptr;       // set: end soon
  bool images = false;                           // are documents too; else they are skipped
  Limits limits;
};

// Each blocks until its end; false and `error` if the source as a whole cannot be had (no file matches, no
// such database, a query that is wrong).
[[nodiscard]] bool load(const FromFiles& from, const Surroundings& around, Sink& sink, std::string& error);
[[nodiscard]] bool load(const FromRecords& from, const Surroundings& around, Sink& sink, std::string& error);
[[nodiscard]] bool load(const FromWeb& from, const Surroundings& around, Sink& sink, std::string& error);
[[nodiscard]] bool load(const FromDatabase& from, const Surroundings& around, Sink& sink, std::string& error);

}  // namespace chain::documents
