// `shop.find_order(id: "7")`, checked against the schemas in the lock.
#include <catch2/catch.hpp>

#include "compiler/graph/resource_options.h"
#include "compiler/lock/lock.h"
#include "tests/unit/sema/checked.h"

namespace {

using chain::lock::Lock;
using chain::lock::Remote;
using chain::sema::test::check_files;
using chain::sema::test::Checked;

constexpr const char* kKey = "main.chain:shop.";

Remote remote(const std::string& input, const std::string& output, const std::string& annotations) {
  Remote tool;
  tool.kind = "mcp";
  tool.description = "What the server says.";
  tool.input = input;
  tool.output = output;
  tool.annotations = annotations;
  tool.hash = hash_of(tool);
  return tool;
}

Lock shop() {
  Lock lock;
  lock.remote[std::string(kKey) + "find_order"] = remote(
      R"({"properties": {"id": {"type": "string"}, "limit": {"default": 3, "type": "integer"}}, "required": ["id"], "type": "object"})",
      R"({"properties": {"note": {"type": "string"}, "total": {"type": "number"}}, "required": ["total", "note"], "type": "object"})",
      R"({"readOnlyHint": true})");
  lock.remote[std::string(kKey) + "refund"] = remote(
      R"({"properties": {"order": {"type": "string"}}, "required": ["order"], "type": "object"})", "", "");
  lock.remote[std::string(kKey) + "ping"] = remote(R"({"type": "object"})", "", "");
  return lock;
}

Checked check(const std::string& text, const Lock& lock = shop()) {
  return check_files({{"main.chain", "mcp shop = stdio(\"npx\", \"-y\", \"@acme/shop-mcp\")\n\n" + text},
                      {"chain.lock", write_lock(lock)}});
}

std::string messages(const Checked& checked) {
  std::string all;
  for (const std::string& message : checked.messages()) all += (all.empty() ? "" : "; ") + message;
  return all;
}

}  // namespace

TEST_CASE("calls of a server's tools are typed by the lock") {
  CHECK(messages(check(R"(chain main(id: string) -> float {
  let order = shop.find_order(id: id)
  return order.total * 2
}

chain note(order: shop.FindOrderResult) -> string {
  return order.note
}

test "it finds" {
  given shop.find_order returns shop.FindOrderResult { total: 2.0, note: "" }
  expect main("7") == 4.0
}
)")) == "");
  const Checked good =
      check("chain main(id: string) -> float {\n  return shop.find_order(id: id).total\n}\n");
  INFO(good.graph());
  REQUIRE(good.module);
  const auto& external = good.module->externals.at(0);
  CHECK(external.name == "shop.find_order");
  CHECK(external.kind == chain::program::ExternalKind::Remote);
  CHECK(external.effect == chain::program::Effect::Reads);
  CHECK(external.doc == "What the server says.");
  CHECK(good.graph().find("remote shop.find_order(id: string, limit: int = 3) -> FindOrderResult reads") !=
        std::string::npos);
}

TEST_CASE("what does not fit the schema is an error at its place") {
  CHECK(messages(check("chain main() -> string {\n  return shop.find_order(id: 7).note\n}\n"))
            .find("E0203 4:30") == 0);
  CHECK(messages(check("chain main() -> string {\n  return shop.find_order().note\n}\n")).find("E0215") == 0);
  CHECK(messages(check("chain main() -> string {\n  return shop.find_order(order: \"7\").note\n}\n"))
            .find("E0217") == 0);
  CHECK(messages(check("chain main() -> string {\n  return shop.find_order(id: \"7\").nope\n}\n"))
            .find("E0102") == 0);
  CHECK(messages(check("chain main() -> string {\n  return shop.find_ordr(id: \"7\")\n}\n")) ==
        "E0127 4:15 `shop` offers no `find_ordr`; did you mean `find_order`?");
}

TEST_CASE("a server that is not in the lock is named") {
  const Checked none = check("chain main() -> string {\n  return shop.ping()\n}\n", {});
  CHECK(
      messages(none) ==
      "E0511 4:15 `shop` is not in `chain.lock`, which records what servers offer, so that calls are checked "
      "without asking them; write it down with `chain mcp pin main.chain`");
  const Checked missing = check_files(
      {{"main.chain", "mcp shop = stdio(\"x\")\nchain main() -> string {\n  return shop.ping()\n}\n"}});
  CHECK(messages(missing).starts_with("E0511"));
}

TEST_CASE("a tool writes unless the server says that it only reads") {
  const Checked checked = check("chain main() -> string {\n  shop.ping()\n  return shop.refund(\"7\")\n}\n");
  REQUIRE(checked.module);
  CHECK(checked.module->chains.at(0).writes);
  CHECK(messages(check("chain main(x: untrusted string) -> string {\n  return shop.refund(x)\n}\n"))
            .starts_with(
                "E0304 4:10 untrusted text reaches argument `order` of tool `shop.refund`, which writes"));
}

TEST_CASE("what a server answers is untrusted") {
  CHECK(messages(check("chain main(o: shop.FindOrderReslt) -> string {\n  return o.note\n}\n")) ==
        "E0104 3:20 unknown type `FindOrderReslt`; did you mean `FindOrderResult`?");
  CHECK(messages(check("tool send(to: string) -> bool writes = http.post(\"https://x.com\", body: to)\n"
                       "chain main() -> bool {\n  return send(shop.find_order(\"7\").note)\n}\n"))
            .find("E0304") == 0);
}

TEST_CASE("agents may be given a server's tools") {
  const Checked checked = check(R"(model m = baseline()
agent helper(q: string) -> string {
  model: m
  tools: [shop.find_order]
  user: "{{ q }}"
}
chain main() -> string {
  return helper("x")
}
)");
  INFO(checked.graph());
  REQUIRE(checked.module);
  CHECK_FALSE(checked.module->chains.at(checked.module->entries.front()).writes);
}

TEST_CASE("a damaged lock is reported in the lock") {
  const std::string main = "mcp shop = stdio(\"x\")\nchain main() -> string {\n  return shop.ping()\n}\n";
  CHECK(check_files({{"main.chain", main}, {"chain.lock", "{"}}).messages().at(0).starts_with("E0510 "));
  // Of a program without servers too: the lock says what is released.
  const std::string plain = "chain main() -> string {\n  return \"\"\n}\n";
  CHECK(check_files({{"main.chain", plain}, {"chain.lock", "{"}}).messages().at(0).starts_with("E0510 "));
}

TEST_CASE("a tool without types is in nobody's way but of those who call it") {
  Lock odd = shop();
  odd.remote[std::string(kKey) + "odd"] =
      remote(R"({"not": {}, "properties": {"a": {"not": {}}}, "type": "object"})", "", "");
  const std::string called = "chain main() -> string {\n  return shop.odd()\n}\n";
  CHECK(
      messages(check(called, odd)) ==
      "E0117 4:15 cannot make types of `chain.lock#/remote/main.chain:shop.odd/input/not`: `not` has no type "
      "here");
  CHECK(messages(check("chain main() -> string {\n  return shop.refund(\"7\")\n}\n", odd)) == "");
}

TEST_CASE("a schema that goes round in a circle is a mistake of those alone who use its tool") {
  const std::string circle =
      R"({"$defs": {"Node": {"properties": {"next": {"$ref": "#/$defs/Node"}}, "required": ["next"], "type": "object"}}, )"
      R"("properties": {"tree": {"$ref": "#/$defs/Node"}}, "type": "object"})";
  Lock lock = shop();
  lock.remote[std::string(kKey) + "walk"] = remote(circle, "", "");
  lock.remote[std::string(kKey) + "grow"] = remote(R"({"type": "object"})", circle, "");
  lock.remote[std::string(kKey) + "self"] =
      remote(R"({"properties": {"a": {"$ref": "#/properties/a"}}, "type": "object"})", "", "");
  CHECK(messages(check("chain main() -> string {\n  return shop.refund(\"7\")\n}\n", lock)) == "");
  for (const char* tool : {"walk", "grow", "self"}) {
    INFO(tool);
    const std::string said =
        messages(check(std::string("chain main() -> string {\n  return shop.") + tool + "()\n}\n", lock));
    CHECK(said.starts_with("E0117"));
    CHECK(said.find(std::string("main.chain:shop.") + tool) != std::string::npos);
  }
}

TEST_CASE("tools are called by names of the language") {
  Lock lock = shop();
  lock.remote[std::string(kKey) + "get-sum"] =
      remote(R"({"properties": {"a": {"type": "number"}}, "required": ["a"], "type": "object"})", "", "");
  lock.remote[std::string(kKey) + "disk.free"] = remote(R"({"type": "object"})", "", "");
  const Checked checked =
      check("chain main() -> string {\n  shop.disk_free()\n  return shop.get_sum(a: 1.5)\n}\n", lock);
  CHECK(messages(checked) == "");
  REQUIRE(checked.module);
  const auto& sum = checked.module->externals.at(1);
  CHECK(sum.provider.name == "tools/call");
  CHECK(sum.provider.options_json == R"({"name": "get-sum"})");
  lock.remote[std::string(kKey) + "get_sum"] = remote(R"({"type": "object"})", "", "");
  CHECK(messages(check("chain main() -> string {\n  return shop.get_sum()\n}\n", lock))
            .find("the tools `get-sum` and `get_sum` would have the same name here") != std::string::npos);
}

TEST_CASE("every server has resources and prompts") {
  const Checked checked = check(R"(chain main(uri: untrusted string) -> string {
  return shop.prompt("greet", arguments: { "text": shop.read(uri) })
}
)",
                                {});
  CHECK(messages(checked) == "");
  REQUIRE(checked.module);
  const auto& read = checked.module->externals.at(1);
  CHECK(read.provider.name == "resources/read");
  CHECK(read.effect == chain::program::Effect::Reads);
  CHECK(checked.module->externals.at(0).provider.name == "prompts/get");
  CHECK(messages(check("tool send(to: string) -> bool writes = http.post(\"https://x.com\", body: to)\n"
                       "chain main() -> bool {\n  return send(shop.read(\"a://b\"))\n}\n"))
            .find("E0304") == 0);
  // A tool of that name goes before it.
  Lock lock = shop();
  lock.remote[std::string(kKey) + "read"] = remote(R"({"type": "object"})", "", "");
  CHECK(messages(check("chain main() -> string {\n  return shop.read()\n}\n", lock)) == "");
}

TEST_CASE("where a server is can be known without running anything") {
  const auto text = [](const std::string& server) {
    return check_files(
        {{"main.chain", "const KEY = \"k\"\n" + server + "\nchain main() -> int { return 1 }\n"}});
  };
  const Checked good = text(
      "mcp shop = http(\"https://shop.example.com/{{ KEY }}\", headers: { \"authorization\": \"Bearer {{ "
      "secret(\"SHOP_KEY\") }}\" })");
  CHECK(messages(good) == "");
  REQUIRE(good.module);
  CHECK(
      chain::graph::resource_options(*good.module, good.module->resources.at(0)) ==
      R"({"url": "https://shop.example.com/k", "headers": {"authorization": ["Bearer ", {"secret": "SHOP_KEY"}]}})");
  CHECK(messages(text("mcp shop = http(\"https://x.com\", headers: { \"a\": upper(KEY) })"))
            .starts_with("E0228"));
}
