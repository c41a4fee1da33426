#include "cli/line_editor.h"

#include <histedit.h>
#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <filesystem>
#include <utility>

#include "cli/output.h"
#include "runtime/store/database.h"

namespace chain::cli {

namespace {

constexpr int kKeptLines = 1000;
constexpr size_t kMostShown = 100;  // of what a word can become

/// Where the history is kept; empty if there is no place for it.
std::string history_file(std::string_view name) {
  const std::filesystem::path folder = store::state_folder();
  if (folder.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return error ? std::string() : (folder / name).string();
}

/// Text is UTF-8 whatever the locale says: libedit reads it by the locale.
void use_utf8() {
  if (!std::setlocale(LC_CTYPE, "") || std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
    std::setlocale(LC_CTYPE, "C.UTF-8");
}

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::string completed(std::string_view word, const std::vector<std::string>& words,
                      std::vector<std::string>& choices) {
  choices.clear();
  for (const std::string& each : words) {
    if (each.starts_with(word)) choices.push_back(each);
  }
  std::sort(choices.begin(), choices.end());
  choices.erase(std::unique(choices.begin(), choices.end()), choices.end());
  if (choices.empty()) return std::string(word);
  // Sorted, so that the first and the last differ first.
  const std::string& first = choices.front();
  const auto end =
      std::mismatch(first.begin(), first.end(), choices.back().begin(), choices.back().end()).first;
  auto same = static_cast<size_t>(end - first.begin());
  while (same > word.size() && same < first.size() &&
         (static_cast<unsigned char>(first[same]) & 0xC0) == 0x80)
    --same;  // not within a character
  return first.substr(0, same);
}

struct LineEditor::State {
  std::function<bool()> interrupted;
  Words words;
  EditLine* edit = nullptr;
  History* history = nullptr;
  std::string prompt;
  std::string file;
  bool stopped = false;  // by Ctrl-C

  static State& of(EditLine* edit) {
    void* data = nullptr;
    el_get(edit, EL_CLIENTDATA, &data);
    return *static_cast<State*>(data);
  }
  static char* show_prompt(EditLine* edit) { return of(edit).prompt.data(); }
  static int read_character(EditLine* edit, wchar_t* out);
  static unsigned char complete(EditLine* edit, int key);
};

/// As libedit's own, but for Ctrl-C, which ends the line.
int LineEditor::State::read_character(EditLine* edit, wchar_t* out) {
  State& state = of(edit);
  std::mbstate_t decoding{};
  for (;;) {
    char byte = 0;
    const ssize_t count = read(STDIN_FILENO, &byte, 1);
    if (count == 0) return 0;
    if (count < 0) {
      if (errno != EINTR) return -1;
      if (!state.interrupted()) continue;
      state.stopped = true;
      return -1;
    }
    const size_t used = std::mbrtowc(out, &byte, 1, &decoding);
    if (used == static_cast<size_t>(-2)) continue;  // the character goes on
    if (used == static_cast<size_t>(-1)) *out = L'\uFFFD';
    return 1;
  }
}

unsigned char LineEditor::State::complete(EditLine* edit, int /*key*/) {
  const LineInfo* line = el_line(edit);
  const char* begin = line->cursor;
  while (begin > line->buffer && in_word(begin[-1])) --begin;
  if (begin == line->buffer + 1 && (*line->buffer == ':' || *line->buffer == '/'))
    begin = line->buffer;  // `:type`, `/trace`
  const std::string word(begin, line->cursor);
  if (word.empty()) return CC_ERROR;
  std::vector<std::string> choices;
  const std::string whole = completed(word, of(edit).words(), choices);
  if (choices.empty()) return CC_ERROR;
  std::string more = whole.substr(word.size());
  if (choices.size() == 1) more += ' ';
  if (!more.empty()) return el_insertstr(edit, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  std::string text = "\n";
  for (size_t i = 0; i < std::min(choices.size(), kMostShown); ++i) text += choices[i] + "  ";
  say(text + (choices.size() > kMostShown ? "...\n" : "\n"));
  return CC_REDISPLAY;
}

LineEditor::LineEditor(std::function<bool()> interrupted, Words words, std::string_view history_name)
    : state_(std::make_unique<State>()) {
  use_utf8();
  State& state = *state_;
  state.interrupted = std::move(interrupted);
  state.words = std::move(words);
  state.edit = el_init("chain", stdin, stderr, stderr);
  if (!state.edit) return;
  state.history = history_init();
  HistEvent event;
  history(state.history, &event, H_SETSIZE, kKeptLines);
  history(state.history, &event, H_SETUNIQUE, 1);
  state.file = history_file(history_name);
  if (!state.file.empty()) history(state.history, &event, H_LOAD, state.file.c_str());
  el_set(state.edit, EL_CLIENTDATA, state_.get());
  el_set(state.edit, EL_PROMPT, &State::show_prompt);
  el_set(state.edit, EL_EDITOR, "emacs");
  el_set(state.edit, EL_HIST, history, state.history);
  el_set(state.edit, EL_GETCFN, &State::read_character);
  el_set(state.edit, EL_ADDFN, "chain-complete", "Completes the word before the cursor", &State::complete);
  el_set(state.edit, EL_BIND, "^I", "chain-complete", nullptr);
  el_set(state.edit, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_source(state.edit, nullptr);  // ~/.editrc
}

LineEditor::~LineEditor() {
  if (state_->edit) el_end(state_->edit);
  if (!state_->history) return;
  HistEvent event;
  if (!state_->file.empty()) history(state_->history, &event, H_SAVE, state_->file.c_str());  // mode 0600
  history_end(state_->history);
}

bool LineEditor::usable() const {
  return state_->edit != nullptr;
}

LineEditor::Got LineEditor::next(std::string_view prompt, std::string& line) {
  state_->prompt = prompt;
  state_->stopped = false;
  el_resize(state_->edit);
  int count = 0;
  const char* text = el_gets(state_->edit, &count);
  if (state_->stopped) {
    say("\n");
    return Got::Interrupted;
  }
  if (!text || count <= 0) return Got::End;
  line.assign(text, static_cast<size_t>(count));
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  HistEvent event;
  if (line.find_first_not_of(" \t") != std::string::npos)
    history(state_->history, &event, H_ENTER, line.c_str());
  return Got::Line;
}

}  // namespace chain::cli
