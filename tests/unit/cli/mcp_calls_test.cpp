// What servers offer, called by programs that run.
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
  void write(const std::string& how, const std::string& chain) const {
    place.file("main.chain", "mcp shop = stdio(\"" + std::string(CHAIN_BIN) + "/mcp_shop\"" +
                                 (how.empty() ? "" : ", \"" + how + "\"") + ")\n\n" + chain);
  }
  [[nodiscard]] Ended run() const { return place.chain({"run", "main.chain", "--allow", allowed}); }
};

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
