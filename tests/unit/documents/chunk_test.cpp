#include "runtime/documents/chunk.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "tests/unit/documents/sink.h"

using namespace chain::documents;
using test::check_chunks;

namespace {

Document document_of(std::string text, Form form, std::string language = {}) {
  Document document{.id = "d", .source = "d", .form = form, .language = std::move(language)};
  document.text = std::move(text);
  return document;
}

/// Every word of the text is in a passage, in order.
void check_all_words(const std::vector<Chunk>& chunks, const std::string& text) {
  std::string all;
  for (const Chunk& chunk : chunks) all += chunk.text + " ";
  CHECK(test::holds_words(all, text));
}

std::vector<Chunk> cut_checked(const Document& document, const Splitter& splitter) {
  const std::vector<Chunk> chunks = cut(document, splitter);
  check_chunks(document, splitter, chunks, document.text);
  return chunks;
}

}  // namespace

TEST_CASE("sentences stay whole, and the next passage repeats the last ones") {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "This is sentence number " + std::to_string(i) + " of the story. ";
  const Document document = document_of(text, Form::Text);
  const std::vector<Chunk> chunks = cut_checked(document, {.size = 60, .overlap = 20});
  REQUIRE(chunks.size() > 5);
  check_all_words(chunks, text);
  for (size_t i = 0; i < chunks.size(); ++i) {
    CHECK(chunks[i].text.starts_with("This is"));
    CHECK(chunks[i].text.ends_with("story."));
    CHECK(document.text.substr(chunks[i].begin, chunks[i].end - chunks[i].begin) == chunks[i].text);
    if (i == 0) continue;
    CHECK(chunks[i].begin < chunks[i - 1].end);
    CHECK(chunks[i].begin > chunks[i - 1].begin);
  }
  const std::vector<Chunk> apart = cut_checked(document, {.size = 60, .overlap = 0});
  for (size_t i = 1; i < apart.size(); ++i) CHECK(apart[i].begin >= apart[i - 1].end);
}

TEST_CASE("Korean sentences are found, and lines of a list end one") {
  const std::string text =
      "환불은 7일 안에 신청해야 합니다. 포장을 뜯은 상품은 받지 않습니다! 그래도 되나요? 네.\n\n"
      "- 첫째 항목\n- 둘째 항목\n";
  const std::vector<Chunk> chunks = cut_checked(document_of(text, Form::Text), {.size = 22, .overlap = 0});
  REQUIRE(chunks.size() >= 3);
  CHECK(chunks[0].text == "환불은 7일 안에 신청해야 합니다.");
  check_all_words(chunks, text);
}

TEST_CASE("a passage has never more tokens than it may, whatever the text is") {
  const size_t size = 60'000;
  for (const std::string letter : {"x", "가", "漢", "=", "🙂", " a", "\n\n"}) {
    std::string text = "Begin. ";
    while (text.size() < size) text += letter;
    text += " End.";
    for (const Cut how : {Cut::Tokens, Cut::Sentences, Cut::Markdown, Cut::Code}) {
      INFO(letter << " " << int(how));
      const auto begin = std::chrono::steady_clock::now();
      const auto chunks =
          cut_checked(document_of(text, Form::Text), {.cut = how, .size = 100, .overlap = 10});
      CHECK(chunks.front().text.starts_with("Begin"));
      CHECK(chunks.back().text.ends_with("End."));
      CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
    }
  }
}

TEST_CASE("the smallest size holds any character") {
  const std::string text = "👩‍👩‍👧‍👦 𒀱𒀱 e\xCC\x81\xCC\x81\xCC\x81 가";
  for (const uint32_t size : {0U, 1U, 8U}) {
    const auto chunks = cut(document_of(text, Form::Text), {.cut = Cut::Tokens, .size = size, .overlap = 0});
    REQUIRE_FALSE(chunks.empty());
    std::string all;
    for (const Chunk& chunk : chunks) {
      CHECK(chunk.tokens <= 8);
      all += chunk.text;
    }
    std::string expected = text;
    std::erase(expected, ' ');
    std::erase(all, ' ');
    CHECK(all == expected);
  }
}

TEST_CASE("documents without words give no passages") {
  for (const Form form : {Form::Text, Form::Markdown, Form::Html, Form::Pages, Form::Code, Form::Record}) {
    for (const std::string text : {"", " \n\t\n ", "\n"})
      CHECK(cut(document_of(text, form, "cpp"), {}).empty());
  }
  CHECK(cut(document_of("<!-- only a comment -->", Form::Html), {}).empty());
  CHECK(cut(document_of("<script>alert(1)</script>", Form::Html), {}).empty());
}

TEST_CASE("Markdown is cut at headings, and code and tables stay whole if they fit") {
  const std::string text =
      "# Guide\n\n## Install\n\nRun the *script* and `wait`.\n\n```sh\nmake demo\nmake test\n```\n\n"
      "## Use\n\nSee [the manual](https://example.com/m \"x\") &amp; ask.\n\n| Key | Value |\n|---|---|\n| a "
      "| `1|2` |\n| b | 2 |\n";
  const auto chunks = cut_checked(document_of(text, Form::Markdown), {.size = 100});
  REQUIRE(chunks.size() == 2);
  CHECK(chunks[0].headings == std::vector<std::string>{"Guide", "Install"});
  CHECK(chunks[0].text == "Guide\n\nInstall\n\nRun the script and wait.\n\nmake demo\nmake test");
  CHECK(chunks[1].headings == std::vector<std::string>{"Guide", "Use"});
  CHECK(chunks[1].text == "Use\n\nSee the manual & ask.\n\nKey | Value\na | 1|2\nb | 2");
  CHECK(chunks[1].line == 12);
  const auto small = cut_checked(document_of(text, Form::Markdown), {.size = 10, .overlap = 0});
  bool code_whole = false;
  for (const Chunk& chunk : small) code_whole = code_whole || chunk.text == "make demo\nmake test";
  CHECK(code_whole);
}

TEST_CASE("HTML is cut at headings, without what is not shown") {
  const std::string text =
      "<html><head><title>Shop &mdash; Help</title><style>p{}</style><script>var secret = "
      "'<p>no</p>';</script></head>"
      "<body><h1>Returns</h1><p>You have <b>14</b> days.<p hidden>Not shown<p>Call&nbsp;us.</p>"
      "<div style=\"DISPLAY : none\">Gone <span>too</span></div><template>No</template>"
      "<ul><li>One<li>Two</ul><h2>Costs</h2><table><tr><th>From<th>To<tr><td>A<td>B</table>"
      "<pre>a\n  b</pre><noscript>Enable</noscript></body></html>";
  const Document document = document_of(text, Form::Html);
  const auto chunks = cut_checked(document, {.size = 200});
  REQUIRE(chunks.size() == 2);
  CHECK(chunks[0].headings == std::vector<std::string>{"Returns"});
  CHECK(chunks[0].text == "Returns\n\nYou have 14 days.\n\nCall us.\n\nOne\n\nTwo");
  CHECK(chunks[1].headings == std::vector<std::string>{"Returns", "Costs"});
  CHECK(chunks[1].text == "Costs\n\nFrom | To\nA | B\n\na\n  b");
}

TEST_CASE("pages are not mixed") {
  Document document = document_of("One one.\nTwo two.\n", Form::Pages);
  document.pages = {0, 9};
  document.first_line = 0;
  const auto chunks = cut_checked(document, {});
  REQUIRE(chunks.size() == 2);
  CHECK(chunks[0].page == 1);
  CHECK(chunks[1].page == 2);
  CHECK(chunks[1].text == "Two two.");
  CHECK(chunks[1].line == 0);
}

TEST_CASE("each function is a passage with its comment, whatever its strings and comments say") {
  const std::string text =
      "// Copyright\n\n#include <string>\n#define BRACE {\n\nnamespace shop {\n\n/// Adds } two.\n/* { "
      "*/\nint add(int a, int b) {\n"
      "  const char* s = \"} {\"; char c = '}'; auto r = R\"x(} )\" )x\";\n  return a + 1'000; // }\n}\n\n"
      "class Cart final : public Base {\n public:\n  void clear() { items_.clear(); }\n\n  int size() "
      "const;\n};\n\n"
      "template <class T>\nstd::string Cart::name(T t) const {\n  return {};\n}\n\n}  // namespace shop\n";
  const auto chunks = cut_checked(document_of(text, Form::Code, "cpp"), {});
  check_all_words(chunks, text);
  REQUIRE(chunks.size() == 5);
  CHECK(chunks[1].headings == std::vector<std::string>{"add"});
  CHECK(chunks[1].text.starts_with("/// Adds"));
  CHECK(chunks[1].text.ends_with("// }\n}"));
  CHECK(chunks[1].line == 8);
  CHECK(chunks[2].headings == std::vector<std::string>{"Cart"});
  CHECK(chunks[3].headings == std::vector<std::string>{"Cart::name"});
  CHECK(chunks[3].text.starts_with("template"));
  const auto small = cut_checked(document_of(text, Form::Code, "cpp"), {.size = 24, .overlap = 0});
  bool member = false;
  for (const Chunk& chunk : small)
    member = member || chunk.headings == std::vector<std::string>{"Cart", "clear"};
  CHECK(member);
}

TEST_CASE("functions of Python, Rust, Go and TypeScript are found") {
  struct Case {
    std::string language, text;
    std::vector<std::string> names;
  };
  const Case cases[] = {
      {"python",
       "import os\n\nX = {\n  'def': 1,\n}\n\n# Says hello.\n@cached\ndef hello(name):\n    \"\"\"def "
       "fake():\n    \"\"\"\n    return name\n\nclass A:\n    def b(self):\n        pass\n",
       {"", "hello", "A"}},
      {"rust",
       "use std::io;\n\n/// Longest.\nfn longest<'a>(x: &'a str) -> &'a str {\n  let c = '}'; let r = "
       "r#\"}\"#;\n  x\n}\n\nimpl Shape for Circle {\n  fn area(&self) -> f64 { 1.0 }\n}\n",
       {"", "longest", "Circle"}},
      {"go",
       "package main\n\nimport \"fmt\"\n\n// Run runs.\nfunc (s *Server) Run(x int) error "
       "{\n\tfmt.Println(`}`)\n\treturn nil\n}\n\ntype T struct {\n\tA int\n}\n",
       {"", "Run", "T"}},
      {"typescript",
       "import x from 'x'\n\nexport const add = (a: number) => {\n  const r = /}/.test(`${a}}`)\n  return "
       "a\n}\n\nexport class Shop {\n  buy() { return '}' }\n}\n",
       {"", "add", "Shop"}},
  };
  for (const Case& each : cases) {
    INFO(each.language);
    const auto chunks = cut_checked(document_of(each.text, Form::Code, each.language), {});
    check_all_words(chunks, each.text);
    std::vector<std::string> names;
    for (const Chunk& chunk : chunks) names.push_back(chunk.headings.empty() ? "" : chunk.headings.back());
    CHECK(names == each.names);
  }
}

TEST_CASE("a record is one passage unless it is too long") {
  Document document = document_of("Short record.\n\nWith two parts.", Form::Record);
  document.first_line = 7;
  const auto chunks = cut_checked(document, {});
  REQUIRE(chunks.size() == 1);
  CHECK(chunks[0].line == 7);
  std::string longer;
  for (int i = 0; i < 50; ++i) longer += "One more sentence here. ";
  CHECK(cut_checked(document_of(longer, Form::Record), {.size = 50}).size() > 3);
}

TEST_CASE("hostile markup takes no longer than other text") {
  const auto seconds = [](const std::string& text, Form form, const std::string& language = {}) {
    const auto begin = std::chrono::steady_clock::now();
    (void)cut(document_of(text, form, language), {});
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const auto repeated = [](const std::string& part, size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += part;
    return text;
  };
  // Quadratic work on any of these would take minutes.
  constexpr double kMost = 5;
  const size_t count = 25'000;
  CHECK(seconds(repeated("<div>", 100'000) + "deep" + repeated("</div>", 100'000), Form::Html) < kMost);
  for (const std::string part : {"<b a=1>", "<p", "<!--", "</x>", "&amp", "<script>", "<table><tr><td>",
                                 "<a href='", "<li>x", "<span hidden>"}) {
    INFO(part);
    CHECK(seconds(repeated(part, count), Form::Html) < kMost);
  }
  for (const std::string part :
       {"> ",         "- ",  "[",  "![",   "](", "*a ",    "_a_",   "**",   "`a``", "<a ",    "&copy;",  "|",
        "a|b\n-|-\n", "#\n", "\\", "[a](", "~~", "<!--\n", "```\n", "[x][", "1. ",  "![[]()", "a\n===\n"}) {
    INFO(part);
    CHECK(seconds(repeated(part, count), Form::Markdown) < kMost);
  }
  CHECK(seconds(repeated(" - ", count) + "x\n" + repeated("a\n", count), Form::Markdown) < kMost);
  for (const std::string language : {"cpp", "python"}) {
    for (const std::string part : {"{", "}", "(", "'a", "\"", "/*", "R\"x(", "r#\"", "=/", "def f():\n",
                                   "class A{", "namespace a {", "`", "\"\"\"", "# \n"}) {
      INFO(language << " " << part);
      CHECK(seconds(repeated(part, count), Form::Code, language) < kMost);
    }
  }
}
