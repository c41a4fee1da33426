#include "runtime/process/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "runtime/process/guard.h"

namespace chain::process {

namespace {

constexpr std::string_view kUsualPath = "/usr/local/bin:/usr/bin:/bin";

std::string_view path_of(const Settings& settings) {
  for (const std::string& each : settings.environment) {
    if (each.starts_with("PATH=")) return std::string_view(each).substr(5);
  }
  const char* const inherited = std::getenv("PATH");
  return inherited != nullptr ? std::string_view(inherited) : kUsualPath;
}

bool is_file(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

/// Where the program is; empty, and `error`, if it is nowhere. Only absolute folders of PATH count: what a
/// relative one means would change with the folder that the program runs in.
std::string find(const Settings& settings, std::string& error) {
  const std::string& name = settings.arguments.front();
  if (name.find('/') != std::string::npos) return name;
  std::string forbidden;
  std::string_view rest = path_of(settings);
  while (!rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    const std::string_view folder = rest.substr(0, colon);
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    if (!folder.starts_with('/')) continue;
    std::string path = std::string(folder) + "/" + name;
    if (!is_file(path)) continue;
    if (access(path.c_str(), X_OK) == 0) return path;
    if (forbidden.empty()) forbidden = std::move(path);
  }
  error = forbidden.empty()
              ? "there is no program `" + name + "` in PATH; install it, or write its whole path"
              : "`" + forbidden + "` may not be run: it is not executable";
  return {};
}

bool has_nul(const std::vector<std::string>& texts) {
  return std::ranges::any_of(texts,
                             [](const std::string& text) { return text.find('\0') != std::string::npos; });
}

/// What no program can be given.
bool usable(const Settings& settings, std::string& error) {
  if (settings.arguments.empty() || settings.arguments.front().empty()) {
    error = "no program is named";
  } else if (has_nul(settings.arguments) || has_nul(settings.environment) || has_nul({settings.folder})) {
    error = "what `" + std::string(settings.arguments.front().c_str()) +
            "` is given holds a NUL byte, which no program can be given; leave it out";
  } else if (struct stat status{}; !settings.folder.empty() && (stat(settings.folder.c_str(), &status) != 0 ||
                                                                !S_ISDIR(status.st_mode))) {
    error = "`" + settings.arguments.front() + "` is to run in the folder `" + settings.folder +
            "`, which is not there";
  }
  return error.empty();
}

std::string reason(int code, const std::string& program) {
  const std::string name = "`" + program + "`";
  switch (code) {
    case ENOENT: return "there is no program " + name + ", or what its first line names is not there";
    case EACCES:
    case EPERM: return name + " may not be run: it is not executable, or not for this user";
    case ENOEXEC: return name + " is no program for this machine, and has no first line that names one";
    case E2BIG: return name + " is given more arguments and environment than the system takes";
    case EMFILE:
    case ENFILE: return name + " cannot be started: too many files are open";
    case EAGAIN: return name + " cannot be started: there are too many processes";
    default: return name + " cannot be started: " + std::strerror(code);
  }
}

/// Close-on-exec, and none of the three that every program has: the copies that it gets would replace them.
bool make_pipe(Descriptor& reading, Descriptor& writing) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  reading = Descriptor(ends[0]);
  writing = Descriptor(ends[1]);
  for (Descriptor* each : {&reading, &writing}) {
    if (each->get() > STDERR_FILENO) continue;
    Descriptor moved(fcntl(each->get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!moved.open()) return false;
    *each = std::move(moved);
  }
  return true;
}

void do_not_block(const Descriptor& descriptor) {
  fcntl(descriptor.get(), F_SETFL, fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

/// What is done between fork and exec.
class Plan {
 public:
  Plan(const std::string& folder, int input, int output, int errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    for (int signal = 1; signal < 32; ++signal) {
      if (signal != SIGKILL && signal != SIGSTOP) sigaddset(&usual, signal);
    }
    // Ignored and blocked signals would be handed on.
    check(posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    check(posix_spawnattr_setpgroup(&attributes_, 0));
    check(posix_spawnattr_setsigmask(&attributes_, &none));
    check(posix_spawnattr_setsigdefault(&attributes_, &usual));
    check(posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO));
    check(posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO));
    check(posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO));
    // Whatever a library has opened without close-on-exec.
    check(posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
    if (!folder.empty()) check(posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str()));
  }
  ~Plan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  /// 0, or an errno.
  int run(pid_t& id, const std::string& path, const Settings& settings) const {
    if (failed_ != 0) return failed_;
    const std::vector<char*> arguments = pointers(settings.arguments);
    const std::vector<char*> environment = pointers(settings.environment);
    return posix_spawn(&id, path.c_str(), &actions_, &attributes_, arguments.data(), environment.data());
  }

 private:
  void check(int code) {
    if (code != 0) failed_ = code;
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  int failed_ = 0;
};

/// Once: a program that stops reading must not end this one, and whoever ignores SIGCHLD hears of no end.
void mind_signals() {
  static const bool minded = [] {
    struct sigaction action{};
    if (sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL)
      std::signal(SIGPIPE, SIG_IGN);
    if (sigaction(SIGCHLD, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
      std::signal(SIGCHLD, SIG_DFL);
    return true;
  }();
  (void)minded;
}

}  // namespace

std::optional<Spawned> spawn(const Settings& settings, std::string& error) {
  if (!usable(settings, error)) return std::nullopt;
  const std::string path = find(settings, error);
  if (path.empty()) return std::nullopt;
  mind_signals();
  begin_watch();
  Spawned spawned;
  Descriptor input;
  Descriptor output;
  Descriptor errors;
  if (!make_pipe(input, spawned.input) || !make_pipe(spawned.output, output) ||
      !make_pipe(spawned.errors, errors)) {
    error = reason(errno, settings.arguments.front());
    return std::nullopt;
  }
  const Plan plan(settings.folder, input.get(), output.get(), errors.get());
  if (const int code = plan.run(spawned.id, path, settings); code != 0) {
    error = reason(code, settings.arguments.front());
    return std::nullopt;
  }
  // The process is not reaped before this one asks for its end: its number is its own until then.
  // (glibc 2.36 declares pidfd_open without C linkage.)
  spawned.end = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, spawned.id, 0)));
  if (!spawned.end.open()) {
    error = reason(errno, settings.arguments.front());
    kill(-spawned.id, SIGKILL);
    waitpid(spawned.id, nullptr, 0);
    return std::nullopt;
  }
  watch_over(spawned.id);
  for (const Descriptor* each : {&spawned.input, &spawned.output, &spawned.errors}) do_not_block(*each);
  return spawned;
}

}  // namespace chain::process
