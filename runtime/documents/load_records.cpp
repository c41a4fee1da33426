#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/access/project_files.h"
#include "runtime/documents/convert.h"
#include "runtime/documents/decode.h"
#include "runtime/documents/jsonl.h"
#include "runtime/documents/load.h"
#include "runtime/documents/reading.h"
#include "runtime/documents/records.h"
#include "runtime/value/characters.h"
#include "runtime/value/digest.h"

namespace chain::documents {
namespace {

constexpr uint64_t kProgressEvery = 100;

/// The digest of a file, which is read for it from its beginning to its end.
std::string digest_of(int descriptor, const std::atomic<bool>* stop) {
  std::string buffer(size_t{256} << 10, '\0');
  const std::string digest = value::sha256([&]() -> std::string_view {
    if (stop != nullptr && *stop) return {};
    ssize_t size = 0;
    do { size = read(descriptor, buffer.data(), buffer.size()); } while (size < 0 && errno == EINTR);
    return std::string_view(buffer).substr(0, size > 0 ? static_cast<size_t>(size) : 0);
  });
  lseek(descriptor, 0, SEEK_SET);
  return value::hex(digest);
}

/// Reads one line after the other, so that a file may have any size.
class JsonlLoader {
 public:
  JsonlLoader(const FromRecords& from, const Surroundings& around, Sink& sink)
      : from_(from), around_(around), sink_(sink), skipped_(sink, from.file) {}

  bool run(int descriptor, std::string& error) {
    digest_ = digest_of(descriptor, around_.stop);
    if (sink_.known(from_.file, digest_)) return true;
    LineReader reader(descriptor, around_.limits.record);
    Line line;
    while (reader.next(line)) {
      if (around_.stop != nullptr && *around_.stop) return true;
      if (line.number == 1 && is_utf16(line.text)) {
        error = "`" + from_.file + "` is UTF-16, and JSONL is UTF-8: `iconv -f UTF-16 -t UTF-8` makes it so";
        return false;
      }
      if (line.number == 1 && line.text.starts_with("\xEF\xBB\xBF")) {
        line.text.remove_prefix(3);
        line.begin += 3;
      }
      record(line);
      if (line.number % kProgressEvery == 0) sink_.progress(line.number, 0);
      last_ = line.number;
    }
    sink_.progress(last_, last_);
    if (reader.error() == 0) return true;
    error = "`" + from_.file + "` cannot be read to its end: " + std::strerror(reader.error());
    return false;
  }

 private:
  static bool is_utf16(std::string_view line) {
    return line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF");
  }
  void record(const Line& line) {
    if (!line.why.empty()) return skipped_.add(line.number, line.why);
    if (value::trimmed(line.text).empty()) return;
    Decoded decoded;
    std::string error;
    if (!decode(line.text, "UTF-8", around_.limits.text, decoded, error))
      return skipped_.add(line.number, error);
    if (decoded.replaced > 0)
      skipped_.note(line.number, "it is no UTF-8 at byte " +
                                     std::to_string(line.begin + decoded.first_replaced) +
                                     ": U+FFFD stands there");
    const bool plain = decoded.origins.empty();
    const auto fields = fields_of_json(decoded.text, plain ? line.begin : 0, error);
    if (!fields) return skipped_.add(line.number, error);
    auto document = document_of(
        *fields, from_.fields,
        {.source = from_.file, .number = std::to_string(line.number), .line = line.number}, error);
    if (!document) return skipped_.add(line.number, error);
    if (!plain) {
      for (Origin& origin : decoded.origins) origin.source += line.begin;
      document->origins = compose(document->origins, document->text.size(), decoded.origins);
    }
    sink_.document(*std::move(document), digest_);
  }

  const FromRecords& from_;
  const Surroundings& around_;
  Sink& sink_;
  SkippedRecords skipped_;
  std::string digest_;
  uint64_t last_ = 0;
};

bool cannot_read(const std::string& file, const std::string& why, std::string& error) {
  error = "`" + file + "` cannot be read: " + why;
  return false;
}

}  // namespace

bool load(const FromRecords& from, const Surroundings& around, Sink& sink, std::string& error) {
  if (around.files == nullptr || !around.files->open())
    return error = "the project's folder cannot be read", false;
  if (from.form == Records::Jsonl) {
    Reading reading;
    uint64_t size = 0;
    const access::File file = open_file(*around.files, from.file, reading, size);
    if (!file.open()) return cannot_read(from.file, reading.why, error);
    return JsonlLoader(from, around, sink).run(file.descriptor(), error);
  }
  const Reading reading = read_file(*around.files, from.file, around.limits.file);
  if (!reading.why.empty()) return cannot_read(from.file, reading.why, error);
  const std::string digest = value::hex(value::sha256(reading.bytes));
  if (sink.known(from.file, digest)) return true;
  const Kind kind = from.form == Records::Json ? Kind::Json : Kind::Csv;
  convert({.source = from.file, .bytes = reading.bytes, .digest = digest, .kind = kind, .charset = {}},
          from.fields, around, sink);
  sink.progress(1, 1);
  return true;
}

}  // namespace chain::documents
