#include "cli/cassette_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "cli/output.h"
#include "cli/terminal.h"

namespace chain::cli {
namespace {

constexpr size_t kMostBytes = size_t{256} << 20;
constexpr size_t kShownMisses = 3;

/// Where the file really is: a link to it stays one.
std::string resolved(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, error);
  return error ? path : real.string();
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// 0, or an errno.
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

/// Puts a new file in the place of the one at `path`, with its mode. 0, or an errno.
int replace_file(const std::string& path, std::string_view text) {
  struct stat before{};
  const mode_t mode = stat(path.c_str(), &before) == 0 ? before.st_mode & 0777 : 0666;
  const std::string fresh = path + '.' + std::to_string(getpid());
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (file < 0) return errno;
  int error = write_all(file, text);
  if (error == 0 && fsync(file) != 0) error = errno;
  ::close(file);
  if (error == 0 && rename(fresh.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) unlink(fresh.c_str());
  return error;
}

std::string cannot_write(const std::string& path, int error) {
  return fmt::format("the cassette `{}` cannot be written: {}", path, std::strerror(error));
}

}  // namespace

void declare_cassette(CLI::App& app, CassetteSettings& settings) {
  auto* record = app.add_option("--record", settings.record,
                                "write each call of a model and its answer to this file, for --replay")
                     ->option_text("CASSETTE.jsonl");
  app.add_option("--replay", settings.replay, "call no model: answer from a file that --record wrote")
      ->option_text("CASSETTE.jsonl")
      ->excludes(record);
}

std::unique_ptr<CassetteFile> CassetteFile::open(const CassetteSettings& settings, std::string& error) {
  auto file = std::make_unique<CassetteFile>();
  file->replays_ = !settings.replay.empty();
  file->path_ = file->replays_ ? settings.replay : settings.record;
  struct stat info{};
  const bool there = stat(file->path_.c_str(), &info) == 0;
  if (there && !S_ISREG(info.st_mode)) {
    error = fmt::format("the cassette `{}` is {}, not a file", file->path_,
                        S_ISDIR(info.st_mode) ? "a folder" : "a device or a pipe");
    return nullptr;
  }
  if (there || file->replays_) {
    const auto text = read_file(file->path_, error, kMostBytes);
    auto cassette = text ? model::Cassette::read(*text, file->path_, error) : std::nullopt;
    if (!cassette) {
      if (!there) error += "; `--record` makes it";
      return nullptr;
    }
    file->before_ = *text;
    file->cassette_ = *std::move(cassette);
  }
  if (!file->replays_ && ::access(folder_of(resolved(file->path_)).c_str(), W_OK) != 0) {
    error = cannot_write(file->path_, errno);
    return nullptr;
  }
  return file;
}

bool CassetteFile::missed(uint64_t row) const {
  return std::ranges::any_of(misses_, [&](const model::CassetteMiss& miss) { return miss.row == row; });
}

bool CassetteFile::say_missed() const {
  for (size_t i = 0; i < misses_.size() && i < kShownMisses; ++i) {
    const model::CassetteMiss& miss = misses_[i];
    const std::string row = miss.row != 0 ? fmt::format("row {}, ", miss.row) : std::string();
    say_error(
        fmt::format("`{}` holds no answer to {}{}, a call of `{}`", path_, row, miss.step, miss.prompt));
    say(printable(miss.why));
  }
  if (misses_.size() > kShownMisses)
    say(fmt::format("and {} more calls that it does not hold\n", misses_.size() - kShownMisses));
  if (!misses_.empty())
    say(printable(fmt::format(
        "the same command with `--record {0}` in place of `--replay {0}` asks the models and adds "
        "what is missing\n",
        path_)));
  return !misses_.empty();
}

bool CassetteFile::save() const {
  if (replays_) return true;
  if (cassette_.text() == before_) return true;
  const std::string path = resolved(path_);
  // Others that record into the same file wait: what they wrote meanwhile stays.
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) (void)flock(folder, LOCK_EX);
  model::Cassette all = cassette_;
  std::string ignored;
  const auto now = ::access(path.c_str(), F_OK) == 0 ? read_file(path, ignored, kMostBytes) : std::nullopt;
  if (now && *now != before_) {
    if (const auto others = model::Cassette::read(*now, path_, ignored)) all.add(*others);
  }
  const int error = replace_file(path, all.text());
  if (folder >= 0) ::close(folder);
  if (error != 0) say_error(cannot_write(path_, error));
  return error == 0;
}

}  // namespace chain::cli
