// Records as documents: which of their fields are what. For runtime/documents and runtime/datasets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/documents/document.h"
#include "runtime/documents/load.h"

namespace chain::documents {

/// A value of a record. Those of nested objects have the names of both: "body.text".
struct Field {
  std::string name;
  std::string text;
  std::vector<Origin> origins;  // of `text` in what the record was read from
};

/// Where a record stands.
struct RecordPlace {
  std::string source;  // of the file, or the database
  std::string number;  // within it: "3"
  uint64_t line = 0;
};

/// Nothing, and `error` as a sentence, if it has no text, or not the fields that are asked for.
[[nodiscard]] std::optional<Document> document_of(const std::vector<Field>& record,
                                                  const RecordFields& fields, const RecordPlace& place,
                                                  std::string& error);

/// The values of a JSON object in their order, those of nested ones too; lists of scalars are joined. Any
/// other JSON is one value without a name. `base` is where `json` begins in what it was read from. Nothing,
/// and `error`, if it is no JSON, or has too many values.
[[nodiscard]] std::optional<std::vector<Field>> fields_of_json(std::string_view json, uint64_t base,
                                                               std::string& error);

/// The records of CSV (RFC 4180), the first of which names the columns. The separator is a comma, or what
/// the first line has more of: a semicolon, a tabulator.
class CsvReader {
 public:
  CsvReader(std::string_view text, uint64_t most_record);

  enum class Next : uint8_t { Record, Bad, End };
  /// `error` says why a record is bad; reading goes on behind it.
  [[nodiscard]] Next next(std::vector<Field>& record, std::string& error);
  /// Of the last record, from 1.
  [[nodiscard]] uint64_t line() const { return line_; }
  /// How many columns the last record lacks, which are as if they were empty.
  [[nodiscard]] size_t missing() const { return missing_; }
  [[nodiscard]] size_t columns() const { return names_.size(); }

 private:
  bool read_row(std::vector<Field>& row, std::string& error);
  Field read_field();
  void pass_line_end();

  std::string_view text_;
  uint64_t most_record_;
  char separator_ = ',';
  size_t at_ = 0;
  uint64_t line_ = 1, next_line_ = 1;
  size_t missing_ = 0;
  bool open_quote_ = false;  // the text ended within one
  std::vector<std::string> names_;
};

/// Tells of records that are skipped: the first ones one by one, the others by their number.
class SkippedRecords {
 public:
  SkippedRecords(Sink& sink, std::string source) : sink_(sink), source_(std::move(source)) {}
  ~SkippedRecords();
  SkippedRecords(const SkippedRecords&) = delete;
  SkippedRecords& operator=(const SkippedRecords&) = delete;
  void add(uint64_t line, const std::string& why);
  /// It is read all the same.
  void note(uint64_t line, const std::string& what);

 private:
  Sink& sink_;
  std::string source_;
  uint64_t count_ = 0, noted_ = 0;
};

/// Where a text taken out of a decoded one stands in the source of that.
[[nodiscard]] std::vector<Origin> compose(const std::vector<Origin>& inner, uint64_t size,
                                          const std::vector<Origin>& outer);

}  // namespace chain::documents
