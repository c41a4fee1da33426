// A server on loopback that speaks OpenAI's chat completions, well or badly, for tests and benchmarks.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "server.h"

namespace {

chain::EventLoop* running = nullptr;

void stop(int /*signal*/) {
  running->stop();
}

void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  const pid_t parent = getppid();
  const mock::Options options = mock::parse_options(argc, argv);
  allow_many_files();
  chain::EventLoop loop;
  running = &loop;
  std::signal(SIGTERM, &stop);
  std::signal(SIGINT, &stop);
  std::signal(SIGPIPE, SIG_IGN);
  // A test that crashes must not leave its server behind.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) return 1;

  mock::Server server(loop, options);
  const uint16_t port = server.listen();
  if (port == 0) {
    std::fprintf(stderr, "mock_openai: cannot listen on port %u: %s\n", options.port, std::strerror(errno));
    return 1;
  }
  std::printf("%u\n", port);
  std::fflush(stdout);
  loop.run();
  return 0;
}
