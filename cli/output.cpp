#include "cli/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "cli/terminal.h"

namespace chain::cli {
namespace {

/// Writes all bytes; an errno, or 0.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {  // somebody made the terminal non-blocking
      pollfd ready{fd, POLLOUT, 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

std::optional<std::string> read_all(int fd, std::string_view name, std::string& error, size_t limit) {
  std::string text;
  char buffer[64 << 10];
  for (;;) {
    const ssize_t count = read(fd, buffer, sizeof buffer);
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      error = "cannot read " + std::string(name) + ": " + std::strerror(errno);
      return std::nullopt;
    }
    text.append(buffer, static_cast<size_t>(count));
    if (text.size() > limit) {
      error = std::string(name) + " is larger than " + std::to_string(limit >> 20) + " MiB";
      return std::nullopt;
    }
  }
}

}  // namespace

void prepare_standard_files() {
  // The wrong direction on purpose: reading from or writing to a descriptor that was closed still fails with
  // EBADF.
  static constexpr int kModes[] = {O_WRONLY, O_RDONLY, O_RDWR};
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
      const int opened = open("/dev/null", kModes[fd]);
      if (opened >= 0 && opened != fd) close(opened);
    }
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void keep_memory_out_of_files() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // The limit does not count where crashes go to a program (core(5)): then no part of the memory is written.
  const int filter = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
  if (filter < 0) return;
  write_all(filter, "0");
  close(filter);
}

void end_as_by_sigpipe() {
  std::signal(SIGPIPE, SIG_DFL);
  sigset_t only_pipe;
  sigemptyset(&only_pipe);
  sigaddset(&only_pipe, SIGPIPE);
  sigprocmask(SIG_UNBLOCK, &only_pipe, nullptr);
  raise(SIGPIPE);
  _exit(128 + SIGPIPE);
}

bool write_out(std::string_view text) {
  const int error = write_all(STDOUT_FILENO, text);
  if (error == 0) return true;
  if (error == EPIPE) end_as_by_sigpipe();
  say_error(std::string("cannot write to standard output: ") + std::strerror(error));
  return false;
}

bool answer_text(std::string_view text) {
  return write_out(isatty(STDOUT_FILENO) == 1 ? printable(text) : std::string(text));
}

bool answer_json(std::string_view json) {
  return write_out(isatty(STDOUT_FILENO) == 1 ? printable(json, Escape::Json) : std::string(json));
}

void say(std::string_view text) {
  write_all(STDERR_FILENO, text);
}

void say_error(std::string_view message) {
  const bool color = has_color(STDERR_FILENO);
  say((color ? "\x1b[1;31merror\x1b[0m: " : "error: ") + printable(message) + "\n");
}

std::string pretty_json(std::string_view json) {
  std::string out;
  size_t level = 0;
  bool in_string = false;
  auto line = [&] {
    out += '\n';
    // Values nest without bound: were each level further in than the one before, their text would grow
    // squared.
    constexpr size_t deepest = 64;
    out.append(std::min(level, deepest) * 2, ' ');
  };
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < json.size()) out += json[++i];
      in_string = c != '"';
    } else if (c == '{' || c == '[') {
      out += c;
      if (i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']')) {
        out += json[++i];
      } else {
        ++level;
        line();
      }
    } else if (c == '}' || c == ']') {
      if (level > 0) --level;
      line();
      out += c;
    } else if (c == ',') {
      out += c;
      line();
    } else if (c == ':') {
      out += ": ";
    } else if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
      out += c;
      in_string = c == '"';
    }
  }
  return out;
}

std::optional<std::string> read_file(const std::string& path, std::string& error, size_t limit) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    error = "cannot read `" + path + "`: " + std::strerror(errno);
    return std::nullopt;
  }
  auto text = read_all(fd, "`" + path + "`", error, limit);
  close(fd);
  return text;
}

std::optional<std::string> read_stdin(std::string& error, size_t limit) {
  return read_all(STDIN_FILENO, "standard input", error, limit);
}

}  // namespace chain::cli
