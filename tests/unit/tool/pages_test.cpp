#include "runtime/tool/pages.h"

#include <catch2/catch.hpp>

#include "runtime/tool/charset.h"
#include "runtime/tool/selection.h"

using chain::program::External;
using chain::tool::as_utf8;
using chain::tool::charset_of;
using chain::tool::json_at;
using chain::tool::next_link;
using chain::tool::Pages;
using chain::tool::resolved_url;

TEST_CASE("the link to the next page is found among others") {
  CHECK(next_link("<https://a.example/?page=2>; rel=\"next\"") == "https://a.example/?page=2");
  CHECK(next_link("</x>; rel=next") == "/x");
  CHECK(next_link("<a>; rel=\"prev\", <b>;REL=\"Next\"") == "b");
  CHECK(next_link("<a>; title=\"x, <y>; rel=next\"; rel=last, <b>; rel=\"next last\"") == "b");
  CHECK(next_link("<a,b>; rel=\"start next\"") == "a,b");
  CHECK(next_link("<a>; rel = \"next\"") == "a");
  for (const char* none : {"", "<a>", "<a>; rel=nextish", "<a>; rel=\"nextish\"", "<a; rel=next",
                           "a; rel=next", "<a>; title=\"rel=next\"", "<a>; xrel=next"})
    CHECK(next_link(none).empty());
}

TEST_CASE("a link is resolved against the page that it stands in") {
  const auto resolved = [](const char* to) {
    return resolved_url("https://a.example:8443/v1/items?page=1#x", to);
  };
  CHECK(resolved("http://b.example/") == "http://b.example/");
  CHECK(resolved("//b.example/x") == "https://b.example/x");
  CHECK(resolved("/x?y=1") == "https://a.example:8443/x?y=1");
  CHECK(resolved("?page=2") == "https://a.example:8443/v1/items?page=2");
  CHECK(resolved("more?at=a:b#top") == "https://a.example:8443/v1/more?at=a:b");
  CHECK(resolved("") == "https://a.example:8443/v1/items?page=1");
  CHECK(resolved_url("https://a.example", "x") == "https://a.example/x");
  CHECK(resolved_url("https://a.example?q=1", "?q=2") == "https://a.example?q=2");
}

TEST_CASE("a part of JSON is found by names and places") {
  std::string error;
  const char* json = R"({"a": {"b": [1, {"c": "x"}], "0": true}, "a.b": 2, "n": null, "k": 1, "k": 2})";
  CHECK(json_at(json, "", error) == json);
  CHECK(json_at(json, "a.b.1.c", error) == "\"x\"");
  CHECK(json_at(json, "a.0", error) == "true");
  CHECK(json_at(json, "n", error) == "null");
  CHECK(json_at(json, "k", error) == "2");
  CHECK(error.empty());
  const auto wrong = [&](std::string_view text, std::string_view path) {
    CHECK_FALSE(json_at(text, path, error));
    return error;
  };
  CHECK(wrong(json, "x") == "has no `x`: the whole holds `a`, `a.b`, `n`, `k`, `k`");
  CHECK(wrong(json, "a.b.2") == "has no `2`: `b` is a list of 2");
  CHECK(wrong(json, "a.b.-1") == "has no `-1`: `b` is a list of 2");
  CHECK(wrong(json, "a.b.99999999999999999999999") == "has no `99999999999999999999999`: `b` is a list of 2");
  CHECK(wrong(json, "n.x") == "has no `x`: `n` is null");
  CHECK(wrong("{}", "x") == "has no `x`: the whole holds nothing");
  CHECK(wrong("{\"a\":", "a").starts_with("is no JSON: it begins with"));
  CHECK(wrong("\xff", "a").starts_with("is no JSON"));
  CHECK(wrong(std::string(100000, '['), "0").starts_with("is no JSON"));
}

TEST_CASE("elements of pages are joined as they are written") {
  const External tool{
      .name = "t", .options_json = R"({"pages": {"cursor": {"member": "next", "query": "a b"}}, "at": "x"})"};
  CHECK(Pages::wanted(tool));
  CHECK_FALSE(Pages::wanted({.name = "t", .options_json = "{}"}));
  Pages pages(tool, "https://a.example/?q=1", 40);
  CHECK(pages.list() == "[]");
  auto taken = pages.take(R"({"x": [1.50, {"y": "z"}], "next": "c&d"})", "");
  CHECK(taken.error.empty());
  CHECK(taken.next == "https://a.example/?q=1&a%20b=c%26d");
  taken = pages.take(R"({"x": [], "next": 17})", "");
  CHECK(taken.next == "https://a.example/?q=1&a%20b=17");
  taken = pages.take(R"({"x": [2], "next": null})", "");
  CHECK(taken.error.empty());
  CHECK(taken.next.empty());
  CHECK(pages.list() == R"([1.50,{"y": "z"},2])");
  CHECK(pages.take(R"({"x": ["0123456789012345678901234567890123456789"]})", "").error ==
        "its pages have more than 0 MiB together");
  CHECK(pages.take(R"({"x": {}})", "").error == "`x` of a page is no JSON list: it begins with {}");
  CHECK(pages.take("<html>", "").error == "a page is no JSON: it begins with \"<html>\"");
}

TEST_CASE("texts of other encodings become UTF-8") {
  CHECK(charset_of("text/html; charset=\"EUC-KR\"; x=y") == "euc-kr");
  CHECK(charset_of("application/json").empty());
  CHECK(as_utf8("caf\xe9", "text/plain; charset=ISO-8859-1") == "café");
  CHECK(as_utf8("\xc7\xd1", "text/plain;charset=euc-kr") == "한");
  CHECK(as_utf8(std::string("\xff\xfe\x3d\xd8\x00\xde", 6), "text/plain; charset=utf-16") == "😀");
  CHECK(as_utf8("\x41\xff", "text/plain; charset=euc-kr") == "A\x1A");  // a substitute
  CHECK(as_utf8("\xEF\xBB\xBF{}", "application/json") == "{}");
  // Nobody knows: as it is.
  CHECK(as_utf8("caf\xe9", "text/plain") == "caf\xe9");
  CHECK(as_utf8("caf\xe9", "text/plain; charset=nonsense") == "caf\xe9");
  CHECK(as_utf8("", "text/plain; charset=utf-16").empty());
}
