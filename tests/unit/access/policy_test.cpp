#include "runtime/access/policy.h"

#include <catch2/catch.hpp>

namespace {

using chain::access::parse_rule;
using chain::access::Policy;
using chain::access::Rule;
using chain::access::Verdict;
using chain::program::Capability;
using chain::program::CapabilityKind;

Rule rule(const std::string& text) {
  std::string error;
  const auto rule = parse_rule(text, "/home/ada", error);
  INFO(error);
  REQUIRE(rule);
  return *rule;
}

Capability need(CapabilityKind kind, const std::string& value) {
  Capability capability;
  capability.kind = kind;
  capability.value = value;
  return capability;
}

bool allowed(const std::string& text, CapabilityKind kind, const std::string& value) {
  return Policy{"/home/ada/project", {rule(text)}, {}, {}}.judge(need(kind, value)) == Verdict::Allowed;
}

bool denied(const std::string& text, CapabilityKind kind, const std::string& value) {
  return Policy{"/home/ada/project", {}, {rule(text)}, {}}.judge(need(kind, value)) == Verdict::Denied;
}

}  // namespace

TEST_CASE("what no program has to ask for") {
  const Policy policy{"/home/ada/project", {}, {}, {}};
  CHECK(policy.judge(need(CapabilityKind::Read, "docs/**/*.md")) == Verdict::Usual);
  CHECK(policy.judge(need(CapabilityKind::Read, "/etc/passwd")) == Verdict::Missing);
  CHECK(policy.judge(need(CapabilityKind::Write, "out.txt")) == Verdict::Missing);
  CHECK(policy.judge(need(CapabilityKind::Host, "api.openai.com")) == Verdict::Missing);
  CHECK(policy.judge(need(CapabilityKind::Command, "true")) == Verdict::Missing);
  CHECK(policy.judge(need(CapabilityKind::Env, "HOME")) == Verdict::Missing);
  Capability model = need(CapabilityKind::Host, "api.openai.com");
  model.usual = true;
  CHECK(policy.judge(model) == Verdict::Usual);
}

TEST_CASE("rules cover what they name") {
  CHECK(allowed("host=api.example.com", CapabilityKind::Host, "api.example.com"));
  CHECK(allowed("host=API.Example.com", CapabilityKind::Host, "api.example.com"));
  CHECK(allowed("host=localhost", CapabilityKind::Host, "localhost:8080"));
  CHECK_FALSE(allowed("host=localhost:80", CapabilityKind::Host, "localhost:8080"));
  CHECK_FALSE(allowed("host=example.com", CapabilityKind::Host, "*.example.com"));
  CHECK(allowed("host=*.example.com", CapabilityKind::Host, "*.example.com"));
  CHECK(allowed("host=*", CapabilityKind::Host, "*"));
  CHECK(allowed("read=/data", CapabilityKind::Read, "/data/deep/**/*.md"));
  CHECK(allowed("read=../shared", CapabilityKind::Read, "/home/shared/x.json"));
  CHECK_FALSE(allowed("read=/data", CapabilityKind::Read, "/database/x"));
  CHECK_FALSE(allowed("read=/data", CapabilityKind::Write, "/data/x"));
  CHECK(allowed("command=npx", CapabilityKind::Command, "npx -y @acme/shop"));
  CHECK(allowed("command=npx -y *", CapabilityKind::Command, "npx -y @acme/shop"));
  CHECK_FALSE(allowed("command=npx -y @acme/shop", CapabilityKind::Command, "npx -y @evil/shop"));
  CHECK_FALSE(allowed("command=npx", CapabilityKind::Command, "./npx"));
  CHECK_FALSE(allowed("command=npx", CapabilityKind::Command, "*"));
  CHECK(allowed("env=SHOP_*", CapabilityKind::Env, "SHOP_KEY"));
}

TEST_CASE("what is denied is denied whatever it may come to") {
  CHECK(denied("host=evil.com", CapabilityKind::Host, "evil.com:8080"));
  CHECK(denied("host=bad.example.com", CapabilityKind::Host, "*.example.com"));
  CHECK_FALSE(denied("host=bad.example.org", CapabilityKind::Host, "*.example.com"));
  CHECK(denied("read=/home/ada/project/docs/private", CapabilityKind::Read, "docs/**/*.md"));
  CHECK_FALSE(denied("read=/home/ada/project/keys", CapabilityKind::Read, "docs/**/*.md"));
  CHECK(denied("read=*", CapabilityKind::Read, "docs/a.md"));
  CHECK(denied("command=npx", CapabilityKind::Command, "/usr/bin/npx -y x"));
  CHECK(denied("command=rm", CapabilityKind::Command, "* -rf"));
}

TEST_CASE("deny wins over a grant and over --allow") {
  Policy policy{"/p", {rule("host=*")}, {}, {"host=evil.com"}};
  CHECK(policy.judge(need(CapabilityKind::Host, "evil.com")) == Verdict::Granted);
  policy.deny.push_back(rule("host=evil.com"));
  CHECK(policy.judge(need(CapabilityKind::Host, "evil.com")) == Verdict::Denied);
  CHECK(policy.judge(need(CapabilityKind::Host, "other.com")) == Verdict::Allowed);
}

TEST_CASE("rules that say nothing are refused") {
  std::string error;
  for (const char* text : {"", "host", "=x", "hosts=x", "host=", "net=x"}) {
    INFO(text);
    CHECK_FALSE(parse_rule(text, "/", error));
    CHECK_FALSE(error.empty());
  }
}

TEST_CASE("a host is named by its very name, with its port or without, and by no pattern") {
  Policy policy;
  policy.allow = {rule("host=localhost"), rule("host=10.0.0.1:8080"), rule("host=*.example.com")};
  policy.granted = {"host=wiki.local:80"};
  CHECK(policy.names_host("localhost:8080"));
  CHECK(policy.names_host("10.0.0.1:8080"));
  CHECK_FALSE(policy.names_host("10.0.0.1:9090"));
  CHECK_FALSE(policy.names_host("a.example.com"));
  CHECK(policy.names_host("wiki.local:80"));
  CHECK_FALSE(policy.names_host("wiki.local:81"));
}
