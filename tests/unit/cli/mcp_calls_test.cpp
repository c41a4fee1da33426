// What servers offer, called by programs that run.
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/cli/place.h"

using namespace chain::testing;

namespace {

/// A program with the shop's server (tests/peers/mcp_shop), pinned as it was at first.
struct Shop {
  Place place;
  const std::string allowed = std::string("command=") + CHAIN_BIN + "/mcp_shop";

  explicit Shop(const std::string& chain) {
    write("", chain);
    check_ended(place.chain({"mcp", "pin", "main.chain", "--allow", allowed}), 0, {});
  }
  void write(const std::string& how, const std::string& chain, const std::string& more = {}) const {
    place.file("main.chain", "mcp shop = stdio(\"" + std::string(CHAIN_BIN) + "/mcp_shop\"" +
                                 (how.empty() ? "" : ", \"" + how + "\"") + more + ")\n\n" + chain);
  }
  [[nodiscard]] Command command() const { return place.command({"run", "main.chain", "--allow", allowed}); }
  [[nodiscard]] Ended run() const { return chain::testing::run(command()); }
};

/// The processes that this one has started and that have not ended.
std::vector<pid_t> children_of(pid_t id) {
  std::ifstream file("/proc/" + std::to_string(id) + "/task/" + std::to_string(id) + "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

/// Whether no process has this id any more, or only a dead one.
bool gone(pid_t id) {
  for (int i = 0; i < 1000; ++i) {
    std::ifstream stat("/proc/" + std::to_string(id) + "/stat");
    const std::string text((std::istreambuf_iterator<char>(stat)), {});
    const size_t name_end = text.rfind(')');
    if (name_end == std::string::npos || text.substr(name_end).starts_with(") Z")) return true;
    usleep(5'000);
  }
  return false;
}

}  // namespace

TEST_CASE("programs call tools by their types, and read resources and prompts") {
  const Shop shop(R"(type Told {
  order: float
  note: string
  sum: string
  terms: string
  greeting: string
}

chain main() -> Told {
  let order = shop.find_order(id: "7")
  return Told {
    order: order.total,
    note: order.note,
    sum: shop.get_sum(a: 2.5, b: 40.0),
    terms: shop.read("shop://terms"),
    greeting: shop.prompt("greet", arguments: { "who": "Ada" }),
  }
}
)");
  const Ended ended = shop.run();
  check_ended(ended, 0, {});
  for (const char* part : {"12.5", "order 7, limit 3", "42.5", "text of shop://terms", "user: Hello Ada"}) {
    CAPTURE(ended.out, part);
    CHECK(ended.out.find(part) != std::string::npos);
  }
}

TEST_CASE("a tool that fails is caught, and says why if it is not") {
  const Shop shop(
      "chain main() -> string {\n  return try shop.fails() catch { tool_failed e => \"no: {{ e.message }}\" "
      "}\n}\n");
  const Ended ended = shop.run();
  check_ended(ended, 0, {});
  CHECK(ended.out.find("no: tool `shop.fails`: the shop is closed") != std::string::npos);
}

TEST_CASE("a server that has changed a tool is not called") {
  const std::string chain = "chain main() -> string {\n  return shop.find_order(id: \"7\").note\n}\n";
  const Shop shop(chain);
  check_ended(shop.run(), 0, {});
  shop.write("changed", chain);
  const Ended ended = shop.run();
  CHECK(ended.code != 0);
  CAPTURE(ended.err);
  CHECK(ended.err.find("describes `find_order` in another way than when it was pinned") != std::string::npos);
  CHECK(ended.err.find("`chain mcp pin`") != std::string::npos);
}

TEST_CASE("whatever ends a run ends its servers") {
  const Shop shop("chain main() -> string {\n  return shop.slow()\n}\n");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGKILL}) {
    CAPTURE(signal);
    Child child(shop.command());
    std::vector<pid_t> children;
    for (int i = 0;
         i < 2000 && (children.size() < 2 || !std::filesystem::exists(shop.place.path() / "slow.called"));
         ++i) {  // the server, and what watches over it
      usleep(5'000);
      children = children_of(child.pid());
    }
    REQUIRE(children.size() == 2);
    child.signal(signal);
    check_ended(child.wait(), 128 + signal, {});
    for (const pid_t each : children) CHECK(gone(each));
    std::filesystem::remove(shop.place.path() / "slow.called");
  }
}

TEST_CASE("a call that was sent and not answered is not made again unless a person says so") {
  for (const char* how : {"dies", "late"}) {
    CAPTURE(how);
    const Shop shop("chain main() -> string {\n  return shop.slow()\n}\n");
    shop.write(how, "chain main() -> string {\n  return shop.slow()\n}\n",
               how == std::string("late") ? ", timeout: 1s" : "");
    check_ended(shop.run(), 1, {"nobody knows whether it was carried out"});
    check_ended(shop.place.chain({"resume", "last"}), 5,
                {"`shop.slow` was called with",
                 how == std::string("late") ? "was not answered" : "the server ended"});
    CHECK(shop.place.chain({"answer", "last", "\"done\""}).out == "done\n");
  }
  // What the server refuses has not happened.
  const Shop shop("chain main() -> string {\n  return shop.fails()\n}\n");
  check_ended(shop.run(), 1, {"the shop is closed"});
  check_ended(shop.place.chain({"resume", "last"}), 1, {"the shop is closed"});
}
