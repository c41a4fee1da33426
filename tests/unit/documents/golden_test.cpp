// Documents of each kind (fixtures/), the passages that they are cut into, and what stands at their places in
// the source: fixtures/NAME.golden. With CHAIN_UPDATE_GOLDENS=1 these are written anew.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "runtime/access/project_files.h"
#include "runtime/documents/decode.h"
#include "runtime/documents/load.h"
#include "tests/unit/documents/sink.h"

using namespace chain::documents;
using chain::access::ProjectFiles;
using test::Collector;

namespace {

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string indented(std::string_view text) {
  std::string lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines += "    " + std::string(line) + "\n";
    begin = end + 1;
  }
  return lines;
}

/// What stands at a passage's place, as text.
std::string slice(const std::string& source, const Chunk& chunk, const std::string& encoding) {
  Decoded decoded;
  std::string error;
  const std::string bytes = source.substr(chunk.begin, chunk.end - chunk.begin);
  return decode(bytes, encoding, 1 << 20, decoded, error) ? decoded.text : error;
}

void show(const Document& document, const Splitter& splitter, const std::string& source,
          const std::string& encoding, std::ostream& out) {
  out << "document " << document.id << "\n  title " << document.title << "\n";
  for (const auto& [name, value] : document.meta) out << "  " << name << " = " << value << "\n";
  // The words of a PDF stand at no bytes of it: its places are those of its text.
  const std::string& base = document.form == Form::Pages ? document.text : source;
  for (const Chunk& chunk : cut(document, splitter)) {
    REQUIRE(chunk.end <= base.size());
    out << "\npassage " << chunk.begin << ".." << chunk.end << " line " << chunk.line << " page "
        << chunk.page;
    for (const std::string& heading : chunk.headings) out << " > " << heading;
    out << "\n" << indented(chunk.text) << "  stands at\n" << indented(slice(base, chunk, encoding));
    const std::string at = slice(base, chunk, encoding);
    INFO(chunk.text << "\n--\n" << at);
    if (document.form != Form::Html && document.form != Form::Record)
      CHECK(test::holds_words(at, chunk.text));
  }
  out << "\n";
}

}  // namespace

TEST_CASE("documents of each kind are cut as their goldens say, and their passages point at their bytes") {
  const ProjectFiles files(FIXTURES);
  const Surroundings around{.files = &files, .access = nullptr, .stop = nullptr, .limits = {}};
  const bool update = std::getenv("CHAIN_UPDATE_GOLDENS") != nullptr;
  const Splitter splitter{.size = 60, .overlap = 12};
  if (!counts_exactly(splitter.encoding)) {
    WARN("the ranks are not installed: passages would be others");
    return;
  }
  size_t compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(FIXTURES)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".golden")) continue;
    INFO(name);
    Collector sink;
    std::string error;
    REQUIRE(load(FromFiles{{name}, {}}, around, sink, error));
    if (sink.why(name).find("apt install") != std::string::npos) continue;
    const std::string source = read_all(entry.path());
    const std::string encoding = name.find("euckr") != std::string::npos   ? "windows-949"
                                 : name.find("utf16") != std::string::npos ? "UTF-16LE"
                                                                           : "UTF-8";
    std::ostringstream out;
    for (const auto& skip : sink.skips) out << "skipped " << skip.source << ": " << skip.why << "\n\n";
    for (const Document& document : sink.documents) show(document, splitter, source, encoding, out);
    const std::string golden = entry.path().string() + ".golden";
    if (update) std::ofstream(golden, std::ios::binary) << out.str();
    CHECK(read_all(golden) == out.str());
    ++compared;
  }
  CHECK(compared >= 12);
}
