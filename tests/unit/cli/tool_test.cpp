// Tools that are called over HTTP.
#include "tests/unit/cli/tools_place.h"

using namespace chain::testing;

TEST_CASE("a tool sends what it says, and its answer is read as its type") {
  const Tools tools(R"chain(
type Echo {
  method: string
  query: map<string>
  headers: map<string>
  body: string
}

tool look(word: string, n: int) -> Echo reads = http.get("SERVER/echo?fixed=1", query: { "q": word, "n": "{{ n }}" },
  headers: { "Authorization": "Bearer {{ secret("TOOL_KEY") }}" })
tool put(words: string[]) -> Echo writes = http.put("SERVER/echo", json: { "words": words, "deep": { "n": 1 } })
tool post(text: string) -> string writes = http.post("SERVER/text", body: text)
tool remove() -> string writes = http.delete("SERVER/text")
tool nothing() -> string writes = http.post("SERVER/empty")

chain main() -> string {
  let a = look("köln & bonn?", 7)
  let b = put(["x", "\"y\""])
  let c = post("hé\nho")
  let d = remove()
  let e = nothing()
  return "{{ e }}{{ a.method }} {{ a.query }} {{ a.headers }}\n{{ b.method }} {{ b.body }} {{ b.headers }}\n{{ c }} {{ d }}"
}
)chain");
  const Ended ended = tools.run_main();
  check_ended(ended, 0, {});
  for (const char* part :
       {R"("fixed": "1")", R"("q": "köln & bonn?")", R"("n": "7")", R"("authorization": "Bearer [redacted]")",
        R"(PUT {"words": ["x", "\"y\""], "deep": {"n": 1}})", R"("content-type": "application/json")",
        R"("idempotency-key": ")", "POST hé\nho DELETE"}) {
    INFO(part << " in\n" << ended.out);
    CHECK(ended.out.find(part) != std::string::npos);
  }
  CHECK(tools.server.stat("requests") == 5);
  const Ended shown = tools.chain({"show", "last", "--step", "main/look"});
  CHECK(shown.out.find("Authorization: Bearer [redacted]") != std::string::npos);
  // A replay calls no tool.
  CHECK(tools.chain({"replay", "last"}).out == ended.out);
  CHECK(tools.server.stat("requests") == 5);
}

TEST_CASE("a form is sent as browsers send it, and the header says who asks") {
  const Tools tools(R"chain(
type Echo {
  headers: map<string>
  body: string
  query: map<string>
}

tool form(text: string) -> Echo writes = http.post("SERVER/echo", form: { "text": text, "a b": "1" }, query: { "q": "x y" },
  auth: bearer(secret("TOOL_KEY")))
tool named() -> Echo reads = http.get("SERVER/echo", auth: basic("ann", secret("TOOL_KEY")))
tool keyed() -> Echo reads = http.get("SERVER/echo", auth: basic(secret("TOOL_KEY")))

chain main() -> string {
  let a = form("köln & bonn + x=y")
  let b = named()
  let c = keyed()
  return "{{ a.body }} {{ a.query }} {{ a.headers }}\n{{ b.headers }}\n{{ c.headers }}"
}
)chain");
  const Ended ended = tools.run_main();
  check_ended(ended, 0, {});
  for (const char* part :
       {"text=k%C3%B6ln+%26+bonn+%2B+x%3Dy", "a+b=1", R"("q": "x y")",
        R"("content-type": "application/x-www-form-urlencoded")", R"("authorization": "Bearer [redacted]")",
        R"("authorization": "Basic [redacted]")"}) {
    INFO(part << " in\n" << ended.out);
    CHECK(ended.out.find(part) != std::string::npos);
  }
  // "ann:s3cret/key" and "s3cret/key:", as the header has them.
  for (const char* kept : {"YW5uOnMzY3JldC9rZXk=", "czNjcmV0L2tleTo=", "s3cret"}) {
    for (const char* step : {"main/form", "main/named", "main/keyed"}) {
      const Ended shown = tools.chain({"show", "last", "--step", step});
      CHECK(shown.out.find("Authorization:") != std::string::npos);
      CHECK((shown.out + ended.out).find(kept) == std::string::npos);
    }
  }
}

TEST_CASE("a tool takes a part of the answer") {
  const Tools tools(R"chain(
type Order {
  id: string
  total: float
}

tool order() -> Order reads = http.get("SERVER/orders/7", at: "data.order")
tool id() -> string reads = http.get("SERVER/orders/7", at: "data.order.id")
tool tag() -> string reads = http.get("SERVER/orders/7", at: "data.tags.1")
tool note() -> string? reads = http.get("SERVER/orders/7", at: "data.order.note")
tool nowhere() -> int? reads = http.get("SERVER/orders/7", at: "data.order.weight.kilos")
tool total() -> json reads = http.get("SERVER/orders/7", at: "data.order.total")
tool nothing() -> Order? reads = http.get("SERVER/nothing")
tool korean() -> string reads = http.get("SERVER/korean")

chain main() -> string {
  let a = order()
  let b = id()
  let c = tag()
  let d = note()
  let e = nowhere()
  let f = total()
  let g = nothing()
  let h = korean()
  let found = if g { "some" } else { "none" }
  return "{{ a.total }} {{ b }} {{ c }} {{ d ?? "-" }} {{ e ?? 0 }} {{ f }} {{ found }} {{ h }}"
}
)chain");
  const Ended ended = tools.run_main();
  check_ended(ended, 0, {});
  CHECK(ended.out == "12.5 7 b - 0 12.50 none 한글\n");
}

TEST_CASE("a part that is not there is a failure that says what is there") {
  const auto fails = [](const std::string& path, const std::string& at, std::string_view said) {
    const Tools tools(
        tool("tool t() -> int reads = http.get(\"SERVER/" + path + "\", at: \"" + at + "\")", "t()"));
    check_ended(tools.run_main(), 1, {"tool_failed: tool `t`: its answer", said});
  };
  fails("orders/7", "data.orders", "has no `orders`: `data` holds `order`, `tags`");
  fails("orders/7", "data.tags.2", "has no `2`: `tags` is a list of 2");
  fails("orders/7", "data.order.id.x", "has no `x`: `id` is \"7\"");
  fails("page.html", "data", "is no JSON: it begins with \"<!doctype html>");
  fails("nothing", "data", "is no JSON: it begins with \"\"");
  const Tools html(tool("tool t() -> int reads = http.get(\"SERVER/page.html\")", "t()"));
  check_ended(html.run_main(), 1, {"`t` answered what is no int", "it says \"<!doctype html><title>"});
}

TEST_CASE("a list is asked for page by page") {
  const Tools tools(R"chain(
tool linked() -> int[] reads = http.get("SERVER/linked", pages: link)
tool some() -> int[] reads = http.get("SERVER/linked", pages: link(most: 2))
tool nexts() -> int[] reads = http.get("SERVER/nexts", pages: link("paging.next"), at: "items")
tool cursors(limit: string) -> int[] reads = http.get("SERVER/cursors", query: { "limit": limit }, auth: bearer(secret("TOOL_KEY")),
  pages: cursor("cursor", query: "after"), at: "data.items")
tool three() -> int[] reads = http.get("SERVER/cursors?limit=1", pages: cursor("cursor", query: "after", most: 3), at: "data.items")

chain main() -> string {
  let a = linked()
  let b = some()
  let c = nexts()
  let d = cursors("2")
  let e = three()
  return "{{ a }} {{ b }} {{ c }} {{ d }} {{ e }}"
}

chain endless() -> int[] {
  return cursors("1")
}
)chain");
  const Ended ended = tools.run_main();
  check_ended(ended, 0, {});
  CHECK(ended.out ==
        "[1, 2, 3, 4, 5, 6] [1, 2, 3, 4] [1, 2, 3, 4, 5, 6] [1, 2, 3, 4, 5, 6] [1, 2, 3, 4, 5, 6]\n");
  CHECK(tools.server.stat("requests") == 3 + 2 + 3 + 3 + 3);
  check_ended(
      tools.chain({"run", "tools.chain:endless", "--allow", "host=127.0.0.1", "--allow", "env=TOOL_KEY"}), 1,
      {"tool_failed: tool `cursors`: it has more than 100 pages; `most:` says how many"});
}

TEST_CASE("pages lead to no other host, and not in a circle") {
  const auto fails = [](const std::string& path, const std::string& pages, std::string_view said) {
    const Tools tools(tool(
        "tool t() -> int[] reads = http.get(\"SERVER/" + path + "\", pages: " + pages + ", at: \"items\")",
        "t()"));
    check_ended(tools.run_main(), 1, {"tool_failed: tool `t`: ", said});
  };
  fails("nexts?to=http://169.254.169.254/x", "link(\"paging.next\")",
        "is another host; pages are asked for at `http://127.0.0.1");
  fails("nexts?to=https://127.0.0.1/x", "link(\"paging.next\")", "is another host");
  fails("nexts?to=file:///etc/passwd", "link(\"paging.next\")", "its next page is at `file:///etc/passwd`");
  fails("circle", "link(\"paging.next\")", "go round in a circle");
  fails("linked", "link", "a page has no `items`: the whole is a list of 2");
  fails("orders/7", "link", "a page has no `items`: the whole holds `data`");
}

TEST_CASE("without leave no tool is called") {
  const Tools tools(tool("tool t() -> string reads = http.get(\"SERVER/text\")", "t()"));
  check_ended(tools.chain({"run", "tools.chain"}), 4, {"E0701"});
  check_ended(tools.run_main({"--deny", "host=127.0.0.1"}), 4, {});
  CHECK(tools.server.stat("requests") == 0);
}

TEST_CASE("what a tool answers wrongly is a failure that names it and keeps secrets") {
  const auto fails = [](const char* path, const char* type, const char* more,
                        std::initializer_list<std::string_view> said) {
    const Tools tools(tool(std::string("tool t() -> ") + type + " reads = http.get(\"SERVER/" + path +
                               "\", headers: { \"Authorization\": \"{{ secret(\"TOOL_KEY\") }}\" }" + more +
                               ")",
                           "t()"));
    const Ended ended = tools.run_main();
    check_ended(ended, 1, said);
    CHECK((ended.out + ended.err).find("s3cret") == std::string::npos);
  };
  fails("fails?status=400", "string", "",
        {"tool_failed: tool `t`: it answered 400: no luck with [redacted]"});
  fails("fails?status=429", "string", ", retry: 0", {"rate_limited: tool `t`: it answered 429"});
  fails("fails?status=503", "string", ", retry: 0", {"unavailable: tool `t`"});
  fails("nowhere", "string", "", {"it answered 404: there is nothing"});
  fails("elsewhere", "string", "", {"which leads to `http://169.254.169.254", "redirects are not followed"});
  fails("text", "int", "", {"tool_failed: `t` answered what is no int"});
  fails("empty", "int", "", {"`t` answered what is no int"});
  fails("bytes", "string", "", {"it is not UTF-8"});
  fails("huge", "string", "", {"tool_failed", "larger than allowed"});
  fails("cut", "string", ", retry: 0", {"unavailable: tool `t`"});
  fails("hang", "string", ", timeout: 100ms, retry: 0", {"timeout: tool `t`"});
}

TEST_CASE("what is filled into a URL leads nowhere else") {
  const Tools tools(R"chain(
tool user(name: string) -> string reads = http.get("SERVER/echo/{{ name }}/public", headers: { "x-empty": "" })

chain main(name: string) -> string {
  return user(name)
}
)chain");
  for (const char* name : {"..", "a/../..", "%2e%2E", "."}) {
    INFO(name);
    check_ended(tools.run_main({"-a", std::string("name=") + name}), 1,
                {"invalid_value: what is filled into the path of a URL leads elsewhere"});
  }
  CHECK(tools.server.stat("requests") == 0);
}

TEST_CASE("a question mark that is filled into a path begins no query") {
  const Tools tools(R"chain(
tool path(name: string, more: string) -> string reads = http.get("SERVER/{{ name }}?q={{ more }}")
tool joined(name: string) -> string reads = http.get("SERVER/" + name)
tool whole(url: string) -> string reads = http.get(url)

chain main(name: string) -> string {
  return path(name, "a?b")
}
chain add(name: string) -> string {
  return joined(name)
}
chain other(url: string) -> string {
  return whole(url)
}
)chain");
  const auto asked = [&](const char* chain, const std::string& argument) {
    return tools.chain({"run", std::string("tools.chain:") + chain, "--allow", "host=*", "--allow",
                        "host=127.0.0.1", "-a", argument});
  };
  for (const char* chain : {"main", "add"}) {
    // The path that is asked for is `/echo%3Fadmin=1`, which there is none of.
    const Ended ended = asked(chain, "name=echo?admin=1");
    check_ended(ended, 1, {"404"});
    CHECK(ended.out.find("admin") == std::string::npos);
  }
  const Ended plain = asked("main", "name=echo");
  check_ended(plain, 0, {});
  CHECK(plain.out.find("\"q\":\"a?b\"") != std::string::npos);  // a query's own is left alone
  const Ended whole =
      asked("other", "url=http://127.0.0.1:" + std::to_string(tools.server.port()) + "/echo?x=1");
  check_ended(whole, 0, {});
  CHECK(whole.out.find("\"x\":\"1\"") != std::string::npos);
}

TEST_CASE("a tool that reads is tried again, one that writes is not") {
  const Tools reads(tool("tool t() -> string reads = http.get(\"SERVER/flaky\")", "t()"));
  CHECK(reads.run_main().out == "\"at last\"\n");
  CHECK(reads.server.stat("requests") == 2);
  const Tools writes(tool("tool t() -> string writes = http.post(\"SERVER/flaky\")", "t()"));
  check_ended(writes.run_main(), 1, {"unavailable"});
  CHECK(writes.server.stat("requests") == 1);
  const Tools twice(tool("tool t() -> string writes idempotent = http.post(\"SERVER/flaky\")", "t()"));
  check_ended(twice.run_main(), 0, {});
  CHECK(twice.server.stat("repeated") == 1);  // with the same key
}

TEST_CASE("a person says yes to each call of a tool that wants it") {
  const Tools tools(tool(
      "tool t(n: int) -> string writes approve = http.post(\"SERVER/text\", body: \"{{ n }}\")", "t(7)"));
  check_ended(tools.run_main(), 5, {"to be approved", "call `t` with {\"n\": 7}"});
  CHECK(tools.server.stat("requests") == 0);
  CHECK(tools.chain({"answer", "last", "yes"}).out == "POST 7\n");
  CHECK(tools.server.stat("requests") == 1);
  check_ended(tools.run_main(), 5, {});
  check_ended(tools.chain({"answer", "last", "no"}), 1, {"denied"});
  CHECK(tools.server.stat("requests") == 1);
}

TEST_CASE("a write under way ends before the time of its chain is up") {
  const Tools tools(R"chain(
tool slow() -> string writes = http.post("SERVER/hang", timeout: 600ms)

chain hurry() -> string within { time: 100ms } {
  return slow()
}

chain main() -> string {
  let x = try hurry() catch { budget => "late", else => "other" }
  return x
}
)chain");
  check_ended(tools.run_main(), 0, {});
  const Ended steps = tools.chain({"show", "last", "--json"});
  CHECK(steps.out.find("\"timeout\"") != std::string::npos);  // how the call ended
}
