#include "runtime/sched/event_loop.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "runtime/sched/timer_heap.h"

using chain::EventLoop;
using chain::TimerHeap;
using chain::VirtualClock;

namespace {

constexpr int64_t kSecond = 1'000'000'000;

struct SocketPair {
  int ends[2] = {-1, -1};
  SocketPair() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0); }
  ~SocketPair() {
    close(ends[0]);
    close(ends[1]);
  }
};

}  // namespace

TEST_CASE("timers run in the order they are due, at their virtual time") {
  VirtualClock clock;
  EventLoop loop(&clock);
  std::vector<std::pair<int, int64_t>> ran;
  const auto note = [&](int name) { return [&ran, &loop, name] { ran.emplace_back(name, loop.now()); }; };
  loop.after(3600 * kSecond, note(3));
  loop.after(kSecond, note(1));
  loop.after(kSecond, note(2));
  loop.after(-5, note(0));
  loop.run();
  CHECK(ran == std::vector<std::pair<int, int64_t>>{{0, 0}, {1, kSecond}, {2, kSecond}, {3, 3600 * kSecond}});
}

TEST_CASE("a cancelled timer does not run, and cancelling twice is harmless") {
  VirtualClock clock;
  EventLoop loop(&clock);
  bool ran = false;
  const auto first = loop.after(1, [&] { ran = true; });
  loop.cancel_timer(first);
  const auto second = loop.after(1, [] {});
  CHECK(first != second);
  loop.cancel_timer(first);  // not the second, though it has the first one's place
  CHECK(second != 0);
  int count = 0;
  loop.after(2, [&] { ++count; });
  loop.run();
  CHECK_FALSE(ran);
  CHECK(count == 1);
}

TEST_CASE("a timer that sets itself again at once does not starve what is posted") {
  VirtualClock clock;
  EventLoop loop(&clock);
  int turns = 0;
  bool stopped = false;
  std::function<void()> again = [&] {
    ++turns;
    if (!stopped) loop.after(0, again);
  };
  loop.after(0, again);
  loop.post([&] { stopped = true; });
  loop.run();
  CHECK(turns <= 3);
}

TEST_CASE("run returns when there is nothing left, and can be called again") {
  EventLoop loop;
  loop.run();
  int count = 0;
  loop.post([&] { loop.post([&] { ++count; }); });
  loop.run();
  CHECK(count == 1);
}

TEST_CASE("descriptors are watched, changed and forgotten") {
  VirtualClock clock;
  EventLoop loop(&clock);
  SocketPair pair;
  std::string got;
  loop.watch(pair.ends[0], EPOLLIN, [&](uint32_t events) {
    CHECK((events & EPOLLIN) != 0);
    char byte = 0;
    REQUIRE(read(pair.ends[0], &byte, 1) == 1);
    got += byte;
    if (got.size() == 3) loop.watch(pair.ends[0], 0, nullptr);  // ends its own watch
  });
  REQUIRE(write(pair.ends[1], "abcd", 4) == 4);
  loop.run();
  CHECK(got == "abc");
  bool writable = false;
  loop.watch(pair.ends[0], EPOLLOUT, [&](uint32_t) {
    writable = true;
    loop.watch(pair.ends[0], 0, nullptr);
  });
  loop.run();
  CHECK(writable);
}

TEST_CASE("a callback may replace itself and end another's watch") {
  EventLoop loop;
  SocketPair first, second;
  int heard = 0;
  const auto end_both = [&](uint32_t) {
    ++heard;
    loop.watch(first.ends[0], 0, nullptr);
    loop.watch(second.ends[0], 0, nullptr);
  };
  loop.watch(first.ends[0], EPOLLIN, end_both);
  loop.watch(second.ends[0], EPOLLIN, end_both);
  REQUIRE(write(first.ends[1], "x", 1) == 1);
  REQUIRE(write(second.ends[1], "x", 1) == 1);
  loop.run();
  CHECK(heard == 1);
  std::vector<int> order;
  loop.watch(first.ends[0], EPOLLIN, [&](uint32_t) {
    order.push_back(1);
    loop.watch(first.ends[0], EPOLLIN, [&](uint32_t) {
      order.push_back(2);
      loop.watch(first.ends[0], 0, nullptr);
    });
  });
  loop.run();
  CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("a parked descriptor neither keeps the loop going nor is heard") {
  EventLoop loop;
  SocketPair pair;
  int heard = 0;
  loop.watch(pair.ends[0], EPOLLIN, [&](uint32_t) { ++heard; });
  loop.park(pair.ends[0]);
  REQUIRE(write(pair.ends[1], "x", 1) == 1);
  loop.run();
  loop.after(0, [] {});
  loop.run();
  CHECK(heard == 0);
  SECTION("and is heard again once it is watched again") {
    loop.watch(pair.ends[0], EPOLLIN, [&](uint32_t) {
      ++heard;
      loop.watch(pair.ends[0], 0, nullptr);
    });
    loop.run();
    CHECK(heard == 1);
  }
  SECTION("also if its end was not noticed meanwhile") {
    loop.watch(pair.ends[0], 0, nullptr);
    loop.watch(pair.ends[0], EPOLLIN, [&](uint32_t) { loop.watch(pair.ends[0], 0, nullptr); });
    loop.park(pair.ends[0]);
    loop.watch(pair.ends[0], EPOLLIN, [&](uint32_t) {
      ++heard;
      loop.watch(pair.ends[0], 0, nullptr);
    });
    loop.run();
    CHECK(heard == 1);
  }
}

TEST_CASE("a descriptor that took the number of one that was closed unsaid is heard") {
  EventLoop loop;
  SocketPair pair;
  const int number = pair.ends[0];
  loop.watch(number, EPOLLIN, [](uint32_t) {});
  SocketPair other;
  REQUIRE(dup2(other.ends[0], number) == number);  // closes the one that is watched
  bool heard = false;
  loop.watch(number, EPOLLIN | EPOLLOUT, [&](uint32_t) {
    heard = true;
    loop.watch(number, 0, nullptr);
  });
  loop.run();
  CHECK(heard);
}

TEST_CASE("virtual time stands still while a descriptor is watched, and skips when none is") {
  VirtualClock clock;
  EventLoop loop(&clock);
  SocketPair pair;
  int64_t seen = -1;
  loop.watch(pair.ends[0], EPOLLIN, [&](uint32_t) {
    seen = loop.now();
    loop.watch(pair.ends[0], 0, nullptr);
  });
  loop.after(3600 * kSecond, [] {});
  std::thread writer([&] { REQUIRE(write(pair.ends[1], "x", 1) == 1); });
  loop.run();
  writer.join();
  CHECK(seen == 0);
  CHECK(loop.now() == 3600 * kSecond);
}

TEST_CASE("work posted by other threads all runs, on the loop's thread") {
  EventLoop loop;
  SocketPair keep;  // keeps the loop going
  loop.watch(keep.ends[0], EPOLLIN, [](uint32_t) {});
  constexpr int kThreads = 4, kEach = 2000;
  int count = 0;
  const auto owner = std::this_thread::get_id();
  bool elsewhere = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kEach; ++j) {
        loop.post([&] {
          elsewhere |= std::this_thread::get_id() != owner;
          if (++count == kThreads * kEach) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (std::thread& thread : threads) thread.join();
  CHECK(count == kThreads * kEach);
  CHECK_FALSE(elsewhere);
}

TEST_CASE("stop ends run and leaves the rest for the next one") {
  VirtualClock clock;
  EventLoop loop(&clock);
  std::vector<int> ran;
  loop.post([&] {
    ran.push_back(1);
    loop.stop();
  });
  loop.post([&] { ran.push_back(2); });
  loop.after(kSecond, [&] { ran.push_back(3); });
  loop.run();
  CHECK(ran == std::vector<int>{1});
  loop.run();
  CHECK(ran == std::vector<int>{1, 2, 3});
  loop.stop();  // before run: the next one returns at once
  loop.post([&] { ran.push_back(4); });
  loop.run();
  CHECK(ran.size() == 3);
  loop.run();
  CHECK(ran.size() == 4);
}

TEST_CASE("the heap agrees with a sorted list under random adding and cancelling") {
  std::mt19937 random(7);
  TimerHeap heap;
  struct Timer {
    int64_t due;
    uint64_t order;
    uint64_t id;
  };
  std::vector<Timer> expected;
  std::vector<uint64_t> ran, wanted;
  uint64_t order = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 3 != 0 || expected.empty()) {
      const auto due = static_cast<int64_t>(random() % 1000);
      const uint64_t mine = order++;
      expected.push_back({due, mine, heap.add(due, [&ran, mine] { ran.push_back(mine); })});
    } else {
      const size_t victim = random() % expected.size();
      heap.cancel(expected[victim].id);
      expected.erase(expected.begin() + static_cast<ptrdiff_t>(victim));
    }
  }
  std::sort(expected.begin(), expected.end(), [](const Timer& a, const Timer& b) {
    return std::pair(a.due, a.order) < std::pair(b.due, b.order);
  });
  for (const Timer& timer : expected) wanted.push_back(timer.order);
  TimerHeap::Callback callback;
  while (heap.pop(INT64_MAX, heap.sequence(), callback)) callback();
  CHECK(ran == wanted);
  CHECK(heap.empty());
}
