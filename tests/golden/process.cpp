#include "tests/golden/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace chain::testing {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    close_end(read);
    close_end(write);
  }
  static void close_end(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
};

[[noreturn]] void become(const Command& command, const Pipe& in, const Pipe& out, const Pipe& err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGPIPE, SIG_DFL);
  dup2(in.read, 0);
  dup2(out.write, 1);
  dup2(err.write, 2);
  if (!command.folder.empty() && chdir(command.folder.c_str()) != 0) _exit(126);
  for (const auto& [name, value] : command.environment) {
    value ? setenv(name.c_str(), value->c_str(), 1) : unsetenv(name.c_str());
  }
  std::vector<char*> words;
  for (const std::string& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  _exit(127);
}

void drain(int& fd, std::string& text) {
  char buffer[64 << 10];
  const ssize_t count = read(fd, buffer, sizeof buffer);
  if (count > 0) text.append(buffer, static_cast<size_t>(count));
  if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) Pipe::close_end(fd);
}

void feed(int& fd, std::string_view& input) {
  const ssize_t written = input.empty() ? 0 : write(fd, input.data(), input.size());
  if (written > 0) input.remove_prefix(static_cast<size_t>(written));
  if (input.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) Pipe::close_end(fd);
}

}  // namespace

Child::Child(Command command) : command_(std::move(command)) {
  Pipe in, out, err;
  if (command_.no_reader) Pipe::close_end(out.read);
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(command_, in, out, err);
  std::signal(SIGPIPE, SIG_IGN);
  fcntl(in.write, F_SETFL, O_NONBLOCK);
  in_ = std::exchange(in.write, -1);
  out_ = std::exchange(out.read, -1);
  err_ = std::exchange(err.read, -1);
}

Child::~Child() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (int fd : {in_, out_, err_}) Pipe::close_end(fd);
}

void Child::signal(int number) const {
  const pid_t pid = pid_;
  if (pid > 0) kill(pid, number);  // -1, of one that has ended, would mean every process there is
}

Ended Child::wait() {
  Ended ended;
  std::string_view input = command_.input;
  const auto deadline = Clock::now() + command_.patience;
  while (out_ >= 0 || err_ >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) {
      ended.killed = true;
      kill(pid_, SIGKILL);
      break;
    }
    pollfd ends[3] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}, {in_, POLLOUT, 0}};
    if (poll(ends, 3, static_cast<int>(left)) < 0) continue;
    if (ends[0].revents != 0) drain(out_, ended.out);
    if (ends[1].revents != 0) drain(err_, ended.err);
    if (ends[2].revents != 0) feed(in_, input);
  }
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
  pid_ = -1;
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

Ended run(Command command) {
  return Child(std::move(command)).wait();
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool started = false;
  char quote = '\0';
  for (const char c : text) {
    if (quote != '\0') {
      c == quote ? void(quote = '\0') : word.push_back(c);
    } else if (c == '"' || c == '\'') {
      quote = c;
      started = true;
    } else if (c == ' ') {
      if (started) words.push_back(std::move(word));
      word.clear();
      started = false;
    } else {
      word.push_back(c);
      started = true;
    }
  }
  if (started) words.push_back(std::move(word));
  return words;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

void write_file(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace chain::testing
