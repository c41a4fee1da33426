// Every diagnostic has a page whose first example provokes it and whose second is mended, and a golden; and
// every fix that is suggested in a golden or a page mends what it is suggested for.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "compiler/diagnostics/diagnostics.h"
#include "tests/golden/golden.h"

namespace {

namespace fs = std::filesystem;
using chain::testing::diagnose;
using chain::testing::Diagnosed;

const std::string kChain = CHAIN_PROGRAM;
const fs::path kPages = CHAIN_PAGES;
const fs::path kGoldens = CHAIN_GOLDENS;
const fs::path kCompiler = CHAIN_COMPILER;

/// Codes whose page cannot hold an example that provokes them, and why.
const std::map<std::string, std::string> kWithoutExample = {
    {"E0004", "a file beyond the limits on size or nesting is no reading matter"},
    {"E0005", "a page is UTF-8 and cannot hold bytes that are not"},
    {"E0126", "the command line names a profile, not a file"},
    {"E0117", "its example would need a schema beside it"},
    {"E0504", "its example would need a lock beside it"},
    {"E0505", "its example would need a lock beside it"},
    {"E0506", "its example would need a lock beside it"},
    {"E0510", "its example would need a lock beside it"},
    {"E0701", "a run is refused, not a file"},
    {"E0702", "a run is refused, not a file"},
    {"E0490", "an installation is broken, not a file"},
};

/// Codes that no file provokes.
const std::set<std::string> kWithoutGolden = {"E0126", "E0490", "E0701", "E0702"};

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "chain-pages-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

  /// The diagnostics of `text` as a file called example.chain.
  [[nodiscard]] std::vector<Diagnosed> check(const std::string& text) const {
    chain::testing::write_file((path_ / "example.chain").string(), text);
    return diagnose(kChain, path(), "example.chain");
  }

 private:
  fs::path path_;
};

/// The contents of a page's ```chain fences.
std::vector<std::string> examples_of(const std::string& page) {
  std::vector<std::string> result;
  const std::string open = "```chain\n";
  for (size_t at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
    at += open.size();
    const size_t end = page.find("\n```", at);
    if (end == std::string::npos) break;
    result.push_back(page.substr(at, end + 1 - at));
    at = end;
  }
  return result;
}

std::set<std::string> codes_of(const std::vector<Diagnosed>& found) {
  std::set<std::string> result;
  for (const Diagnosed& diagnosed : found) result.insert(diagnosed.code);
  return result;
}

std::multiset<std::string> kinds_of(const std::vector<Diagnosed>& found) {
  std::multiset<std::string> result;
  for (const Diagnosed& diagnosed : found) result.insert(diagnosed.code + " " + diagnosed.message);
  return result;
}

/// Applies each fix alone: what it is for must be gone, and nothing new may come.
void check_fixes(const std::string& text, const std::vector<Diagnosed>& found, const std::string& own,
                 const std::string& folder, const std::string& scratch) {
  const std::multiset<std::string> before = kinds_of(found);
  for (const Diagnosed& diagnosed : found) {
    if (diagnosed.file != own) continue;
    for (const Diagnosed::Fix& fix : diagnosed.fixes) {
      REQUIRE(fix.begin <= fix.end);
      REQUIRE(fix.end <= text.size());
      std::string mended = text;
      mended.replace(fix.begin, fix.end - fix.begin, fix.replacement);
      const std::string path = (fs::path(folder) / scratch).string();
      chain::testing::write_file(path, mended);
      const std::multiset<std::string> after = kinds_of(diagnose(kChain, folder, scratch));
      fs::remove(path);
      INFO(diagnosed.code << ": " << diagnosed.message << "\nmended to:\n" << mended);
      for (const std::string& kind : after) {
        INFO("after the fix: " << kind);
        CHECK(before.count(kind) >= after.count(kind));
      }
      const std::string kind = diagnosed.code + " " + diagnosed.message;
      CHECK(after.count(kind) + 1 == before.count(kind));
    }
  }
}

}  // namespace

TEST_CASE("every diagnostic has a golden that provokes it") {
  std::string goldens;
  for (const auto& entry : fs::recursive_directory_iterator(kGoldens)) {
    if (entry.path().extension() == ".chain") goldens += chain::testing::read_file(entry.path().string());
  }
  for (const chain::CodeInfo& code : chain::all_codes()) {
    const std::string word = code.severity == chain::Severity::Error ? "ERROR" : "WARNING";
    if (kWithoutGolden.count(std::string(code.code)) > 0) continue;
    INFO(code.code << " " << code.name);
    CHECK(goldens.find("// " + word + " " + std::string(code.code) + " ") != std::string::npos);
  }
}

TEST_CASE("every diagnostic has a page, and its examples are true") {
  const Folder folder;
  for (const chain::CodeInfo& info : chain::all_codes()) {
    const std::string code(info.code);
    INFO(code << " " << info.name);
    const fs::path path = kPages / (code + ".md");
    CHECK(fs::exists(path));
    if (!fs::exists(path)) continue;
    const std::string page = chain::testing::read_file(path.string());
    // "E0103: name declared twice": a thing, not a sentence, so that `chain explain --list` reads as one
    // list.
    const std::string title = page.substr(0, page.find('\n'));
    CHECK(title.starts_with("# " + code + ": "));
    const std::string words = title.substr(title.find(": ") + 1) + ' ';
    CHECK((words.size() > 2 && (std::islower(words[1]) || words[1] == '`')));
    for (const char* verb : {" is ", " are ", " does ", " has ", " cannot ", ". "}) {
      const bool a_clause = words.find(" that") != std::string::npos;  // "value that is never none"
      CHECK((a_clause || words.find(verb) == std::string::npos));
    }
    if (kWithoutExample.count(code) > 0) continue;
    const auto examples = examples_of(page);
    CHECK(examples.size() >= 2);
    if (examples.size() < 2) continue;
    const auto found = folder.check(examples[0]);
    CHECK(codes_of(found) == std::set<std::string>{code});
    check_fixes(examples[0], found, "example.chain", folder.path(), "example.chain");
    const auto mended = folder.check(examples[1]);
    for (const Diagnosed& diagnosed : mended) UNSCOPED_INFO(diagnosed.expectation("example.chain"));
    CHECK(mended.empty());
  }
}

TEST_CASE("no page is about a code that does not exist") {
  std::set<std::string> codes;
  for (const chain::CodeInfo& info : chain::all_codes()) codes.insert(std::string(info.code));
  for (const auto& entry : fs::directory_iterator(kPages)) {
    const std::string name = entry.path().stem().string();
    INFO(name);
    CHECK(codes.count(name) == 1);
  }
}

/// The names of diagnostics for which the compiler's sources suggest a fix: `report(Name{...},
/// span).fix(...)`, or `auto report = ...report(Name{` and later `report.fix(`.
std::set<std::string> names_with_fixes() {
  std::set<std::string> names;
  static const std::regex kReport(R"(report\(\s*(\w+)\s*\{)");
  for (const auto& entry : fs::recursive_directory_iterator(kCompiler)) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = chain::testing::read_file(entry.path().string());
    for (size_t fix = text.find(".fix("); fix != std::string::npos; fix = text.find(".fix(", fix + 1)) {
      std::string name;
      // Near by: what was reported further up has been finished with.
      constexpr size_t kNear = 300;
      const std::string before = text.substr(fix > kNear ? fix - kNear : 0, std::min(fix, kNear));
      for (std::sregex_iterator it(before.begin(), before.end(), kReport), end; it != end; ++it)
        name = (*it)[1];
      if (!name.empty()) names.insert(name);
    }
  }
  return names;
}

TEST_CASE("every diagnostic that suggests a fix does so in a golden or on its page") {
  std::set<std::string> shown;
  const Folder folder;
  const auto note = [&](const std::vector<Diagnosed>& found) {
    for (const Diagnosed& diagnosed : found) {
      if (!diagnosed.fixes.empty()) shown.insert(diagnosed.code);
    }
  };
  for (const auto& entry : fs::recursive_directory_iterator(kGoldens)) {
    if (entry.path().extension() != ".chain") continue;
    const std::string text = chain::testing::read_file(entry.path().string());
    if (text.find("// RUN: chain check") == std::string::npos) continue;
    note(diagnose(kChain, entry.path().parent_path().string(), entry.path().filename().string()));
  }
  for (const auto& entry : fs::directory_iterator(kPages)) {
    const auto examples = examples_of(chain::testing::read_file(entry.path().string()));
    if (!examples.empty()) note(folder.check(examples[0]));
  }
  const std::set<std::string> names = names_with_fixes();
  CHECK(names.size() > 20);
  for (const chain::CodeInfo& info : chain::all_codes()) {
    INFO(info.code << " " << info.name);
    CHECK((names.count(std::string(info.name)) == 0 || shown.count(std::string(info.code)) == 1));
  }
}

TEST_CASE("fixes mend what they are suggested for") {
  const Folder copy;  // with what the goldens import
  fs::copy(kGoldens, copy.path(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  std::vector<fs::directory_entry> entries(fs::recursive_directory_iterator(copy.path()), {});
  for (const fs::directory_entry& entry : entries) {
    if (entry.path().extension() != ".chain") continue;
    const std::string text = chain::testing::read_file(entry.path().string());
    if (text.find("// RUN: chain check") == std::string::npos) continue;
    const std::string name = entry.path().filename().string();
    const std::string folder = entry.path().parent_path().string();
    INFO(name);
    check_fixes(text, diagnose(kChain, folder, name), name, folder, "mended.chain");
  }
}
