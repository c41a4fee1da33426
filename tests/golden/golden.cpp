#include "tests/golden/golden.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace chain::testing {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string trimmed(const std::string& line) {
  const size_t begin = line.find_first_not_of(" \t");
  return begin == std::string::npos ? "" : line.substr(begin);
}

/// What stands behind `marker` in a line that begins with it, leading space aside.
std::optional<std::string> after(const std::string& line, std::string_view marker) {
  const std::string text = trimmed(line);
  if (!text.starts_with(marker)) return std::nullopt;
  return trimmed(text.substr(marker.size()));
}

bool is_diagnostic(const std::string& line) {
  return after(line, "// ERROR E").has_value() || after(line, "// WARNING E").has_value();
}

struct Expectations {
  std::vector<std::string> command;  // without the program
  int exit = 0;
  std::optional<std::string> out, err;
  size_t block_begin = 0;  // the line where `EXIT`, `OUT` and `ERR` begin
};

/// Reads a block of comment lines from `at` on, up to the next marker.
std::string read_block(const std::vector<std::string>& lines, size_t& at) {
  std::string text;
  for (; at < lines.size(); ++at) {
    const std::string& line = lines[at];
    if (!line.starts_with("//") || line == "// ERR:" || line == "// OUT:") break;
    text += (line.size() > 3 ? line.substr(3) : "") + "\n";
  }
  return text;
}

Expectations read_expectations(const std::vector<std::string>& lines) {
  Expectations result;
  result.block_begin = lines.size();
  for (size_t at = 0; at < lines.size();) {
    const std::string& line = lines[at++];
    if (const auto command = after(line, "// RUN: chain")) result.command = split_words(*command);
    const auto exit = after(line, "// EXIT:");
    const bool marker = exit || line == "// OUT:" || line == "// ERR:";
    if (marker) result.block_begin = std::min(result.block_begin, at - 1);
    if (exit) result.exit = std::stoi(*exit);
    if (line == "// OUT:") result.out = read_block(lines, at);
    if (line == "// ERR:") result.err = read_block(lines, at);
  }
  return result;
}

/// The command's words with the file where it belongs.
std::vector<std::string> with_file(const std::string& chain, std::vector<std::string> words,
                                   const std::string& file) {
  bool placed = false;
  for (std::string& word : words) {
    const size_t at = word.find("%s");
    if (at != std::string::npos) word.replace(at, 2, file);
    placed = placed || at != std::string::npos || word.find(".chain") != std::string::npos;
  }
  if (!placed) words.insert(words.begin() + 1, file);
  words.insert(words.begin(), chain);
  return words;
}

/// Where the runs of all goldens are written down; goes with the process.
const std::string& state_folder() {
  static const struct Folder {
    std::string path = (fs::temp_directory_path() / "chain-golden-XXXXXX").string();
    Folder() {
      if (!mkdtemp(path.data())) throw std::system_error(errno, std::generic_category(), path);
    }
    ~Folder() { fs::remove_all(path); }
  } folder;
  return folder.path;
}

Command command_for(const std::string& chain, const Expectations& expected, const fs::path& path) {
  const bool formats = expected.command.front() == "fmt";
  Command command;
  command.words = with_file(chain, expected.command, formats ? "-" : path.filename().string());
  command.folder = path.parent_path().string();
  command.environment = {
      {"NO_COLOR", "1"},
      {"OPENAI_API_KEY", std::nullopt},
      {"OPENAI_BASE_URL", std::nullopt},
      {"CHAIN_STATE_DIR", state_folder()},
      {"CHAIN_CONFIG_DIR", state_folder() + "/config"},  // nothing that this user has allowed
      {"CHAIN_CACHE_DIR", "/dev/null"}};                 // a program from the cache has no warnings any more
  if (formats) command.input = read_file(path.string());
  return command;
}

void show_difference(const std::string& what, const std::string& expected, const std::string& found) {
  std::printf("  %s differs\n", what.c_str());
  const auto left = split_lines(expected), right = split_lines(found);
  size_t shown = 0;
  for (size_t i = 0; i < std::max(left.size(), right.size()) && shown < 10; ++i) {
    const std::string* l = i < left.size() ? &left[i] : nullptr;
    const std::string* r = i < right.size() ? &right[i] : nullptr;
    if (l && r && *l == *r) continue;
    std::printf("    line %zu\n      expected: %s\n      found:    %s\n", i + 1, l ? l->c_str() : "(nothing)",
                r ? r->c_str() : "(nothing)");
    ++shown;
  }
  if (left == right) std::printf("    only in the line break at the end\n");
}

// ---- Output ----

std::string commented(const std::string& text) {
  std::string result;
  for (const std::string& line : split_lines(text)) result += line.empty() ? "//\n" : "// " + line + "\n";
  return result;
}

void update_output(const fs::path& path, const fs::path& beside, const std::vector<std::string>& lines,
                   const Expectations& expected, const Ended& ended) {
  const bool long_output = expected.command.front() == "fmt" || expected.command.front() == "graph";
  const bool in_file = fs::exists(beside) || (long_output && !ended.out.empty());
  if (in_file) write_file(beside.string(), ended.out);
  std::string text = join({lines.begin(), lines.begin() + static_cast<long>(expected.block_begin)});
  std::string block;
  if (ended.code != 0) block += "// EXIT: " + std::to_string(ended.code) + "\n";
  if (!in_file) block += "// OUT:\n" + commented(ended.out);
  if (expected.err || (ended.code != 0 && !in_file)) block += "// ERR:\n" + commented(ended.err);
  if (expected.block_begin == lines.size() && !block.empty()) text += "\n";
  if (in_file && block.empty() && expected.block_begin == lines.size()) return;
  write_file(path.string(), text + block);
}

bool run_output(const std::string& chain, const fs::path& path, bool update) {
  const auto lines = split_lines(read_file(path.string()));
  const Expectations expected = read_expectations(lines);
  const fs::path beside = fs::path(path).replace_extension(".expected");
  const Command command = command_for(chain, expected, path);
  const Ended ended = run(command);
  const auto is_program = [](const std::string& line) { return !line.empty() && !line.starts_with("//"); };
  if (update &&
      std::any_of(lines.begin() + static_cast<long>(expected.block_begin), lines.end(), is_program)) {
    std::printf("  what is expected does not stand at the end of %s: write it by hand\n", path.c_str());
    return false;
  }
  if (update) {
    update_output(path, beside, lines, expected, ended);
    return true;
  }
  bool good = !ended.killed && ended.code == expected.exit;
  if (!good) std::printf("  exit code %d, expected %d\n%s", ended.code, expected.exit, ended.err.c_str());
  const auto out = fs::exists(beside) ? std::optional(read_file(beside.string())) : expected.out;
  if (!out && !expected.err) {
    std::printf("  nothing is expected of it: no `// OUT:`, no `// ERR:` and no %s\n",
                beside.filename().c_str());
    return false;
  }
  auto compare = [&](const char* what, const std::optional<std::string>& want, const std::string& found) {
    if (!want || *want == found || (!fs::exists(beside) && *want == found + "\n" && !found.empty())) return;
    show_difference(what, *want, found);
    good = false;
  };
  compare("standard output", out, ended.out);
  compare("standard error", expected.err, ended.err);
  if (good && expected.command.front() == "fmt" && ended.code == 0) {
    Command again = command;
    again.input = ended.out;
    compare("the layout of the layout", ended.out, run(again).out);
  }
  return good;
}

// ---- Layout ----

constexpr std::string_view kLayoutInput = ".in.chain";

bool run_layout(const std::string& chain, const std::string& path, bool update) {
  const std::string beside = path.substr(0, path.size() - kLayoutInput.size()) + ".out.chain";
  auto format = [&](std::string text) {
    Command command;
    command.words = {chain, "fmt", "-"};
    command.input = std::move(text);
    return run(command);
  };
  const Ended ended = format(read_file(path));
  if (update) write_file(beside, ended.out);
  const std::string expected = read_file(beside);
  const std::string again = format(ended.out).out;
  if (ended.code != 0) std::printf("  exit code %d\n%s", ended.code, ended.err.c_str());
  if (ended.out != expected) show_difference("the layout", expected, ended.out);
  if (again != ended.out) show_difference("the layout of the layout", ended.out, again);
  return ended.code == 0 && ended.out == expected && again == ended.out;
}

// ---- Diagnostics ----

/// For each line, whether an inserted comment would become part of a `"""` block.
std::vector<bool> inside_blocks(const std::vector<std::string>& lines) {
  std::vector<bool> result;
  bool inside = false;
  for (const std::string& line : lines) {
    result.push_back(inside);
    for (size_t at = line.find("\"\"\""); at != std::string::npos; at = line.find("\"\"\"", at + 3))
      inside = !inside;
  }
  return result;
}

std::vector<std::string> expected_diagnostics(const std::vector<std::string>& lines) {
  std::vector<std::string> result;
  for (const std::string& line : lines) {
    if (is_diagnostic(line)) result.push_back(*after(line, "//"));
  }
  return result;
}

/// Takes the expectations out, asks the compiler, and writes new ones above the lines they are about.
void update_diagnostics(const std::string& chain, const fs::path& path, std::vector<std::string> lines) {
  lines.erase(std::remove_if(lines.begin(), lines.end(), is_diagnostic), lines.end());
  write_file(path.string(), join(lines));
  const std::string name = path.filename().string();
  auto found = diagnose(chain, path.parent_path().string(), name);

  const auto inside = inside_blocks(lines);
  std::vector<std::vector<Diagnosed>> above(lines.size() + 1);
  for (Diagnosed& diagnosed : found) {
    size_t line = diagnosed.file == name ? std::min(diagnosed.line, lines.size()) : 2;
    line = line > 0 ? line - 1 : 0;
    while (line > 0 && line < inside.size() && inside[line]) --line;
    above[line].push_back(diagnosed);
  }
  // A line moves down by every expectation that is written above it.
  std::vector<size_t> moved(lines.size() + 2, 0);
  size_t written = 0;
  for (size_t line = 0; line <= lines.size(); ++line) moved[line] = written += above[line].size();
  std::vector<std::string> result;
  for (size_t line = 0; line < lines.size(); ++line) {
    for (Diagnosed& diagnosed : above[line]) {
      if (diagnosed.file == name && diagnosed.line > 0)
        diagnosed.line += moved[std::min(diagnosed.line - 1, lines.size())];
      const size_t indent = std::min(lines[line].find_first_not_of(' '), lines[line].size());
      result.push_back(std::string(indent, ' ') + "// " + diagnosed.expectation(name));
    }
    result.push_back(lines[line]);
  }
  write_file(path.string(), join(result));
}

bool run_check(const std::string& chain, const fs::path& path, bool update) {
  const auto lines = split_lines(read_file(path.string()));
  if (update) {
    update_diagnostics(chain, path, lines);
    return true;
  }
  const std::string name = path.filename().string();
  std::vector<std::string> found;
  for (const Diagnosed& diagnosed : diagnose(chain, path.parent_path().string(), name)) {
    found.push_back(diagnosed.expectation(name));
  }
  std::vector<std::string> expected = expected_diagnostics(lines);
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  if (found == expected) return true;
  for (const std::string& line : expected) {
    if (std::find(found.begin(), found.end(), line) == found.end())
      std::printf("  missing:    %s\n", line.c_str());
  }
  for (const std::string& line : found) {
    if (std::find(expected.begin(), expected.end(), line) == expected.end())
      std::printf("  unexpected: %s\n", line.c_str());
  }
  if (found.size() != expected.size())
    std::printf("  %zu found, %zu expected\n", found.size(), expected.size());
  return false;
}

}  // namespace

std::string Diagnosed::expectation(const std::string& own) const {
  std::string word = severity;
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::string one_line = message;
  std::replace(one_line.begin(), one_line.end(), '\n', ' ');
  return word + " " + code + " " + (file == own ? "" : file + ":") + std::to_string(line) + ":" +
         std::to_string(column) + " " + one_line;
}

std::vector<Diagnosed> diagnose(const std::string& chain, const std::string& folder,
                                const std::string& file) {
  Command command;
  command.words = {chain, "check", "--json", file};
  command.folder = folder;
  const Ended ended = run(command);
  const auto json = nlohmann::json::parse(ended.out, nullptr, false);
  if (!json.is_object() || !json.contains("diagnostics")) {
    throw std::runtime_error("chain check --json " + file + " gave no JSON but exit code " +
                             std::to_string(ended.code) + "\n" + ended.out + ended.err);
  }
  const bool errors = json.at("errors").get<size_t>() > 0;
  if (ended.code != (errors ? 3 : 0)) {
    throw std::runtime_error("chain check " + file + " ended with " + std::to_string(ended.code));
  }
  std::vector<Diagnosed> result;
  for (const auto& item : json.at("diagnostics")) {
    Diagnosed diagnosed{item.at("code"),
                        item.at("severity"),
                        item.at("message"),
                        item.at("file"),
                        item.at("line"),
                        item.at("column"),
                        {}};
    for (const auto& fix : item.at("fixes")) {
      diagnosed.fixes.push_back({fix.at("begin"), fix.at("end"), fix.at("replacement")});
    }
    result.push_back(std::move(diagnosed));
  }
  return result;
}

bool is_golden(const std::string& path) {
  return path.ends_with(kLayoutInput) ||
         (path.ends_with(".chain") && read_file(path).find("// RUN:") != std::string::npos);
}

bool run_golden(const std::string& chain, const std::string& path, bool update) {
  const fs::path absolute = fs::absolute(path);
  if (path.ends_with(kLayoutInput)) return run_layout(chain, absolute.string(), update);
  const auto lines = split_lines(read_file(absolute.string()));
  const Expectations expected = read_expectations(lines);
  if (expected.command.empty()) {
    std::printf("  has no line `// RUN: chain VERB ...`\n");
    return false;
  }
  const bool diagnostics = expected.command == std::vector<std::string>{"check"};
  return diagnostics ? run_check(chain, absolute, update) : run_output(chain, absolute, update);
}

}  // namespace chain::testing
