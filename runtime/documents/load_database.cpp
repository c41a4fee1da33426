#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <cstring>

#include "runtime/access/policy.h"
#include "runtime/access/project_files.h"
#include "runtime/documents/decode.h"
#include "runtime/documents/load.h"
#include "runtime/documents/reading.h"
#include "runtime/documents/records.h"
#include "runtime/store/foreign_rows.h"
#include "runtime/value/digest.h"
#include "runtime/value/utf8.h"

namespace chain::documents {
namespace {

constexpr uint64_t kProgressEvery = 100;

/// The rows of a query as documents.
class RowLoader {
 public:
  RowLoader(const FromDatabase& from, const Surroundings& around, Sink& sink, std::string source)
      : from_(from), around_(around), sink_(sink), source_(std::move(source)), skipped_(sink, source_) {}

  bool row(const std::vector<std::string>& names, const std::vector<std::optional<std::string>>& values) {
    if (around_.stop != nullptr && *around_.stop) return false;
    ++number_;
    std::vector<Field> fields;
    uint64_t size = 0;
    for (size_t i = 0; i < names.size(); ++i) {
      if (!values[i]) continue;
      size += values[i]->size();
      fields.push_back({.name = names[i], .text = clean(*values[i]), .origins = {}});
    }
    if (number_ % kProgressEvery == 0) sink_.progress(number_, 0);
    if (size > around_.limits.record) {
      skipped_.add(number_, "it has " + std::to_string(size) + " bytes; the limit is " +
                                std::to_string(around_.limits.record));
      return true;
    }
    std::string error;
    auto document =
        document_of(fields, from_.fields, {.source = source_, .number = std::to_string(number_)}, error);
    if (!document) {
      skipped_.add(number_, error);
      return true;
    }
    const std::string digest = digest_of(fields);
    // A row is what a citation names: the database alone would be too much.
    if (document->source == source_) document->source = named(document->id);
    if (!sink_.known(document->source, digest)) sink_.document(*std::move(document), digest);
    return true;
  }
  [[nodiscard]] uint64_t rows() const { return number_; }

 private:
  [[nodiscard]] std::string named(const std::string& id) const {
    return id.starts_with(source_ + '#') ? id : source_ + '#' + id;
  }
  /// A column may hold bytes that are no text.
  static std::string clean(const std::string& value) {
    if (value::find_invalid_utf8(value) == std::string_view::npos && value.find('\0') == std::string::npos)
      return value;
    Decoded decoded;
    std::string error;
    return decode(value, "UTF-8", value.size() * 3, decoded, error) ? decoded.text : std::string();
  }
  static std::string digest_of(const std::vector<Field>& fields) {
    std::string all;
    for (const Field& field : fields) {
      for (const std::string* part : {&field.name, &field.text})
        all += std::to_string(part->size()) + ':' + *part;
    }
    return value::hex(value::sha256(all));
  }

  const FromDatabase& from_;
  const Surroundings& around_;
  Sink& sink_;
  std::string source_;
  SkippedRecords skipped_;
  uint64_t number_ = 0;
};

}  // namespace

std::string real_path(const access::ProjectFiles* files, const std::string& where, std::string& error) {
  if (files == nullptr || !files->open()) return error = "the project's folder cannot be read", "";
  Reading reading;
  uint64_t size = 0;
  const access::File file = open_file(*files, where, reading, size);
  if (!file.open()) return error = "`" + where + "` cannot be read: " + reading.why, "";
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(file.descriptor());
  const ssize_t length = readlink(link.c_str(), path, sizeof path);
  if (length <= 0) return error = "`" + where + "` cannot be found: /proc is not mounted", "";
  return {path, static_cast<size_t>(length)};
}

bool may_ask(const store::PostgresPlace& place, const access::Policy* policy, std::string& error) {
  for (const std::string& host : place.hosts) {
    const program::Capability capability{
        .kind = program::CapabilityKind::Host, .value = host, .user = {}, .model = {}};
    if (policy == nullptr || !policy->denies(capability)) continue;
    error = "`" + host + "` is a host that may not be asked";
    return false;
  }
  return true;
}

bool load(const FromDatabase& from, const Surroundings& around, Sink& sink, std::string& error) {
  const store::QueryLimits limits{.value = around.limits.record, .stop = around.stop};
  bool connected = false, good = false;
  std::string why;
  if (from.engine == Engine::Sqlite) {
    const std::string path = real_path(around.files, from.where, error);
    if (path.empty()) return false;
    RowLoader loader(from, around, sink, from.where);
    good = store::read_sqlite(
        path, from.query, limits,
        [&](const auto& names, const auto& values) { return loader.row(names, values); }, why, connected);
    sink.progress(loader.rows(), loader.rows());
    if (!good) error = "`" + from.where + "`: " + why;
  } else {
    const auto place = store::postgres_place(from.where, error);
    if (!place || !may_ask(*place, around.access.get(), error)) return false;
    const std::string source = "postgres:" + place->database;
    RowLoader loader(from, around, sink, source);
    good = store::read_postgres(
        from.where, from.query, limits,
        [&](const auto& names, const auto& values) { return loader.row(names, values); }, why, connected);
    sink.progress(loader.rows(), loader.rows());
    if (!good) error = "`" + source + "`: " + why;
  }
  return good;
}

}  // namespace chain::documents
