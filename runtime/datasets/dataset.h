// Datasets: the records of a file, or the rows of a query, as values of a declared type, one at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/documents/load.h"
#include "runtime/program/program.h"
#include "runtime/value/constraint.h"

namespace chain::datasets {

struct FromFile {
  documents::Records form = documents::Records::Jsonl;
  std::string file;  // under the project's folder
};

struct FromQuery {
  documents::Engine engine = documents::Engine::Sqlite;
  std::string where;  // a file under the project's folder, or a connection string, which may be a secret
  std::string query;
};

using Source = std::variant<FromFile, FromQuery>;

/// What a `dataset` declaration reads. Nothing, and `error` as a sentence, if a secret that it needs is not
/// set.
[[nodiscard]] std::optional<Source> source_of(const program::Resource& dataset, std::string& error);

/// The type of a dataset's values: the program knows the list of them by the dataset's name. Nothing if
/// `dataset` is none.
[[nodiscard]] std::optional<program::TypeId> element_of(const program::Program& program,
                                                        const program::Resource& dataset);

struct Surroundings {
  const access::ProjectFiles* files = nullptr;   // not null
  std::shared_ptr<const access::Policy> access;  // where a query may go
  const std::atomic<bool>* stop = nullptr;       // set: end soon
  uint64_t most_file = uint64_t{256} << 20;  // bytes of a file of JSON or CSV; one of JSONL may have any size
  uint64_t most_record = uint64_t{16} << 20;  // bytes of one record
  uint64_t most_rows = uint64_t{8} << 30;     // bytes of all rows of a query, which are kept in a file
  value::ConstraintCheck* check = nullptr;    // of `where`s; null: they are not looked at
};

/// A value, or what is wrong with it.
struct Record {
  uint64_t number = 0;  // from 1, those that are wrong too
  uint64_t line = 0;    // where it begins in its file; of rows, `number`
  std::string json;     // the value on one line, laid out as its type says: equal values are equal texts
  std::string problem;  // a sentence that names the field; empty if it is a value
  /// Keys or columns that the type does not have, each told once, where it first stands; they are dropped.
  std::string unknown;
};

/// Reads one record after the other. Of JSONL no more than a record is held. A file of JSON or CSV is read
/// once, and the rows of a query asked for once, into a file without a name, from which they come.
class Reader {
 public:
  virtual ~Reader() = default;
  /// False at the end: `error` is empty if that is the end of the dataset, else a sentence.
  [[nodiscard]] virtual bool next(Record& record, std::string& error) = 0;
};

/// The values of `source` as `element`, which is what the declaration says that it holds. A field is found by
/// its name or alias. Of CSV and rows, cells are read as their columns' types say: numbers, booleans, lists
/// and records as JSON, all else as text; an empty cell of CSV is none where the type has that. If `element`
/// is no record and no map, there is one column. Null, and `error`, if the source cannot be had. `types` and
/// what `around` points at outlive the reader.
[[nodiscard]] std::unique_ptr<Reader> open(const Source& source, const program::TypeTable& types,
                                           program::TypeId element, const Surroundings& around,
                                           std::string& error);

/// SHA-256, in hex, of all records in their order, as JSON in canonical form before their type is laid over
/// them: layout, the order of keys and empty lines do not count. Of CSV and rows, cells are texts. Wrong JSON
/// counts as it stands. Nothing, and `error`, as `open`.
[[nodiscard]] std::optional<std::string> content_hash(const Source& source, const Surroundings& around,
                                                      std::string& error);

}  // namespace chain::datasets
