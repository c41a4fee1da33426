// What a program needs of the world outside, and the writes that untrusted text decides about.
#include "compiler/sema/capabilities.h"
#include "runtime/access/host.h"

#include <catch2/catch.hpp>

#include "runtime/access/policy.h"
#include "tests/unit/sema/checked.h"

namespace {

using chain::access::host_of_url;
using chain::sema::test::check_text;

/// The needs of the last chain, joined by "; "; `usual` ones in parentheses.
std::string needs(const std::string& text) {
  auto checked = check_text(text);
  if (!checked.module) return checked.graph();
  chain::sema::find_capabilities(*checked.module);
  std::string result;
  for (const uint32_t index : checked.module->chains[checked.module->entries.back()].needs) {
    const auto& need = checked.module->capabilities[index];
    const std::string one = chain::access::to_string(need);
    result += (result.empty() ? "" : "; ") + (need.usual ? "(" + one + ")" : one);
    CHECK(need.end > need.begin);
  }
  return result;
}

std::string of_tool(const std::string& parameters, const std::string& arguments,
                    const std::string& provider) {
  return needs("tool t(" + parameters + ") -> string reads = " + provider +
               "\nchain main() -> string {\n  return t(" + arguments + ")\n}\n");
}

std::string of_model(const std::string& provider) {
  return needs("model m = " + provider + "\nprompt p() -> string {\n  model: m\n  user: \"x\"\n}\n" +
               "chain main() -> string {\n  return p()\n}\n");
}

/// What is decided about each write, joined by "; ".
std::string decided(const std::string& body) {
  const auto checked = check_text(R"(model fast = baseline()
enum Urgency {
  low
  high
}
type Ticket {
  id: string
  body: untrusted string
}
prompt classify(text: string) -> Urgency {
  model: fast
  system: "{{ output.format }}"
  user: "{{ text }}"
}
tool page(urgency: Urgency, id: string) -> bool writes = http.post("https://example.com/{{ urgency }}/{{ id }}")
chain raise(u: Urgency) -> bool {
  return if u == high { page(high, "7") } else { false }
}
chain calm(u: Urgency) -> bool {
  return if u == high { page(high, "8") } else { false }
}
chain main(ticket: Ticket, tickets: Ticket[], urgency: Urgency) -> bool {
)" + body + "\n}\n");
  if (!checked.module) return checked.graph();
  std::string result;
  for (const auto& write : checked.module->guarded_writes) {
    result += (result.empty() ? "" : "; ") + write.callee + ": " + write.decided + " by " + write.condition;
    CHECK_FALSE(write.path.empty());
  }
  return result;
}

}  // namespace

TEST_CASE("the host of a URL") {
  CHECK(host_of_url("https://api.example.com/v1?x=https://other") == "api.example.com");
  CHECK(host_of_url("https://API.Example.com") == "api.example.com");
  CHECK(host_of_url("https://example.com:443/x") == "example.com");
  CHECK(host_of_url("https://example.com:8443") == "example.com:8443");
  CHECK(host_of_url("http://example.com") == "example.com:80");
  CHECK(host_of_url("http://localhost:11434/v1") == "localhost:11434");
  CHECK(host_of_url("https://[::1]:8080/") == "[::1]:8080");
  CHECK(host_of_url("https://*.example.com/x") == "*.example.com");
  // Who is asked stands behind the last @, whatever comes before it.
  CHECK(host_of_url("https://api.example.com@evil.com/x") == "evil.com");
  CHECK(host_of_url("https://evil.com\\@api.example.com/x") == "*");  // programs differ in what this means
  CHECK(host_of_url("http://localhost\\@192.0.2.2:8766/v1") == "*");
  CHECK(host_of_url("https://a@b@evil.com/x") == "*");
  CHECK(host_of_url("HTTPS://EXAMPLE.com./x") == "example.com");
  CHECK(host_of_url("http://localhost.:8080") == "localhost:8080");
  for (const char* same :
       {"http://3221225986:8766/v1", "http://192.0.514:8766/v1", "http://0xC0000202:8766/v1",
        "http://0300.0.2.2:8766/", "http://[::ffff:192.0.2.2]:8766/"}) {
    INFO(same);
    CHECK(host_of_url(same) == "192.0.2.2:8766");
  }
  CHECK(host_of_url("https://[0:0:0:0:0:0:0:1]/") == "[::1]");
  CHECK(host_of_url("https://\xEF\xBD\x85vil.com/") == "evil.com");  // a wide e
  CHECK(host_of_url("https://xn--3e0b707e.kr/") == host_of_url("https://\xED\x95\x9C\xEA\xB5\xAD.kr/"));
  CHECK(host_of_url("https://192.*/") == "*");
  CHECK(host_of_url("https://api.*/") == "api.*");
  CHECK(host_of_url("https://evil.com#@api.example.com/x") == "evil.com");
  for (const char* url : {"", "example.com", "ftp://example.com", "file:///etc/passwd", "https:///x",
                          "*://x.com", "https://a b/", "https://[::1"}) {
    INFO(url);
    CHECK(host_of_url(url) == "*");
  }
}

TEST_CASE("what tools need") {
  CHECK(of_tool("", "", "http.get(\"https://example.com/x\")") == "host=example.com");
  CHECK(of_tool("c: string", "\"x\"", "http.get(\"https://example.com/{{ c }}\")") == "host=example.com");
  CHECK(of_tool("c: string", "\"x\"", "http.get(\"https://{{ c }}.example.com\")") == "host=*.example.com");
  CHECK(of_tool("c: string", "\"x\"", "http.get(\"https://example.com{{ c }}\")") == "host=example.com*");
  CHECK(of_tool("c: string", "\"x\"", "http.get(c)") == "host=*");
  CHECK(of_tool("", "",
                "http.get(\"https://example.com\", headers: { \"k\": \"Bearer {{ secret(\"KEY\") }}\" })") ==
        "host=example.com; env=KEY");
  CHECK(of_tool("", "", "command(\"wc\", \"-w\")") == "command=wc -w");
  CHECK(of_tool("c: string", "\"x\"", "command(\"grep\", c, \"a b\", \"*\", \"it's\")") ==
        "command=grep * 'a b' '*' 'it'\\''s'");
  CHECK(of_tool("c: string", "\"x\"",
                "command(\"ls\", folder: \"docs/{{ c }}\", env: { \"A\": secret(\"B\") })") ==
        "read=docs/*; command=ls; env=B");
}

TEST_CASE("what models need, usual and not") {
  CHECK(of_model("baseline()") == "");
  CHECK(of_model("openai(\"m\")") == "(host=api.openai.com); (env=OPENAI_API_KEY)");
  CHECK(of_model("ollama(\"m\")") == "(host=localhost:11434)");
  CHECK(of_model("compatible(\"m\", base_url: \"http://localhost:8000/v1\")") == "(host=localhost:8000)");
  CHECK(of_model("compatible(\"m\", base_url: \"https://gate.com/v1\", api_key: secret(\"K\"))") ==
        "host=gate.com; env=K");
  CHECK(of_model("openai(\"m\", base_url: \"http://127.0.0.1:9/v1\", api_key: secret(\"K\"))") ==
        "(host=127.0.0.1:9); env=K");
  CHECK(of_model("openai(\"m\", base_url: \"https://evil.com/v1\")") == "host=evil.com; env=OPENAI_API_KEY");
  CHECK(of_model("openai(\"m\", base_url: \"http://127.0.0.1.evil.com/v1\")") ==
        "host=127.0.0.1.evil.com:80; env=OPENAI_API_KEY");
}

TEST_CASE("what resources and agents need, and only what a chain reaches") {
  CHECK(needs(R"(model m = baseline()
index handbook = documents("docs/**/*.md", embed: openai("e"))
memory notes = local(embed: openai("e", base_url: "https://embed.example.com"))
mcp shop = http("https://shop.example.com/mcp", headers: { "k": secret("SHOP") })
tool weather(city: string) -> string reads = http.get("https://weather.example.com/{{ city }}")
tool unused() -> string reads = http.get("https://unused.example.com")
agent helper(q: string) -> string {
  model: m
  tools: [weather, handbook.search]
  memory: notes
  user: "{{ q }}"
}
chain main(q: string) -> string {
  return helper(q)
}
)") == "(host=api.openai.com); host=embed.example.com; host=weather.example.com; read=docs/**/*.md; "
       "(env=OPENAI_API_KEY); env=OPENAI_API_KEY");
}

TEST_CASE("what indexes need") {
  const auto of_index = [](const std::string& provider) {
    return needs("index i = " + provider + "\nchain main() -> int {\n  return len(i.search(\"x\"))\n}\n");
  };
  CHECK(of_index("documents([\"a/*\", \"b/*\"])") == "read=a/*; read=b/*");
  CHECK(of_index("jsonl(\"a.jsonl\", embed: compatible(\"e\", base_url: \"https://e.com/v1\", api_key: "
                 "secret(\"K\")))") == "host=e.com; read=a.jsonl; env=K");
  CHECK(of_index("web(\"https://a.com/x\", \"http://localhost:8080\")") == "host=a.com; host=localhost:8080");
  CHECK(of_index("documents(\"a\", rerank: cohere(\"r\"))") ==
        "(host=api.cohere.com); read=a; (env=COHERE_API_KEY)");
  CHECK(of_index("documents(\"a\", rerank: jina(\"r\", base_url: \"https://evil.com\"))") ==
        "host=evil.com; read=a; env=JINA_API_KEY");
  CHECK(of_index("postgres(\"postgres://db.example.com/x\", \"select 1\")") == "host=db.example.com:5432");
  CHECK(of_index("postgres(\"dbname=x\", \"select 1\")") == "(host=localhost:5432)");
  CHECK(of_index("postgres(secret(\"DB\"), \"select 1\")") == "env=DB");
  CHECK(of_index("sqlite(\"a.db\", \"select 1\")") == "read=a.db");
}

TEST_CASE("a condition that untrusted text decides guards the writes behind it") {
  CHECK(decided("  return page(high, ticket.id)") == "");
  CHECK(decided("  if urgency == high { page(high, ticket.id) }\n  return true") == "");
  CHECK(decided("  if classify(ticket.body) == high { page(high, ticket.id) }\n  return true") ==
        "tool `page`: whether it is called by classify == high");
  CHECK(decided("  if classify(ticket.id) == high { page(high, ticket.id) }\n  return true") == "");
  CHECK(decided("  let u = classify(ticket.body)\n  return match u {\n    high => page(low, ticket.id)\n    "
                "low => true\n  }") == "tool `page`: whether it is called by u");
  CHECK(decided("  let u = classify(ticket.body)\n  return page(u, ticket.id)") ==
        "tool `page`: argument `urgency` by u");
  CHECK(decided("  let u: Urgency = if classify(ticket.body) == high { low } else { high }\n  return page(u, "
                "ticket.id)") == "tool `page`: argument `urgency` by u");
}

TEST_CASE("so do returns and breaks before it, and loops around it") {
  CHECK(decided("  if classify(ticket.body) == low { return false }\n  return page(high, ticket.id)") ==
        "tool `page`: whether it is called by classify == low");
  CHECK(decided("  let u = classify(ticket.body)\n  repeat up to 3 {\n    page(high, ticket.id)\n"
                "    if u == low { break }\n  }\n  return true") ==
        "tool `page`: whether it is called by u == low");
  CHECK(decided("  let us = for t in tickets { classify(t.body) }\n  for u in us where u == high { "
                "page(high, \"9\") }\n"
                "  return true")
            .starts_with("tool `page`: whether it is called by "));
  // Not a loop that has ended.
  CHECK(decided("  let u = classify(ticket.body)\n  var n = 0\n  repeat up to 3 {\n    if u == low { break "
                "}\n    n = n + 1\n"
                "  }\n  return page(high, ticket.id)") == "");
}

TEST_CASE("and what is decided in one chain counts in those it calls") {
  CHECK(decided("  raise(classify(ticket.body))\n  calm(urgency)\n  return true") ==
        "tool `page`: whether it is called by u == high");
  CHECK(decided("  if classify(ticket.body) == high { calm(urgency) }\n  return true") ==
        "chain `calm`: whether it is called by classify == high");
  CHECK(
      decided("  if human.approve(classify(ticket.body)) == high { page(high, ticket.id) }\n  return true") ==
      "");
}
