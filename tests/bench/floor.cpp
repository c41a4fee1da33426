// The floor under the runtime: a bare libcurl client on one epoll loop that makes the same calls, with a handle for
// each chain under way and nothing else. What it cannot reach, no client built on libcurl can. There is a multi handle
// for every hundred chains, because libcurl walks over all connections of one to find a free one: a single multi
// handle takes twenty times as long for 10,000 chains.
#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <utility>

#include "tests/bench/floor.h"

namespace {

using floor_bench::Load;
using floor_bench::Report;

constexpr int kChainsOfMulti = 100;

struct Floor;

/// A multi handle and when it wants to be called.
struct Multi {
  Floor* floor = nullptr;
  CURLM* handle = curl_multi_init();
  bool due = false;
};

/// One chain under way: three requests, one after the other, on one handle.
struct Chain {
  Floor* floor = nullptr;
  Multi* multi = nullptr;
  CURL* easy = nullptr;
  int topic = 0;
  int step = 0;
  Report::Clock::time_point began;
  std::string previous, body, reply;
};

struct Floor {
  Load load;
  Report report;
  std::vector<Multi> multis;
  std::vector<Multi*> due;    // those with a timer of 0; there are no other timers here
  std::vector<Multi*> owner;  // by descriptor
  int epoll_fd = epoll_create1(0);
  curl_slist* headers = nullptr;
  std::vector<Chain> chains;
  int started = 0;

  explicit Floor(const Load& wanted) : load(wanted), report(wanted), multis(static_cast<size_t>(wanted.concurrent / kChainsOfMulti + 1)), chains(static_cast<size_t>(wanted.concurrent)) {}
  void prepare(Chain& chain);
  void begin_chain(Chain& chain);
  void send(Chain& chain);
  void received(Chain& chain);
  void run();
  void act(Multi& multi, curl_socket_t fd, int mask);
};

size_t on_body(char* data, size_t size, size_t count, void* chain) {
  static_cast<Chain*>(chain)->reply.append(data, size * count);
  return size * count;
}

int on_socket(CURL* /*easy*/, curl_socket_t fd, int what, void* self, void* known) {
  auto* multi = static_cast<Multi*>(self);
  Floor* floor = multi->floor;
  if (static_cast<size_t>(fd) >= floor->owner.size()) floor->owner.resize(static_cast<size_t>(fd) * 2 + 64);
  floor->owner[static_cast<size_t>(fd)] = multi;
  epoll_event event{};
  event.data.fd = fd;
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
  const int operation = what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL : known != nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  epoll_ctl(floor->epoll_fd, operation, fd, &event);
  curl_multi_assign(multi->handle, fd, what == CURL_POLL_REMOVE ? nullptr : self);
  return 0;
}

int on_timer(CURLM* /*handle*/, long milliseconds, void* self) {
  auto* multi = static_cast<Multi*>(self);
  if (milliseconds == 0 && !multi->due) multi->floor->due.push_back(multi);
  multi->due |= milliseconds == 0;
  return 0;
}

/// The first "content" of a completion, which has no escapes here.
std::string content_of(const std::string& reply) {
  constexpr std::string_view kKey = R"("content":")";
  const size_t begin = reply.find(kKey);
  if (begin == std::string::npos) return {};
  const size_t end = reply.find('"', begin + kKey.size());
  return reply.substr(begin + kKey.size(), end - begin - kKey.size());
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') out += "\\n";
    else out += c;
  }
}

void Floor::prepare(Chain& chain) {
  chain.floor = this;
  chain.easy = curl_easy_init();
  const std::string url = fmt::format("http://127.0.0.1:{}/v1/chat/completions", load.port);
  curl_easy_setopt(chain.easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(chain.easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(chain.easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(chain.easy, CURLOPT_PRIVATE, &chain);
  curl_easy_setopt(chain.easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(chain.easy, CURLOPT_WRITEDATA, &chain);
}

void Floor::begin_chain(Chain& chain) {
  if (started == load.total) return;
  chain.topic = ++started;
  chain.step = 0;
  chain.previous.clear();
  chain.began = Report::Clock::now();
  send(chain);
}

void Floor::send(Chain& chain) {
  chain.body = R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":")";
  append_escaped(chain.body, floor_bench::prompt(chain.step, chain.topic, chain.previous));
  chain.body += "\"}]}";
  chain.reply.clear();
  curl_easy_setopt(chain.easy, CURLOPT_POSTFIELDS, chain.body.c_str());
  curl_easy_setopt(chain.easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(chain.body.size()));
  curl_multi_add_handle(chain.multi->handle, chain.easy);
}

void Floor::received(Chain& chain) {
  curl_multi_remove_handle(chain.multi->handle, chain.easy);
  chain.previous = content_of(chain.reply);
  if (++chain.step < 3) return send(chain);
  report.finished(chain.began, chain.previous == floor_bench::kWanted);
  begin_chain(chain);
}

void Floor::act(Multi& multi, curl_socket_t fd, int mask) {
  int running = 0, left = 0;
  curl_multi_socket_action(multi.handle, fd, mask, &running);
  while (const CURLMsg* message = curl_multi_info_read(multi.handle, &left)) {
    char* chain = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &chain);
    received(*reinterpret_cast<Chain*>(chain));
  }
}

void Floor::run() {
  headers = curl_slist_append(nullptr, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Authorization: Bearer sk-mock");
  for (Multi& multi : multis) {
    multi.floor = this;
    curl_multi_setopt(multi.handle, CURLMOPT_SOCKETFUNCTION, &on_socket);
    curl_multi_setopt(multi.handle, CURLMOPT_SOCKETDATA, &multi);
    curl_multi_setopt(multi.handle, CURLMOPT_TIMERFUNCTION, &on_timer);
    curl_multi_setopt(multi.handle, CURLMOPT_TIMERDATA, &multi);
  }
  for (size_t i = 0; i < chains.size(); ++i) {
    chains[i].multi = &multis[i / kChainsOfMulti];
    prepare(chains[i]);
    begin_chain(chains[i]);
  }
  std::vector<epoll_event> events(512);
  while (report.count() < load.total) {
    for (Multi* multi : std::exchange(due, {})) {
      multi->due = false;
      act(*multi, CURL_SOCKET_TIMEOUT, 0);
    }
    if (report.count() >= load.total) break;
    const int count = epoll_wait(epoll_fd, events.data(), static_cast<int>(events.size()), due.empty() ? -1 : 0);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      const int mask = (event.events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                       (event.events & EPOLLOUT ? CURL_CSELECT_OUT : 0) | (event.events & EPOLLERR ? CURL_CSELECT_ERR : 0);
      act(*owner[static_cast<size_t>(event.data.fd)], event.data.fd, mask);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Load load = floor_bench::read_load(argc, argv);
  floor_bench::allow_many_files();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Floor floor(load);
  floor.run();
  return floor.report.print("libcurl");
}
