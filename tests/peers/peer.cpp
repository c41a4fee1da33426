#include "tests/peers/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace chain::test {

namespace {

std::string first_line(int fd) {
  std::string line;
  char byte = 0;
  while (read(fd, &byte, 1) == 1 && byte != '\n') line += byte;
  return line;
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

Peer::Peer(const std::string& program, const std::vector<std::string>& arguments) {
  const std::string path = std::string(CHAIN_BIN_DIR) + '/' + program;
  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  pid_ = fork();
  if (pid_ == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execv(path.c_str(), argv.data());
    _exit(127);
  }
  close(ends[1]);
  output_ = ends[0];
  port_ = static_cast<uint16_t>(std::atoi(first_line(output_).c_str()));
  if (port_ == 0) {
    stop();
    throw std::runtime_error(path + " did not start");
  }
}

Peer::~Peer() {
  stop();
}

std::string Peer::base_url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/v1";
}

int Peer::stop() {
  if (pid_ <= 0) return 0;
  kill(pid_, SIGTERM);
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  close(output_);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Peer::ask(const std::string& method, const std::string& path) const {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port_);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(fd);
    throw std::runtime_error("cannot connect to the peer");
  }
  const std::string request =
      method + ' ' + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  std::string response;
  size_t whole = std::string::npos;
  char buffer[4096];
  ssize_t size = send(fd, request.data(), request.size(), MSG_NOSIGNAL);
  while (response.size() < whole && (size = recv(fd, buffer, sizeof buffer, 0)) > 0) {
    response.append(buffer, static_cast<size_t>(size));
    const size_t head = response.find("\r\n\r\n");
    const size_t length = response.find("Content-Length: ");
    if (head != std::string::npos && length < head) {
      whole = head + 4 + std::strtoul(response.c_str() + length + 16, nullptr, 10);
    }
  }
  close(fd);
  return response.substr(std::min(response.find("\r\n\r\n"), response.size() - 4) + 4);
}

int64_t Peer::stat(const std::string& name) const {
  const std::string stats = get("/stats");
  const size_t at = stats.find('"' + name + "\":");
  return at == std::string::npos ? -1 : std::atoll(stats.c_str() + at + name.size() + 3);
}

uint16_t unused_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, generic, size) != 0) throw std::runtime_error("no port");
  getsockname(fd, generic, &size);
  close(fd);
  return ntohs(address.sin_port);
}

}  // namespace chain::test
