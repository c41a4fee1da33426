#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <string>

#include "runtime/access/project_files.h"
#include "runtime/documents/load.h"
#include "tests/unit/access/temporary.h"
#include "tests/unit/documents/sink.h"

using namespace chain::documents;
using chain::access::ProjectFiles;
using chain::access::test::Temporary;
using test::Collector;

namespace {

std::string object(int number, const std::string& content) {
  return std::to_string(number) + " 0 obj\n" + content + "\nendobj\n";
}

/// A PDF (ISO 32000) with a line on each page.
std::string pdf(const std::vector<std::string>& pages) {
  std::vector<std::string> objects = {"<</Type/Catalog/Pages 2 0 R>>", "",
                                      "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"};
  std::string kids;
  for (const std::string& text : pages) {
    const int page = static_cast<int>(objects.size()) + 1;
    const std::string stream = "BT /F1 12 Tf 72 700 Td (" + text + ") Tj ET";
    objects.push_back(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents " +
        std::to_string(page + 1) + " 0 R>>");
    objects.push_back("<</Length " + std::to_string(stream.size()) + ">>stream\n" + stream + "\nendstream");
    kids += std::to_string(page) + " 0 R ";
  }
  objects[1] = "<</Type/Pages/Kids[" + kids + "]/Count " + std::to_string(pages.size()) + ">>";
  std::string file = "%PDF-1.4\n", table;
  for (size_t i = 0; i < objects.size(); ++i) {
    char entry[32];
    snprintf(entry, sizeof entry, "%010zu 00000 n \n", file.size());
    table += entry;
    file += object(static_cast<int>(i) + 1, objects[i]);
  }
  const size_t begin = file.size();
  const std::string count = std::to_string(objects.size() + 1);
  return file + "xref\n0 " + count + "\n0000000000 65535 f \n" + table + "trailer<</Size " + count +
         "/Root 1 0 R>>\nstartxref\n" + std::to_string(begin) + "\n%%EOF\n";
}

/// $PATH for a test.
class Path {
 public:
  explicit Path(const std::string& folder) : before_(std::getenv("PATH")) {
    setenv("PATH", folder.c_str(), 1);
  }
  ~Path() { setenv("PATH", before_.c_str(), 1); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

 private:
  std::string before_;
};

struct Project {
  Temporary place;
  ProjectFiles files{place.path().string()};
  Surroundings around{.files = &files, .access = nullptr, .stop = nullptr, .limits = {}};

  Collector load() const {
    Collector sink;
    std::string error;
    CHECK(chain::documents::load(FromFiles{{"*.pdf"}, {}}, around, sink, error));
    return sink;
  }
  /// Puts a `pdftotext` of our own in the path's place.
  void program(const std::string& script) const {
    place.file("bin/pdftotext", "#!/bin/sh\n" + script);
    REQUIRE(chmod((place.path() / "bin/pdftotext").c_str(), 0700) == 0);
  }
  [[nodiscard]] std::string bin() const { return (place.path() / "bin").string(); }
};

}  // namespace

TEST_CASE("a PDF's words are read page by page") {
  const Project project;
  project.place.file("paper.pdf", pdf({"The first page says hello.", "The second page says goodbye."}));
  const Collector sink = project.load();
  if (!sink.why("paper.pdf").empty()) {
    WARN(sink.why("paper.pdf"));
    return;
  }
  REQUIRE(sink.documents.size() == 1);
  const auto chunks = cut(sink.documents[0], {});
  REQUIRE(chunks.size() == 2);
  CHECK(chunks[0].text == "The first page says hello.");
  CHECK(chunks[0].page == 1);
  CHECK(chunks[1].text == "The second page says goodbye.");
  CHECK(chunks[1].page == 2);
  CHECK(sink.documents[0].text.substr(chunks[1].begin, chunks[1].end - chunks[1].begin) == chunks[1].text);
}

TEST_CASE("damaged and empty PDFs are skipped with a word") {
  const Project project;
  project.place.file("broken.pdf", "%PDF-1.4\n garbage");
  project.place.file("empty.pdf", pdf({""}));
  const Collector sink = project.load();
  CHECK(sink.documents.empty());
  if (sink.why("empty.pdf").find("apt install") != std::string::npos) return;
  CHECK(sink.why("broken.pdf").find("it is damaged or needs a password") != std::string::npos);
  CHECK(sink.why("empty.pdf").find("it has no text, only pictures") != std::string::npos);
}

TEST_CASE("without pdftotext the way out is told, and what was there stays") {
  const Project project;
  project.place.file("paper.pdf", pdf({"Hello."}));
  const Path path("/nonexistent");
  const Collector sink = project.load();
  REQUIRE(sink.skips.size() == 1);
  CHECK(sink.skips[0].why.find("apt install poppler-utils") != std::string::npos);
  CHECK(sink.skips[0].keep);
}

TEST_CASE("a PDF that expands without end is given up, and nothing of it goes on") {
  Project project;
  project.place.file("bomb.pdf", "%PDF-1.4\n");
  project.program("while :; do echo boom boom boom boom; done");
  const Path path(project.bin() + ":/usr/bin:/bin");
  project.around.limits.text = 100'000;
  const Collector sink = project.load();
  CHECK(sink.why("bomb.pdf") == "its text has more than 100000 bytes; split it");
}

TEST_CASE("a PDF that takes too long is killed with all that it has started") {
  Project project;
  project.place.file("slow.pdf", "%PDF-1.4\n");
  project.program("sleep 1000 & echo $! >" + (project.place.path() / "child").string() + "\nsleep 1000\n");
  const Path path(project.bin() + ":/usr/bin:/bin");
  project.around.limits.convert = 1'000'000'000;
  const auto begin = std::chrono::steady_clock::now();
  const Collector sink = project.load();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  CHECK(sink.why("slow.pdf") ==
        "its words could not be had in 1 s; split it, or convert it to text yourself");
  std::ifstream in(project.place.path() / "child");
  pid_t child = 0;
  REQUIRE(in >> child);
  // Dead, or waiting for whoever adopted it to notice; the kernel takes its moment.
  std::string number, name, state = "S";
  while (state != "Z" && state != "X" &&
         std::chrono::steady_clock::now() - begin < std::chrono::seconds(20)) {
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    if (!(stat >> number >> name >> state)) state = "X";
  }
  CHECK((state == "Z" || state == "X"));
}

TEST_CASE("the program sees neither arguments of ours nor our environment") {
  Project project;
  project.place.file("odd; rm -rf $HOME.pdf", "%PDF-1.4\n");
  project.program("cat; echo \"args: $*\"; env | grep -c SECRET\n");
  setenv("SECRET_OF_TEST", "x", 1);
  const Path path(project.bin() + ":/usr/bin:/bin");
  const Collector sink = project.load();
  unsetenv("SECRET_OF_TEST");
  REQUIRE(sink.documents.size() == 1);
  CHECK(sink.documents[0].text == "args: -q -enc UTF-8 -eol unix /proc/self/fd/3 -\n0\n");
}
