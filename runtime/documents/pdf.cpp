#include "runtime/documents/pdf.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "runtime/access/project_files.h"
#include "runtime/documents/decode.h"
#include "runtime/value/characters.h"

namespace chain::documents {
namespace {

using access::File;
using Clock = std::chrono::steady_clock;

constexpr const char* kMissing =
    "the program `pdftotext` reads PDFs, and is missing (Debian: apt install poppler-utils)";
constexpr rlim_t kMostMemory = rlim_t{2} << 30;
constexpr int kPollMilliseconds = 100;
/// Where the program finds the document: the number that the file actions below give it.
constexpr int kInput = 3;
constexpr const char* kInputPath = "/proc/self/fd/3";

/// A file without a name that holds the bytes.
File in_memory(std::string_view bytes) {
  File file(memfd_create("document", MFD_CLOEXEC));
  while (file.open() && !bytes.empty()) {
    const ssize_t written = write(file.descriptor(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return {};
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return file;
}

/// A program in a process group of its own, which ends with the object.
class Child {
 public:
  Child() = default;
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// An errno, or 0.
  int start(const File& input, const File& output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    // First out of the way of the numbers that they are to have.
    posix_spawn_file_actions_adddup2(&actions, output.descriptor(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, input.descriptor(), kInput);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const char* arguments[] = {"pdftotext", "-q", "-enc", "UTF-8", "-eol", "unix", kInputPath, "-", nullptr};
    const char* path = std::getenv("PATH");
    std::string path_variable = std::string("PATH=") + (path != nullptr ? path : "/usr/bin:/bin");
    char* environment[] = {path_variable.data(), nullptr};
    const int error =
        posix_spawnp(&pid_, "pdftotext", &actions, &attributes, const_cast<char**>(arguments), environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) return pid_ = -1, error;
    const rlimit memory{kMostMemory, kMostMemory};
    prlimit(pid_, RLIMIT_AS, &memory, nullptr);
    return 0;
  }
  /// The exit status, or 128 and a signal.
  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  void end() {
    if (pid_ <= 0) return;
    kill(-pid_, SIGKILL);
    wait();
  }

 private:
  pid_t pid_ = -1;
};

/// Reads all that the program writes; false and `error` if that is too much or takes too long.
bool collect(int output, const Limits& limits, const std::atomic<bool>* stop, std::string& text,
             std::string& error) {
  const auto deadline = Clock::now() + std::chrono::nanoseconds(limits.convert);
  char buffer[64 << 10];
  while (true) {
    if (stop != nullptr && *stop) return error = "reading was stopped", false;
    if (Clock::now() >= deadline) {
      error = "its words could not be had in " + std::to_string(limits.convert / 1'000'000'000) +
              " s; split it, or convert it to text yourself";
      return false;
    }
    pollfd waiting{output, POLLIN, 0};
    if (poll(&waiting, 1, kPollMilliseconds) <= 0) continue;
    const ssize_t size = read(output, buffer, sizeof buffer);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size <= 0) return true;
    text.append(buffer, static_cast<size_t>(size));
    if (text.size() > limits.text) {
      error = "its text has more than " + std::to_string(limits.text) + " bytes; split it";
      return false;
    }
  }
}

/// Form feeds end pages.
void find_pages(PdfText& result) {
  result.pages.push_back(0);
  for (size_t at = result.text.find('\f'); at != std::string::npos; at = result.text.find('\f', at + 1)) {
    result.text[at] = '\n';
    if (at + 1 < result.text.size()) result.pages.push_back(at + 1);
  }
}

}  // namespace

bool read_pdf(std::string_view bytes, const Limits& limits, const std::atomic<bool>* stop, PdfText& result,
              std::string& error, bool& keep) {
  keep = true;
  const File input = in_memory(bytes);
  int ends[2];
  if (!input.open() || pipe2(ends, O_CLOEXEC) != 0) {
    error = std::string("it cannot be given to `pdftotext`: ") + std::strerror(errno);
    return false;
  }
  const File output(ends[0]);
  Child child;
  {
    const File writing(ends[1]);
    const int failed = child.start(input, writing);
    if (failed == ENOENT) return error = kMissing, false;
    if (failed != 0) return error = std::string("`pdftotext` cannot be run: ") + std::strerror(failed), false;
  }
  std::string text;
  if (!collect(output.descriptor(), limits, stop, text, error)) {
    keep = stop != nullptr && *stop;
    return false;
  }
  const int status = child.wait();
  if (status == 127) return error = kMissing, false;
  keep = false;
  if (status == 3) return error = "its author does not permit its text to be copied", false;
  if (status != 0 && value::trimmed(text).empty()) {
    error = "`pdftotext` cannot read it: it is damaged or needs a password";
    return false;
  }
  Decoded decoded;
  if (!decode(text, "UTF-8", limits.text, decoded, error)) return false;
  result.text = std::move(decoded.text);
  if (value::trimmed(result.text).empty() ||
      result.text.find_first_not_of("\f\n\r\t ") == std::string::npos) {
    error = "it has no text, only pictures; let a program for OCR write it first (ocrmypdf)";
    return false;
  }
  find_pages(result);
  return true;
}

}  // namespace chain::documents
