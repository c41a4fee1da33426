#include "runtime/datasets/spool.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "runtime/access/policy.h"
#include "runtime/access/project_files.h"
#include "runtime/documents/jsonl.h"
#include "runtime/documents/reading.h"
#include "runtime/documents/records.h"
#include "runtime/store/foreign_rows.h"
#include "runtime/value/characters.h"
#include "runtime/value/json.h"

namespace chain::datasets {
namespace {

bool is_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

std::string utf16_error(const std::string& file) {
  return "`" + file + "` is UTF-16, and a dataset is UTF-8: `iconv -f UTF-16 -t UTF-8` makes it so";
}

bool stopped(const Surroundings& around) {
  return around.stop != nullptr && *around.stop;
}

/// A file of JSONL, line by line.
class JsonlReader final : public RawReader {
 public:
  JsonlReader(access::File file, std::string name, const Surroundings& around)
      : file_(std::move(file)),
        name_(std::move(name)),
        around_(around),
        lines_(file_.descriptor(), around.most_record) {}

  bool next(RawRecord& record, std::string& error) override {
    while (!stopped(around_) && lines_.next(line_)) {
      if (line_.number == 1 && is_utf16(line_.text)) return error = utf16_error(name_), false;
      if (line_.number == 1 && line_.text.starts_with("\xEF\xBB\xBF")) line_.text.remove_prefix(3);
      record = {.line = line_.number, .json = value::trimmed(line_.text), .problem = line_.why};
      if (!record.json.empty() || !record.problem.empty()) return true;
    }
    if (lines_.error() != 0)
      error = "`" + name_ + "` cannot be read to its end: " + std::strerror(lines_.error());
    return false;
  }

 private:
  access::File file_;
  std::string name_;
  const Surroundings around_;
  documents::LineReader lines_;
  documents::Line line_;
};

/// Records that were all written down before the first is read, in a file that has no name: "12 ={...}", and
/// "13 !what is wrong".
class Spool final : public RawReader {
 public:
  Spool() : file_(std::tmpfile()) {}
  ~Spool() override {
    if (file_ != nullptr) std::fclose(file_);
  }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// False if there is no more room.
  bool add(uint64_t line, char kind, std::string_view text) {
    if (file_ == nullptr) return false;
    const std::string head = std::to_string(line) + ' ' + kind;
    written_ += head.size() + text.size() + 1;
    std::fwrite(head.data(), 1, head.size(), file_);
    std::fwrite(text.data(), 1, text.size(), file_);
    return std::fputc('\n', file_) != EOF && std::ferror(file_) == 0;
  }
  bool add(uint64_t line, const std::optional<std::string>& json, std::string problem) {
    if (json) return add(line, '=', *json);
    std::ranges::replace(problem, '\n', ' ');
    return add(line, '!', problem);
  }
  [[nodiscard]] uint64_t written() const { return written_; }
  /// Whether all could be written; then it can be read.
  bool finish(std::string& error) {
    if (file_ != nullptr && std::fflush(file_) == 0 && std::ferror(file_) == 0) {
      ::lseek(fileno(file_), 0, SEEK_SET);
      lines_.emplace(fileno(file_), UINT64_MAX);
      return true;
    }
    error = std::string("the records cannot be written to a temporary file: ") + std::strerror(errno);
    return false;
  }

  bool next(RawRecord& record, std::string& error) override {
    if (!lines_ || !lines_->next(line_)) {
      if (lines_ && lines_->error() != 0) error = std::strerror(lines_->error());
      return false;
    }
    const size_t blank = std::min(line_.text.find(' '), line_.text.size());
    record = {};
    std::from_chars(line_.text.data(), line_.text.data() + blank, record.line);
    const std::string_view rest = line_.text.substr(std::min(blank + 2, line_.text.size()));
    if (line_.text.substr(blank).starts_with(" !"))
      record.problem = rest;
    else
      record.json = rest;
    return true;
  }

 private:
  std::FILE* file_;
  uint64_t written_ = 0;
  std::optional<documents::LineReader> lines_;
  documents::Line line_;
};

bool spool_json(std::string_view text, const std::string& file, const Surroundings& around, Spool& spool,
                std::string& error) {
  std::string message;
  const auto items = value::json_items(text, message, {.bytes = around.most_file});
  if (!items) return error = "`" + file + "` is no JSON list: " + message, false;
  uint64_t line = 1;
  const char* at = text.data();
  for (const std::string_view item : *items) {
    line += static_cast<uint64_t>(std::count(at, item.data(), '\n'));
    at = item.data();
    std::optional<std::string> json(item);
    for (char& c : *json)
      if (c == '\n' || c == '\r') c = ' ';  // between tokens: none stand in texts
    const bool long_one = item.size() > around.most_record;
    const std::string problem = "it has more than " + std::to_string(around.most_record) + " bytes";
    if (!spool.add(line, long_one ? std::nullopt : std::move(json), problem)) break;
  }
  return true;
}

void spool_csv(std::string_view text, const RowType& type, const Surroundings& around, Spool& spool) {
  documents::CsvReader rows(text, around.most_record);
  std::vector<documents::Field> fields;
  std::vector<Cell> cells;
  std::string problem;
  for (auto next = rows.next(fields, problem); next != documents::CsvReader::Next::End;
       next = rows.next(fields, problem)) {
    std::optional<std::string> json;
    if (next == documents::CsvReader::Next::Record) {
      cells.clear();
      for (const documents::Field& field : fields) cells.push_back({field.name, field.text});
      json = json_of_row(type, cells, Empty::None, problem);
    }
    if (!spool.add(rows.line(), json, problem) || stopped(around)) return;
  }
}

bool spool_rows(const FromQuery& from, const RowType& type, const Surroundings& around, Spool& spool,
                std::string& error) {
  const store::QueryLimits limits{.value = around.most_record, .stop = around.stop};
  std::vector<Cell> cells;
  uint64_t number = 0;
  bool too_much = false;
  const auto row = [&](const std::vector<std::string>& names,
                       const std::vector<std::optional<std::string>>& values) {
    cells.clear();
    for (size_t i = 0; i < names.size(); ++i)
      cells.push_back({names[i], values[i] ? std::optional<std::string_view>(*values[i]) : std::nullopt});
    std::string problem;
    const auto json = json_of_row(type, cells, Empty::Text, problem);
    too_much = spool.written() > around.most_rows;
    return !too_much && spool.add(++number, json, problem);
  };
  std::string why, name = from.where;
  bool connected = false, good = false;
  if (from.engine == documents::Engine::Sqlite) {
    const std::string path = documents::real_path(around.files, from.where, error);
    if (path.empty()) return false;
    good = store::read_sqlite(path, from.query, limits, row, why, connected);
  } else {
    const auto place = store::postgres_place(from.where, error);
    if (!place || !documents::may_ask(*place, around.access.get(), error)) return false;
    name = "postgres:" + place->database;
    good = store::read_postgres(from.where, from.query, limits, row, why, connected);
  }
  if (too_much) good = false, why = "the rows have more than " + std::to_string(around.most_rows) + " bytes";
  if (!good) error = "`" + name + "`: " + why;
  return good;
}

bool spool_file(const FromFile& from, const RowType& type, const Surroundings& around, Spool& spool,
                std::string& error) {
  const documents::Reading reading = documents::read_file(*around.files, from.file, around.most_file);
  if (!reading.why.empty()) return error = "`" + from.file + "` cannot be read: " + reading.why, false;
  std::string_view text = reading.bytes;
  if (is_utf16(text)) return error = utf16_error(from.file), false;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (from.form == documents::Records::Json) return spool_json(text, from.file, around, spool, error);
  spool_csv(text, type, around, spool);
  return true;
}

}  // namespace

std::unique_ptr<RawReader> open_raw(const Source& source, const RowType& type, const Surroundings& around,
                                    std::string& error) {
  if (around.files == nullptr || !around.files->open())
    return error = "the project's folder cannot be read", nullptr;
  const auto* from = std::get_if<FromFile>(&source);
  if (from != nullptr && from->form == documents::Records::Jsonl) {
    documents::Reading reading;
    uint64_t size = 0;
    access::File file = documents::open_file(*around.files, from->file, reading, size);
    if (!file.open()) return error = "`" + from->file + "` cannot be read: " + reading.why, nullptr;
    return std::make_unique<JsonlReader>(std::move(file), from->file, around);
  }
  auto spool = std::make_unique<Spool>();
  const bool good = from != nullptr ? spool_file(*from, type, around, *spool, error)
                                    : spool_rows(std::get<FromQuery>(source), type, around, *spool, error);
  if (!good || !spool->finish(error)) return nullptr;
  return spool;
}

}  // namespace chain::datasets
