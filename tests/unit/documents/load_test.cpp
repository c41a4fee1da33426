#include "runtime/documents/load.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "runtime/access/project_files.h"
#include "runtime/documents/decode.h"
#include "runtime/documents/walk.h"
#include "tests/unit/access/temporary.h"
#include "tests/unit/documents/sink.h"

using namespace chain::documents;
using chain::access::ProjectFiles;
using chain::access::test::Temporary;
using test::Collector;

namespace {

struct Project {
  Temporary place;
  ProjectFiles files{place.path().string()};
  Surroundings around{.files = &files, .access = nullptr, .stop = nullptr, .limits = {}};

  void file(const std::string& name, const std::string& bytes) const { place.file(name, bytes); }
  bool load(const FromFiles& from, Collector& sink, std::string& error) const {
    return chain::documents::load(from, around, sink, error);
  }
  Collector load(const std::vector<std::string>& patterns,
                 const std::vector<std::string>& except = {}) const {
    Collector sink;
    std::string error;
    const bool good = load(FromFiles{patterns, except}, sink, error);
    INFO(error);
    CHECK(good);
    return sink;
  }
};

std::vector<std::string> ids(const Collector& sink) {
  std::vector<std::string> all;
  for (const Document& document : sink.documents) all.push_back(document.id);
  return all;
}

using Ids = std::vector<std::string>;

std::string utf16(const std::u16string& text, bool little) {
  std::string bytes;
  for (const char16_t unit : text) {
    const char low = static_cast<char>(unit & 0xFF), high = static_cast<char>(unit >> 8);
    bytes += little ? low : high;
    bytes += little ? high : low;
  }
  return bytes;
}

/// What each passage's bytes in the source say, decoded as the file was.
void check_places(const Document& document, const std::string& source, const std::string& encoding) {
  const auto chunks = cut(document, {.size = 12, .overlap = 4});
  REQUIRE_FALSE(chunks.empty());
  for (const Chunk& chunk : chunks) {
    Decoded slice;
    std::string error;
    REQUIRE(chunk.end <= source.size());
    REQUIRE(decode(source.substr(chunk.begin, chunk.end - chunk.begin), encoding, 1 << 20, slice, error));
    INFO(chunk.text << " | " << slice.text);
    CHECK(test::holds_words(slice.text, chunk.text));
    CHECK(slice.text.size() <= chunk.text.size() + 60);
  }
}

}  // namespace

TEST_CASE("patterns name files") {
  CHECK(matches("docs/**/*.md", "docs/a.md"));
  CHECK(matches("docs/**/*.md", "docs/a/b/c.md"));
  CHECK_FALSE(matches("docs/*.md", "docs/a/b.md"));
  CHECK(matches("**", "a/b"));
  CHECK_FALSE(matches("**", "a/.git/b"));
  CHECK_FALSE(matches("**/*", ".env"));
  CHECK(matches(".env", ".env"));
  CHECK(matches("*.{md,txt}", "a.txt"));
  CHECK_FALSE(matches("*.{md,txt}", "a.html"));
  CHECK(matches("[a-c]?.txt", "b가.txt"));
  CHECK_FALSE(matches("[!a-c].txt", "b.txt"));
  CHECK(matches("a**b*c", "aXbYc"));
  // Not exponential.
  CHECK_FALSE(matches(std::string(50, '*') + "a*a*a*a*a*a*a*b", std::string(2000, 'a')));
}

TEST_CASE("files of a folder become documents, once each and in order") {
  const Project project;
  project.file("docs/b.md", "---\ntitle: \"The B\"\n---\n# B\n\nText.");
  project.file("docs/a.txt", "Plain.");
  project.file("docs/deep/c.html", "<title>C &amp; D</title><p>Hi");
  project.file("docs/deep/d.cpp", "int main() {}\n");
  project.file("docs/.hidden.md", "# no");
  project.file("docs/.git/x.md", "# no");
  project.file("docs/skip/e.md", "# no");
  project.file("docs/empty.md", " \n");
  const Collector sink = project.load({"docs/**", "docs/*.md"}, {"docs/skip/**"});
  CHECK(ids(sink) == Ids{"docs/a.txt", "docs/b.md", "docs/deep/c.html", "docs/deep/d.cpp"});
  CHECK(sink.documents[1].title == "The B");
  CHECK(sink.documents[1].form == Form::Markdown);
  CHECK(sink.documents[2].title == "C & D");
  CHECK(sink.documents[3].language == "cpp");
  CHECK(sink.documents[0].meta == decltype(Document::meta){{"path", "docs/a.txt"}, {"type", "text"}});
  CHECK(sink.why("docs/empty.md") == "it is empty");
  CHECK(sink.last_done == 5);
  CHECK(ids(project.load({"docs"})).size() == 5);
}

TEST_CASE("what is known is not read again, and a stop ends a load") {
  Project project;
  project.file("a.md", "# A");
  project.file("b.md", "# B");
  Collector first = project.load({"*.md"});
  REQUIRE(first.asked.size() == 2);
  Collector second;
  second.before[first.asked[0].first] = first.asked[0].second;
  std::string error;
  CHECK(project.load(FromFiles{{"*.md"}, {}}, second, error));
  CHECK(ids(second) == Ids{"b.md"});
  const std::atomic<bool> stop = true;
  project.around.stop = &stop;
  Collector third;
  CHECK(project.load(FromFiles{{"*.md"}, {}}, third, error));
  CHECK(third.documents.empty());
  CHECK_FALSE(third.is_empty);
}

TEST_CASE("a source without any file is an error that names it") {
  const Project project;
  project.file("a.md", "# A");
  for (const std::string pattern : {"*.txt", "missing/**", "../*.md", "/etc/passwd", ""}) {
    Collector sink;
    std::string error;
    CHECK_FALSE(project.load(FromFiles{{pattern}, {}}, sink, error));
    CHECK(error.find("no file matches `" + pattern + "`") != std::string::npos);
    CHECK(sink.is_empty);
  }
}

TEST_CASE("pipes, devices, and links that leave the folder are told and not opened") {
  const Project project;
  project.file("in/a.txt", "A.");
  const Temporary outside;
  outside.file("secret.txt", "secret");
  REQUIRE(mkfifo((project.place.path() / "in/pipe.txt").c_str(), 0600) == 0);
  project.place.link("in/out.txt", (outside.path() / "secret.txt").string());
  project.place.link("in/up.txt", "../../secret.txt");
  project.place.link("in/folder", outside.path().string());
  project.place.link("in/loop", ".");
  project.place.link("in/null.txt", "/dev/null");
  project.place.link("in/nowhere.txt", "missing.txt");
  project.place.link("in/good.txt", "a.txt");
  const Collector sink = project.load({"in/**"});
  CHECK(ids(sink) == Ids{"in/a.txt", "in/good.txt"});
  CHECK(sink.why("in/pipe.txt") == "it is a named pipe");
  for (const std::string name : {"in/out.txt", "in/up.txt", "in/folder", "in/null.txt"})
    CHECK(sink.why(name) == "it is a link that leads out of the project's folder");
  CHECK(sink.why("in/nowhere.txt").starts_with("it is a link that leads nowhere"));
  Collector named;
  std::string error;
  CHECK_FALSE(project.load(FromFiles{{"in/pipe.txt"}, {}}, named, error));
  CHECK(named.why("in/pipe.txt") == "it is a named pipe");
  CHECK_FALSE(project.load(FromFiles{{"in/out.txt"}, {}}, named, error));
}

TEST_CASE("encodings are found out, and places are those of the source") {
  const std::string korean =
      "\xB0\xCB\xBB\xF6\xC0\xBA \xB9\xAE\xBC\xAD\xBF\xA1\xBC\xAD \xC7\xCA\xBF\xE4\xC7\xD1 "
      "\xB3\xBB\xBF\xEB\xC0\xBB \xC3\xA3\xB4\xC2\xB4\xD9. "
      "\xB4\xE4\xC0\xBA \xB1\xD9\xB0\xC5\xB8\xA6 \xB0\xA1\xC1\xF8\xB4\xD9. Done.";  // EUC-KR
  struct Case {
    std::string name, bytes, encoding, text;
  };
  const std::u16string wide = u"Hello wide world. 한국어 문장도 있다. \xD83D\xDE42 done.";
  const std::string narrow = "Hello wide world. 한국어 문장도 있다. 🙂 done.";
  const Case cases[] = {
      {"bom.txt", "\xEF\xBB\xBFOne two. Three four. Five six seven.", "UTF-8",
       "One two. Three four. Five six seven."},
      {"le.txt", "\xFF\xFE" + utf16(wide, true), "UTF-16LE", narrow},
      {"be.txt", "\xFE\xFF" + utf16(wide, false), "UTF-16BE", narrow},
      {"plain16.txt", utf16(wide, true), "UTF-16LE", narrow},
      {"euckr.txt", korean, "windows-949", "검색은 문서에서 필요한 내용을 찾는다. 답은 근거를 가진다. Done."},
      {"latin.txt", "Le caf\xE9 est ferm\xE9. La gar\xE7onne part. Voil\xE0 tout.", "windows-1252",
       "Le café est fermé. La garçonne part. Voilà tout."},
      {"sjis.txt",
       "\x93\x8C\x8B\x9E\x82\xCD\x93\xFA\x96{\x82\xCC\x8E\xF1\x93s\x82\xC5\x82\xB7\x81"
       "B\x82\xB1\x82\xEA\x82\xCD\x95\xB6\x8F\x91\x82\xC5\x82\xB7\x81"
       "B",
       "windows-31j", "東京は日本の首都です。これは文書です。"},
      {"broken.txt", "Fine 한국어 텍스트. Bad \xFF byte here. The end.", "UTF-8",
       "Fine 한국어 텍스트. Bad \xEF\xBF\xBD byte here. The end."},
  };
  const Project project;
  for (const Case& each : cases) project.file(each.name, each.bytes);
  project.file("nul.txt", std::string("A NUL \0 in a text. And more words of it here.", 46));
  project.file("zeros.txt",
               std::string("a\0b\0c and then more words, for a text may have some zeros in it.", 64));
  const Collector sink = project.load({"*"});
  for (const Case& each : cases) {
    INFO(each.name);
    const Document* document = sink.find(each.name);
    REQUIRE(document != nullptr);
    CHECK(document->text == each.text);
    check_places(*document, each.bytes, each.encoding);
  }
  REQUIRE(sink.find("nul.txt") != nullptr);
  CHECK(sink.find("nul.txt")->text.starts_with("A NUL   in a text."));
  REQUIRE(sink.find("zeros.txt") != nullptr);
  CHECK(sink.find("zeros.txt")->text.starts_with("a b c and then more words"));
}

TEST_CASE("files that are no text are skipped with a word") {
  const Project project;
  project.file("a.md", "# Good");
  project.file("b.png", "\x89PNG\r\n\x1a\n....");
  project.file("c.txt", std::string("\x7F"
                                    "ELF\2\1\1\0\0\0",
                                    10));
  project.file("d.docx", "PK\x03\x04....");
  std::string noise;
  for (int i = 0; i < 4000; ++i) noise += static_cast<char>(i * 7919 >> 3);
  project.file("e.dat", noise);
  const Collector sink = project.load({"*"});
  CHECK(ids(sink) == Ids{"a.md"});
  CHECK(sink.why("b.png") ==
        "it is an image; an index of images has `embed: compatible(\"...\", images: true)`");
  CHECK(sink.why("c.txt") == "it is no text, but an executable");
  CHECK(sink.why("d.docx").find("ZIP") != std::string::npos);
  CHECK(sink.why("e.dat") == "it is no text, but binary");
}

TEST_CASE("a file beyond the limit is skipped without being read") {
  Project project;
  project.file("small.txt", "Small.");
  project.file("huge.txt", "");
  std::filesystem::resize_file(project.place.path() / "huge.txt", uint64_t{1} << 40);  // sparse
  const Collector sink = project.load({"*.txt"});
  CHECK(ids(sink) == Ids{"small.txt"});
  CHECK(sink.why("huge.txt") == "it has more than 268435456 bytes; split it");
  project.around.limits.text = 100;
  project.file("long.txt", std::string(200, 'x'));
  Collector limited;
  std::string error;
  CHECK(project.load(FromFiles{{"*.txt"}, {}}, limited, error));
  CHECK(limited.why("long.txt") == "its text has more than 100 bytes; split it");
}

TEST_CASE("lines of JSONL are records, and bad ones are told by their number") {
  Project project;
  project.around.limits.record = 1000;
  const std::string good =
      R"({"id": "x1", "title": "First", "body": {"text": "Line\none \"quoted\" \ud55c\uad6d\uc5b4."}, "year": 2024, "tags": ["a", "b"]})";
  const std::string source = good + "\n\n" + "{broken\n" + R"({"id": "x2", "body": {}})" + "\n" +
                             R"({"id": "x3", "body": {"text": ")" + std::string(2000, 'z') + "\"}}\n" +
                             R"({"id": "x4", "body": {"text": "Last one."}})";
  project.file("rows.jsonl", source);
  FromRecords from{.form = Records::Jsonl, .file = "rows.jsonl", .fields = {}};
  from.fields.id = "id";
  from.fields.text = {"body.text"};
  Collector sink;
  std::string error;
  CHECK(load(from, project.around, sink, error));
  CHECK(ids(sink) == Ids{"x1", "x4"});
  const Document& first = sink.documents[0];
  CHECK(first.title == "First");
  CHECK(first.source == "rows.jsonl");
  CHECK(first.form == Form::Record);
  CHECK(first.text == "Line\none \"quoted\" 한국어.");
  CHECK(first.meta == decltype(first.meta){{"tags", "a, b"}, {"title", "First"}, {"year", "2024"}});
  CHECK(sink.documents[1].first_line == 6);
  const auto chunks = cut(first, {});
  REQUIRE(chunks.size() == 1);
  CHECK(source.substr(chunks[0].begin, chunks[0].end - chunks[0].begin) ==
        R"(Line\none \"quoted\" \ud55c\uad6d\uc5b4.)");
  const auto last = cut(sink.documents[1], {});
  CHECK(source.substr(last[0].begin, last[0].end - last[0].begin) == "Last one.");
  CHECK(last[0].line == 6);
  CHECK(sink.why("rows.jsonl:3").starts_with("the record is left out: "));
  CHECK(sink.why("rows.jsonl:4").find("it has no `body.text`; its fields are `id`") != std::string::npos);
  CHECK(sink.why("rows.jsonl:5").find("bytes; the limit is 1000") != std::string::npos);
}

TEST_CASE("a line beyond the limit is passed over, and not held") {
  Project project;
  project.file("big.jsonl", R"({"text": "Before."})"
                            "\n");
  const std::filesystem::path path = project.place.path() / "big.jsonl";
  const uint64_t size = uint64_t{1} << 26;  // sparse: a line of zeros
  std::filesystem::resize_file(path, size);
  std::ofstream(path, std::ios::app) << "\n"
                                        R"({"text": "Behind."})"
                                        "\n";
  FromRecords from{.form = Records::Jsonl, .file = "big.jsonl", .fields = {}};
  from.fields.text = {"text"};
  Collector sink;
  std::string error;
  CHECK(load(from, project.around, sink, error));
  CHECK(ids(sink) == Ids{"big.jsonl#1", "big.jsonl#3"});
  CHECK(sink.why("big.jsonl:2").find("the limit is 16777216") != std::string::npos);
}

TEST_CASE("many bad records are told in few words") {
  const Project project;
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "no json\n";
  project.file("bad.jsonl", lines);
  Collector sink;
  std::string error;
  CHECK(load(FromRecords{.form = Records::Jsonl, .file = "bad.jsonl", .fields = {}}, project.around, sink,
             error));
  CHECK(sink.skips.size() == 21);
  CHECK(sink.skips.back().why == "and 980 more records cannot be read");
}

TEST_CASE("rows of CSV are records as RFC 4180 has them") {
  const Project project;
  const std::string source =
      "\xEF\xBB\xBFid,name,text\r\n1,\"Kim, \"\"A\"\"\",\"Two\r\nlines here\"\r\n\r\n2,Lee,Plain "
      "text\r\n3,too,many,columns\r\n4,short\r\n";
  project.file("t.csv", source);
  project.file("k.csv",
               "\xC0\xCC\xB8\xA7;\xB0\xAA\n\xB1\xE8\xC3\xB6\xBC\xF6;\xBC\xAD\xBF\xEF\xBF\xA1 "
               "\xBB\xEA\xB4\xD9\n");  // EUC-KR
  FromRecords from{.form = Records::Csv, .file = "t.csv", .fields = {}};
  from.fields.id = "id";
  from.fields.text = {"name", "text"};
  Collector sink;
  std::string error;
  CHECK(load(from, project.around, sink, error));
  CHECK(ids(sink) == Ids{"1", "2", "4"});
  CHECK(sink.documents[0].text == "Kim, \"A\"\n\nTwo\r\nlines here");
  CHECK(sink.documents[1].first_line == 5);
  CHECK(sink.why("t.csv:6").find("it has 4 columns, and the first line names 3") != std::string::npos);
  const auto chunks = cut(sink.documents[0], {});
  CHECK(source.substr(chunks[0].begin, chunks[0].end - chunks[0].begin) ==
        "Kim, \"\"A\"\"\",\"Two\r\nlines here");
  const Collector whole = project.load({"k.csv"});
  REQUIRE(whole.documents.size() == 1);
  CHECK(whole.documents[0].text == "이름: 김철수\n값: 서울에 산다");
  CHECK(whole.documents[0].id == "k.csv#2");
}

TEST_CASE("a quote that is never closed costs one row") {
  Project project;
  project.around.limits.record = 100;
  project.file("q.csv", "id,text\n1,\"open\n2,two\n" + std::string(300, ' ') + "\n3,three\n");
  FromRecords from{.form = Records::Csv, .file = "q.csv", .fields = {}};
  from.fields.text = {"text"};
  Collector sink;
  std::string error;
  CHECK(load(from, project.around, sink, error));
  CHECK(sink.why("q.csv:2").find("a quote in it is not closed") != std::string::npos);
  CHECK(sink.find("q.csv#3") != nullptr);
  CHECK(sink.find("q.csv#5") != nullptr);
}

TEST_CASE("JSON is a list of records, or one") {
  const Project project;
  const std::string source =
      "[\n {\"q\": \"Why?\", \"a\": \"Because.\"},\n {\"q\": \"How?\", \"a\": \"So.\"},\n 7\n]";
  project.file("faq.json", source);
  project.file("one.json", R"({"name": "One", "deep": {"list": [{"x": "y"}, "z"]}})");
  project.file("bad.json", R"({"name": )");
  const Collector sink = project.load({"*.json"});
  CHECK(ids(sink) == Ids{"faq.json#1", "faq.json#2", "faq.json#3", "one.json#1"});
  CHECK(sink.documents[0].text == "q: Why?\na: Because.");
  CHECK(sink.documents[1].first_line == 3);
  CHECK(sink.documents[3].text == "name: One\ndeep.list.x: y\ndeep.list: z");
  CHECK_FALSE(sink.why("bad.json").empty());
  const auto chunks = cut(sink.documents[1], {});
  CHECK(source.substr(chunks[0].begin, chunks[0].end - chunks[0].begin).find("How?\", \"a\": \"So.") == 0);
}

TEST_CASE("a file of records that is not there is an error") {
  const Project project;
  for (const Records form : {Records::Jsonl, Records::Json, Records::Csv}) {
    Collector sink;
    std::string error;
    CHECK_FALSE(load(FromRecords{.form = form, .file = "no.x", .fields = {}}, project.around, sink, error));
    CHECK(error == "`no.x` cannot be read: No such file or directory");
    CHECK_FALSE(load(FromRecords{.form = form, .file = "../x", .fields = {}}, project.around, sink, error));
    CHECK(error == "`../x` cannot be read: it leads out of the project's folder");
  }
}

TEST_CASE("fields that are put together in another order keep places within the source") {
  const Project project;
  const std::string source = R"({"a": "Alpha words.", "b": "Beta words.", "c": "Gamma words."})";
  project.file("o.jsonl", source);
  FromRecords from{.form = Records::Jsonl, .file = "o.jsonl", .fields = {}};
  from.fields.text = {"c", "a"};
  Collector sink;
  std::string error;
  CHECK(load(from, project.around, sink, error));
  REQUIRE(sink.documents.size() == 1);
  CHECK(sink.documents[0].text == "Gamma words.\n\nAlpha words.");
  const auto chunks = cut(sink.documents[0], {});
  REQUIRE(chunks.size() == 1);
  CHECK(source.substr(chunks[0].begin, chunks[0].end - chunks[0].begin) ==
        R"(Alpha words.", "b": "Beta words.", "c": "Gamma words.)");
}

TEST_CASE("a broken character in a short UTF-8 file is told, and stays one character") {
  const Project project;
  project.file("a.txt", "Caf\xC3\xA9.\nna\xEFve");
  project.file("b.jsonl", "{\"text\": \"\xC3\xA9n\"}\n{\"text\": \"tw\xFFo\"}\n");
  const Collector sink = project.load({"a.txt", "b.jsonl"});
  REQUIRE(sink.documents.size() == 3);
  CHECK(sink.documents[0].text == "Café.\nna\xEF\xBF\xBDve");
  REQUIRE(sink.notes.contains("a.txt"));
  CHECK(sink.notes.at("a.txt").find("a byte is no UTF-8, the first one on line 2 (byte 9)") == 0);
  CHECK(sink.notes.contains("b.jsonl"));

  Collector records;
  std::string error;
  CHECK(load(FromRecords{.form = Records::Jsonl, .file = "b.jsonl", .fields = {}}, project.around, records,
             error));
  CHECK(records.notes.at("b.jsonl:2").find("byte 28") != std::string::npos);
}

TEST_CASE("a row with too few columns is told with its line, and read with the others empty") {
  const Project project;
  project.file("t.csv", "id,text,lang\n1,one,en\n2,two\n3\n4,four,en,x\n");
  FromRecords from{.form = Records::Csv, .file = "t.csv", .fields = {}};
  from.fields.id = "id";
  from.fields.text = {"text"};
  Collector sink;
  std::string error;
  REQUIRE(load(from, project.around, sink, error));
  CHECK(ids(sink) == Ids{"1", "2"});
  CHECK(sink.find("2")->meta.empty());
  CHECK(sink.notes.at("t.csv:3").find("it has 2 columns, and the first line names 3") == 0);
  CHECK(sink.why("t.csv:4").find("it has no text") != std::string::npos);
  CHECK(sink.why("t.csv:5").find("it has 4 columns") != std::string::npos);
}

TEST_CASE("a record with a title and no text is found by its title") {
  const Project project;
  project.file("t.jsonl",
               "{\"title\": \"Only a title\", \"text\": \"\"}\n{\"title\": \" \", \"text\": \"\"}\n");
  FromRecords from{.form = Records::Jsonl, .file = "t.jsonl", .fields = {}};
  from.fields.text = {"text"};
  Collector sink;
  std::string error;
  REQUIRE(load(from, project.around, sink, error));
  REQUIRE(sink.documents.size() == 1);
  CHECK(sink.documents[0].text == "Only a title");
  CHECK(source_offset(sink.documents[0].origins, 0) == 11);
  CHECK(sink.why("t.jsonl:2").find("it has no text") != std::string::npos);
}

TEST_CASE("a record without fields says so") {
  const Project project;
  project.file("r.jsonl", "{}\n7\n{\"body\": \"x\"}\n");
  FromRecords from{.form = Records::Jsonl, .file = "r.jsonl", .fields = {}};
  from.fields.text = {"text"};
  Collector sink;
  std::string error;
  REQUIRE(load(from, project.around, sink, error));
  CHECK(sink.why("r.jsonl:1").ends_with("it has no `text`; it has no fields"));
  CHECK(sink.why("r.jsonl:2").ends_with("it has no `text`; it has no fields"));
  CHECK(sink.why("r.jsonl:3").ends_with("it has no `text`; its fields are `body`"));
}

TEST_CASE("what stands in front of Markdown is its metadata") {
  const Project project;
  project.file("a.md", "---\ntype: guide\ntags: [x, y]\n---\n# Head\n");
  project.file("b.md", "+++\ntitle = \"B\"\n+++\n# Head\n");
  const Collector sink = project.load({"*.md"});
  REQUIRE(sink.documents.size() == 2);
  CHECK(sink.documents[0].title == "Head");
  CHECK(sink.documents[0].meta ==
        decltype(Document::meta){{"path", "a.md"}, {"tags", "x"}, {"tags", "y"}, {"type", "guide"}});
  CHECK(sink.documents[1].title == "B");
}

TEST_CASE("a pattern that matches nothing is told where others match, and all that `except` leaves out too") {
  const Project project;
  project.file("a.md", "# A");
  project.file("drafts/b.md", "# B");
  Collector sink;
  std::string error;
  REQUIRE(project.load(FromFiles{{"*.{md,txt}", "drafts/*.md", "nothing/**"}, {"drafts/**"}}, sink, error));
  CHECK(ids(sink) == Ids{"a.md"});
  CHECK(sink.notes ==
        std::map<std::string, std::string>{{"`drafts/*.md`", "all that matches it is left out by `except:`"},
                                           {"`nothing/**`", "no file matches it"}});
  Collector none;
  CHECK_FALSE(project.load(FromFiles{{"drafts/**"}, {"drafts/**"}}, none, error));
  CHECK(none.is_empty);
  CHECK(error == "every file that matches `drafts/**` is left out by `except:` (`drafts/**`)");
}

TEST_CASE("images are documents where they are wanted") {
  Project project;
  const std::string image = "\x89PNG\r\n\x1A\n" + std::string(40, 'x');
  project.file("p/red_boat.png", image);
  CHECK(project.load({"p/*"}).why("p/red_boat.png").find("images: true") != std::string::npos);
  project.around.images = true;
  const Collector sink = project.load({"p/*"});
  REQUIRE(sink.documents.size() == 1);
  CHECK(sink.documents[0].text == "red_boat.png");
  CHECK(sink.documents[0].image == image);
  const auto chunks = cut(sink.documents[0], {.size = 8});
  REQUIRE(chunks.size() == 1);
  CHECK((chunks[0].begin == 0 && chunks[0].end == image.size()));
  project.around.limits.image = 40;
  CHECK(project.load({"p/*"}).why("p/red_boat.png").find("it has more than 40 bytes") == 0);
}
