#include "runtime/retrieve/stamp.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>
#include <variant>
#include <vector>

#include "runtime/access/project_files.h"
#include "runtime/documents/walk.h"
#include "runtime/sched/ambient.h"
#include "runtime/value/digest.h"

namespace chain::retrieve {
namespace {

/// Times of files step as clock ticks do: what was written this lately may be written again unseen.
constexpr int64_t kTick = 50'000'000;  // nanoseconds

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Empty if it cannot be trusted.
std::string stamp_of_file(const access::ProjectFiles& files, const std::string& path, int64_t now) {
  const access::Opened opened = files.open(path, O_PATH);
  struct stat info{};
  if (!opened.file.open() || fstat(opened.file.descriptor(), &info) != 0)
    return path + " error " + std::to_string(opened.error) + '\n';
  const int64_t changed = nanoseconds(info.st_ctim), written = nanoseconds(info.st_mtim);
  if (changed > now - kTick) return {};
  return path + ' ' + std::to_string(info.st_dev) + ' ' + std::to_string(info.st_ino) + ' ' +
         std::to_string(info.st_size) + ' ' + std::to_string(written) + ' ' + std::to_string(changed) + '\n';
}

/// The files that the documents are in; nothing if they are in none.
std::optional<std::vector<std::string>> files_of(const Source& source,
                                                 const documents::Surroundings& around) {
  if (const auto* records = std::get_if<documents::FromRecords>(&source)) return {{records->file}};
  if (const auto* from = std::get_if<documents::FromFiles>(&source))
    return documents::walk(*around.files, from->patterns, from->except, around.stop).files;
  const auto* database = std::get_if<documents::FromDatabase>(&source);
  if (!database || database->engine != documents::Engine::Sqlite) return std::nullopt;
  return {{database->where, database->where + "-wal"}};
}

}  // namespace

std::string stamp_of(const IndexSettings& settings, const documents::Surroundings& around) {
  if (!around.files) return {};
  const auto paths = files_of(settings.source, around);
  if (!paths) return {};
  const int64_t now = sched::wall_clock();
  std::string all;
  for (const std::string& path : *paths) {
    const std::string stamp = stamp_of_file(*around.files, path, now);
    if (stamp.empty()) return {};
    all += stamp;
  }
  return value::hex(value::sha256(all));
}

bool is_of_files(const IndexSettings& settings) {
  if (std::holds_alternative<documents::FromWeb>(settings.source)) return false;
  const auto* database = std::get_if<documents::FromDatabase>(&settings.source);
  return !database || database->engine == documents::Engine::Sqlite;
}

}  // namespace chain::retrieve
