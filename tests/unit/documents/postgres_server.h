// A PostgreSQL server with a database of its own, which ends with the object.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "tests/unit/access/temporary.h"

namespace chain::documents::test {

/// For the tests of one process; not `ready` if PostgreSQL is not installed.
class Postgres {
 public:
  Postgres() {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      const std::string folder = place_.path().string();
      execl(CHAIN_POSTGRES_SERVER, CHAIN_POSTGRES_SERVER, folder.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    std::string said;
    char c = 0;
    while (read(ends[0], &c, 1) == 1 && c != '\n') said += c;
    close(ends[0]);
    ready_ = said == "ready";
  }
  ~Postgres() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] std::string connection() const {
    return "host=" + (place_.path() / "pg").string() + " user=tester dbname=postgres password=hunter2";
  }

 private:
  chain::access::test::Temporary place_;
  pid_t pid_ = -1;
  bool ready_ = false;
};

}  // namespace chain::documents::test
