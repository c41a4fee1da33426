#include "runtime/documents/front_matter.h"

#include <catch2/catch.hpp>

using namespace chain::documents;

namespace {

using Values = decltype(FrontMatter::values);

Values values_of(std::string_view text) {
  return front_matter(text).values;
}

}  // namespace

TEST_CASE("YAML in front of a text gives its values as they are written") {
  const std::string text =
      "---\n"
      "title: \"The \\\"B\\\" \\u00e9\"  # a comment\n"
      "author: 'O''Brien'\n"
      "date: 2026-11-22\n"
      "draft: false\n"
      "weight: 1.50\n"
      "url: http://example.com/a#b\n"
      "tags: [ one, \"two, three\",\n"
      "  'four' ]\n"
      "categories:\n"
      "  - red\n"
      "  - \"green\"\n"
      "\n"
      "nested:\n"
      "  name: inner\n"
      "  deep:\n"
      "    er: not read\n"
      "summary: >\n"
      "  Two lines\n"
      "  joined.\n"
      "none: ~\n"
      "empty:\n"
      "alias: *anchor\n"
      "한글: 값\n"
      "---\n"
      "# Text\n";
  const FrontMatter front = front_matter(text);
  CHECK(text.substr(front.end) == "# Text\n");
  CHECK(front.values == Values{{"title", "The \"B\" \xC3\xA9"},
                               {"author", "O'Brien"},
                               {"date", "2026-11-22"},
                               {"draft", "false"},
                               {"weight", "1.50"},
                               {"url", "http://example.com/a#b"},
                               {"tags", "one"},
                               {"tags", "two, three"},
                               {"tags", "four"},
                               {"categories", "red"},
                               {"categories", "green"},
                               {"nested.name", "inner"},
                               {"summary", "Two lines joined."},
                               {"한글", "값"}});
  CHECK(front.value("author") == "O'Brien");
  CHECK(front.value("absent").empty());
}

TEST_CASE("TOML in front of a text gives its values, too") {
  const std::string text =
      "+++\r\n"
      "title = \"A # B\" # a comment\r\n"
      "root = 'C:\\new'\r\n"
      "date = 2026-11-22T10:00:00Z\r\n"
      "draft = true\r\n"
      "tags = [\r\n  \"one\", # first\r\n  \"two\",\r\n]\r\n"
      "note = \"\"\"\r\nMore\r\nlines\"\"\"\r\n"
      "[author]\r\n"
      "name = \"Kim\"\r\n"
      "[[links]]\r\n"
      "to = \"x\"\r\n"
      "+++\r\n"
      "Text";
  const FrontMatter front = front_matter(text);
  CHECK(text.substr(front.end) == "Text");
  CHECK(front.values == Values{{"title", "A # B"},
                               {"root", "C:\\new"},
                               {"date", "2026-11-22T10:00:00Z"},
                               {"draft", "true"},
                               {"tags", "one"},
                               {"tags", "two"},
                               {"note", "More\r\nlines"},
                               {"author.name", "Kim"}});
}

TEST_CASE("what is no front matter is text") {
  CHECK(front_matter("").end == 0);
  CHECK(front_matter("---").end == 0);
  CHECK(front_matter("---\ntitle: x\n").end == 0);
  CHECK(front_matter("\n---\ntitle: x\n---\n").end == 0);
  CHECK(front_matter("---x\na: b\n---\n").end == 0);
  CHECK(front_matter("+++\na = 1\n---\n").end == 0);
  CHECK(values_of("---\ntitle: x\n").empty());
  CHECK(front_matter("---\n---\nText").end == 8);
  CHECK(values_of("---\n---\nText").empty());
}

TEST_CASE("prose between two rules is text") {
  CHECK(front_matter("---\n\nHello zebra, this is the intro.\n\n---\n\nrest").end == 0);
  CHECK(front_matter("---\nnote: this\nand a line of prose\n---\nrest").end == 0);
  CHECK(values_of("---\na: b\n# said\nc:\n  - d\n- e\n---\n") == Values{{"a", "b"}, {"c", "d"}, {"c", "e"}});
}

TEST_CASE("where a passage stands is not for its author to say") {
  CHECK(values_of("---\npath: docs/official.md\nheading: Prices\nline: 1\npage: 3\nlang: en\n---\n") ==
        Values{{"lang", "en"}});
}

TEST_CASE("front matter is bounded") {
  std::string many = "---\n";
  for (int i = 0; i < 500; ++i) many += "k" + std::to_string(i) + ": v\n";
  CHECK(values_of(many + "---\n").size() == 100);
  CHECK(values_of("---\na: " + std::string(2000, 'x') + "\nb: y\n---\n") == Values{{"b", "y"}});
  CHECK(front_matter("---\n" + std::string(100'000, '\n') + "---\n").end == 0);
  for (const char* odd :
       {"---\na: [\n---\n", "---\na: \"\n---\n", "---\na: [b, {c}, d]\n---\n", "---\n- a\n---\n",
        "---\na: \"\\\n---\n", "+++\n[\na = \n+++\n", "+++\na = [[1], 2]\n+++\n"})
    CHECK(front_matter(odd).end > 0);
}
