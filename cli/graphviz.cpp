#include "cli/graphviz.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace chain::cli {
namespace {

/// Starts dot with its standard input and output at the far ends of the two pipes. An errno, or 0.
int start_dot(const int input[2], const int output[2], pid_t& child) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  char name[] = "dot", format[] = "-Tsvg";
  char* const words[] = {name, format, nullptr};
  const int error = posix_spawnp(&child, name, &actions, nullptr, words, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// Feeds `text` and collects what comes back, both at once: dot may answer before it has read everything.
std::string converse(int to, int from, std::string_view text) {
  std::string answer;
  fcntl(to, F_SETFL, O_NONBLOCK);
  for (bool open = true; open;) {
    pollfd ends[2] = {{from, POLLIN, 0}, {to, POLLOUT, 0}};
    if (poll(ends, to < 0 ? 1 : 2, -1) < 0 && errno != EINTR) break;
    if (to >= 0 && ends[1].revents != 0) {
      const ssize_t written = write(to, text.data(), text.size());
      if (written > 0) text.remove_prefix(static_cast<size_t>(written));
      if (text.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) {
        close(to);
        to = -1;
      }
    }
    if (ends[0].revents != 0) {
      char buffer[16 << 10];
      const ssize_t count = read(from, buffer, sizeof buffer);
      if (count > 0) answer.append(buffer, static_cast<size_t>(count));
      open = count > 0 || (count < 0 && errno == EINTR);
    }
  }
  if (to >= 0) close(to);
  close(from);
  return answer;
}

}  // namespace

std::optional<std::string> run_dot(std::string_view graph, std::string& error) {
  int input[2], output[2];
  if (pipe2(input, O_CLOEXEC) != 0) {
    error = std::string("cannot start `dot`: ") + std::strerror(errno);
    return std::nullopt;
  }
  if (pipe2(output, O_CLOEXEC) != 0) {
    error = std::string("cannot start `dot`: ") + std::strerror(errno);
    close(input[0]);
    close(input[1]);
    return std::nullopt;
  }
  pid_t child = 0;
  const int failed = start_dot(input, output, child);
  close(input[0]);
  close(output[1]);
  if (failed != 0) {
    close(input[1]);
    close(output[0]);
    error = failed == ENOENT ? "`--format svg` needs the program `dot`; install graphviz, or use --format dot"
                             : std::string("cannot start `dot`: ") + std::strerror(failed);
    return std::nullopt;
  }
  std::string svg = converse(input[1], output[0], graph);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return svg;
  error = "`dot` failed; --format dot shows what it was given";
  return std::nullopt;
}

}  // namespace chain::cli
