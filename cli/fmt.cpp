// `chain fmt FILE...`: brings files into the one layout.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cli/output.h"
#include "cli/report.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/syntax/format.h"

namespace chain::cli {
namespace {

/// Replaces a file by way of a new one beside it, so that it is never half written. An errno, or 0.
int replace_file(const std::string& path, std::string_view text) {
  char* real = realpath(path.c_str(), nullptr);  // what a link points at is replaced, not the link
  const std::string target = real == nullptr ? path : real;
  std::free(real);
  struct stat before{};
  if (stat(target.c_str(), &before) != 0) return errno;
  std::string temporary = target + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return errno;
  int error = 0;
  while (error == 0 && !text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) error = errno;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
  if (error == 0 && fchmod(fd, before.st_mode & 07777) != 0) error = errno;
  if (close(fd) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) unlink(temporary.c_str());
  return error;
}

struct Formatted {
  std::string before, after;
};

/// Nothing, with everything said, if the file cannot be read or has syntax errors.
std::optional<Formatted> format_file(const std::string& path) {
  std::string error;
  auto text = path == "-" ? read_stdin(error) : read_file(path, error);
  if (!text) {
    say_error(error);
    return std::nullopt;
  }
  SourceMap sources;
  Diagnostics diagnostics;
  const FileId file = sources.add(path == "-" ? "<stdin>" : path, *text);
  auto after = syntax::format(sources, file, diagnostics);
  report(diagnostics, sources);
  if (!after) return std::nullopt;
  return Formatted{std::move(*text), std::move(*after)};
}

/// The exit code for one file.
int format_one(const std::string& path, bool only_check) {
  const auto formatted = format_file(path);
  if (!formatted) return kWrongFile;
  const bool same = formatted->before == formatted->after;
  if (only_check) {
    if (!same) say(::fmt::format("{}: not in the standard layout; `chain fmt {}` changes it\n", path, path));
    return same ? kOk : kFailed;
  }
  if (path == "-") return write_out(formatted->after) ? kOk : kFailed;
  if (same) return kOk;
  const int error = replace_file(path, formatted->after);
  if (error == 0) return kOk;
  say_error(::fmt::format("cannot write `{}`: {}", path, std::strerror(error)));
  return kFailed;
}

}  // namespace

int fmt(Arguments arguments) {
  CLI::App app("Brings files into the standard layout, in place; `-` from standard input to standard output.",
               "chain fmt");
  std::vector<std::string> files;
  bool only_check = false;
  app.add_option("files", files, "the files")->required()->option_text("FILE...|-");
  app.add_flag("--check", only_check, "change nothing; name the files that would change and exit 1");
  if (const auto code = read_options(app, arguments)) return *code;

  int worst = kOk;
  for (const std::string& file : files) worst = std::max(worst, format_one(file, only_check));
  return worst;
}

}  // namespace chain::cli
