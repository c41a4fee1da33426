#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "runtime/access/policy.h"
#include "runtime/documents/load.h"
#include "tests/unit/documents/page_server.h"
#include "tests/unit/documents/sink.h"

using namespace chain::documents;
using chain::access::Policy;
using test::Collector;
using test::PageServer;

namespace {

Collector load_urls(const std::vector<std::string>& urls, const Policy& policy, Limits limits = {}) {
  Collector sink;
  std::string error;
  const Surroundings around{
      .files = nullptr, .access = std::make_shared<const Policy>(policy), .stop = nullptr, .limits = limits};
  CHECK(load(FromWeb{urls}, around, sink, error));
  CHECK(error.empty());
  return sink;
}

Policy allowing(const std::vector<std::string>& hosts) {
  Policy policy;
  for (const std::string& host : hosts) policy.allow.push_back({chain::program::CapabilityKind::Host, host});
  return policy;
}

}  // namespace

TEST_CASE("pages are read by what the server says that they are") {
  const PageServer server({
      {"/a",
       PageServer::page("text/html; charset=euc-kr",
                        "<title>\xC7\xD1\xB1\xB9</title><p>\xB0\xCB\xBB\xF6\xC0\xBA \xC1\xC1\xB4\xD9.")},
      {"/b.md", PageServer::page("text/plain", "# Title\n\nText.")},
      {"/c?x=1", PageServer::page("application/json", R"([{"t": "one"}, {"t": "two"}])")},
      {"/img", PageServer::page("image/png", "\x89PNG....")},
  });
  const Collector sink = load_urls(
      {server.url("/a"), server.url("/b.md"), server.url("/c?x=1"), server.url("/img"), server.url("/none")},
      allowing({server.host()}));
  const Document* a = sink.find(server.url("/a"));
  REQUIRE(a != nullptr);
  CHECK(a->title == "한국");
  CHECK(cut(*a, {})[0].text == "검색은 좋다.");
  const Document* b = sink.find(server.url("/b.md"));
  REQUIRE(b != nullptr);
  CHECK(b->form == Form::Markdown);
  CHECK(sink.find(server.url("/c?x=1") + "#2") != nullptr);
  CHECK(sink.why(server.url("/img")) == "it is no text, but a PNG image");
  CHECK(sink.why(server.url("/none")).find("404") != std::string::npos);
  CHECK(sink.last_done == 5);
}

TEST_CASE("redirects are followed on the same host, and looked at again elsewhere") {
  const PageServer other({{"/secret", PageServer::page("text/plain", "secret")}});
  const PageServer server({
      {"/old", PageServer::redirect("/new/page")},
      {"/new/page", PageServer::redirect("next.txt")},
      {"/new/next.txt", PageServer::page("text/plain", "Here.")},
      {"/away", PageServer::redirect(other.url("/secret"))},
      {"/file", PageServer::redirect("file:///etc/passwd")},
      {"/round", PageServer::redirect("/round")},
  });
  const auto urls = std::vector<std::string>{server.url("/old"), server.url("/away"), server.url("/file"),
                                             server.url("/round")};
  const Collector sink = load_urls(urls, allowing({server.host()}));
  REQUIRE(sink.find(server.url("/old")) != nullptr);
  CHECK(sink.find(server.url("/old"))->text == "Here.");
  CHECK(sink.why(server.url("/away")).find("it is not https") != std::string::npos);
  CHECK(sink.why(server.url("/file")).find("a URL begins with") != std::string::npos);
  CHECK(sink.why(server.url("/round")).find("redirects") != std::string::npos);
  CHECK(other.asked() == 0);
  const Collector both = load_urls({server.url("/away")}, allowing({server.host(), other.host()}));
  REQUIRE(both.documents.size() == 1);
  CHECK(both.documents[0].id == server.url("/away"));
}

TEST_CASE("hosts that nobody has named are not asked") {
  const PageServer server({{"/a", PageServer::page("text/plain", "Hello.")}});
  const Collector unnamed = load_urls({server.url("/a")}, {});
  CHECK(unnamed.why(server.url("/a")).find("it is not https") != std::string::npos);
  Policy denied = allowing({server.host()});
  denied.deny.push_back({chain::program::CapabilityKind::Host, "127.0.0.1"});
  const Collector none =
      load_urls({server.url("/a"), "ftp://x/y", "http://example.com/", "https://127.0.0.1:1/x"}, denied);
  CHECK(none.why(server.url("/a")).find("may not be asked") != std::string::npos);
  CHECK(none.why("ftp://x/y").find("a URL begins with") != std::string::npos);
  CHECK(none.why("http://example.com/").find("it is not https") != std::string::npos);
  CHECK(none.skips.size() == 4);
  CHECK(server.asked() == 0);
}

TEST_CASE("a page beyond the limit is given up, and a server that is down is no news of its pages") {
  const PageServer server({{"/big", PageServer::page("text/plain", std::string(100'000, 'x'))}});
  Limits limits;
  limits.file = 1000;
  const Collector sink = load_urls({server.url("/big"), "http://127.0.0.1:1/down"},
                                   allowing({server.host(), "127.0.0.1:1"}), limits);
  REQUIRE(sink.skips.size() == 2);
  for (const auto& skip : sink.skips) CHECK(skip.keep == (skip.source != server.url("/big")));
}
