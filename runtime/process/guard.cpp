#include "runtime/process/guard.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <set>
#include <string>

#include "runtime/process/spawn.h"

namespace chain::process {

namespace {

// A shell, because a copy of this process would keep its memory. Its input ends when nobody can write to it
// any more: with this process, which alone has the other end.
constexpr const char* kScript = R"(trap '' HUP INT QUIT TERM PIPE
groups=' '
while read -r what group; do
  case $what in
    +) groups="$groups$group " ;;
    -) case $groups in *" $group "*) groups="${groups%% $group *} ${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
)";

constexpr int kEndWait = 100;  // milliseconds

class Guard {
 public:
  void begin() {
    const std::lock_guard lock(mutex_);
    own();
    if (!input_.open()) start();
  }
  void add(pid_t group) {
    const std::lock_guard lock(mutex_);
    own();
    groups_.insert(group);
    const bool told = tell("+ " + std::to_string(group) + '\n');
    // One that is stopped, and takes no more, must not see the end of its input: it would kill the others.
    if (!told && (!input_.open() || errno == EPIPE)) start();
  }
  /// When this process ends in order: where nobody takes in orphans a dead one would stay.
  void end() {
    const std::lock_guard lock(mutex_);
    if (owner_ != getpid() || id_ <= 0) return;
    input_.reset();
    const Descriptor gone(static_cast<int>(syscall(SYS_pidfd_open, id_, 0)));
    pollfd waited{.fd = gone.get(), .events = POLLIN, .revents = 0};
    poll(&waited, 1, kEndWait);
    waitpid(id_, nullptr, WNOHANG);
  }
  void remove(pid_t group) {
    const std::lock_guard lock(mutex_);
    if (groups_.erase(group) > 0) (void)tell("- " + std::to_string(group) + '\n');
  }

 private:
  /// A copy of the process that started it has none.
  void own() {
    if (owner_ == getpid()) return;
    owner_ = getpid();
    groups_.clear();
    input_.reset();
    id_ = -1;
  }

  [[nodiscard]] bool tell(const std::string& line) const {
    return input_.open() &&
           write(input_.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
  }

  /// The first, or another in the place of one that was killed.
  void start() {
    if (id_ > 0) waitpid(id_, nullptr, WNOHANG);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
    const Descriptor reading(ends[0]);
    input_ = Descriptor(ends[1]);
    fcntl(reading.get(), F_SETFL, 0);
    id_ = run(reading.get());
    std::string lines;
    for (const pid_t group : groups_) lines += "+ " + std::to_string(group) + '\n';
    if (id_ < 0 || !tell(lines)) input_.reset();
  }

  /// In a session of its own, so that no terminal ends it. -1 if it cannot be started.
  static pid_t run(int input) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawn_file_actions_addchdir_np(&actions, "/");
    const char* const arguments[] = {"sh", "-c", kScript, nullptr};
    const char* const environment[] = {nullptr};
    pid_t id = -1;
    const int code = posix_spawn(&id, "/bin/sh", &actions, &attributes, const_cast<char* const*>(arguments),
                                 const_cast<char* const*>(environment));
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return code == 0 ? id : -1;
  }

  std::mutex mutex_;
  std::set<pid_t> groups_;
  Descriptor input_;
  pid_t id_ = -1;
  pid_t owner_ = getpid();
};

/// Never destroyed: the system closes its pipe when all else is over.
Guard& guard() {
  static Guard& only = [&]() -> Guard& {
    auto& made = *new Guard;
    std::atexit([] { guard().end(); });
    return made;
  }();
  return only;
}

}  // namespace

void begin_watch() {
  guard().begin();
}

void watch_over(pid_t group) {
  guard().add(group);
}

void watch_no_more(pid_t group) {
  guard().remove(group);
}

}  // namespace chain::process
