#include "tests/unit/mutation/mutate.h"

#include <random>

namespace chain::mutation {

namespace {

using std::string;

constexpr size_t kLongest = 600'000;  // bytes of a mutant

/// Places `[begin, end)` of the pieces.
struct Range {
  size_t begin = 0, end = 0;
  [[nodiscard]] bool empty() const { return begin >= end; }
};

class Mutator {
 public:
  Mutator(const Corpus& corpus, uint64_t seed) : corpus_(corpus), random_(seed) {}

  Mutant run() {
    const Corpus::File& file = pick(one_in(4) || corpus_.right.empty() ? corpus_.files : corpus_.right);
    pieces_ = file.pieces;
    string changes;
    // Few changes leave many mutants right, so that what stands behind the checker is reached too.
    for (size_t left = one_in(2) ? 1 : 1 + below(4); left > 0; --left) {
      const Change& change = pick(changes_);
      (this->*change.apply)();
      changes += (changes.empty() ? "" : ", ") + string(change.name);
      if (text_of(pieces_).size() > kLongest) break;
    }
    string text = text_of(pieces_);
    if (one_in(12)) changes += ", " + break_bytes(text);
    return {file.path, std::move(text), std::move(changes)};
  }

 private:
  struct Change {
    const char* name;
    void (Mutator::*apply)();
  };

  size_t below(size_t bound) { return bound ? random_() % bound : 0; }
  bool one_in(size_t n) { return below(n) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& items) {
    return items[below(items.size())];
  }
  size_t place() { return below(pieces_.size()); }

  /// A few tokens one behind the other.
  Range some(const Pieces& pieces) {
    const size_t begin = below(pieces.size());
    return {begin, std::min(pieces.size(), begin + 1 + below(8))};
  }
  /// A bracket and everything up to the one that closes it; empty if there is none at hand.
  Range group(const Pieces& pieces, char open) {
    static constexpr char kOpen[] = {'(', '[', '{'};
    if (!open) open = kOpen[below(3)];
    const size_t from = below(pieces.size());
    for (size_t step = 0; step < pieces.size(); ++step) {
      const size_t begin = (from + step) % pieces.size();
      if (pieces[begin].bracket != open) continue;
      size_t depth = 0;
      for (size_t i = begin; i < pieces.size(); ++i) {
        const char bracket = pieces[i].bracket;
        if (bracket == '(' || bracket == '[' || bracket == '{') ++depth;
        if ((bracket == ')' || bracket == ']' || bracket == '}') && --depth == 0) return {begin, i + 1};
      }
      return {};
    }
    return {};
  }
  /// Whole lines, as many as brackets ask for: a statement, a member, a declaration.
  Range lines(const Pieces& pieces) {
    const auto starts_line = [&](size_t i) { return i == 0 || pieces[i].gap.find('\n') != string::npos; };
    size_t begin = below(pieces.size());
    while (!starts_line(begin)) --begin;
    int depth = 0;
    size_t end = begin;
    do {
      const char bracket = pieces[end].bracket;
      depth += bracket == '(' || bracket == '[' || bracket == '{';
      depth -= bracket == ')' || bracket == ']' || bracket == '}';
      ++end;
    } while (end < pieces.size() && (depth > 0 || !starts_line(end)));
    return {begin, end};
  }
  Range piece_of(const Pieces& pieces) {
    switch (below(3)) {
      case 0: return some(pieces);
      case 1: return group(pieces, 0);
      default: return lines(pieces);
    }
  }

  void put(Range at, const Pieces& instead) {
    const auto begin = pieces_.begin() + static_cast<std::ptrdiff_t>(at.begin);
    const auto next = pieces_.erase(begin, pieces_.begin() + static_cast<std::ptrdiff_t>(at.end));
    pieces_.insert(next, instead.begin(), instead.end());
    if (pieces_.empty()) pieces_.emplace_back();
  }
  Pieces copy(const Pieces& pieces, Range range) const {
    return {pieces.begin() + static_cast<std::ptrdiff_t>(range.begin),
            pieces.begin() + static_cast<std::ptrdiff_t>(range.end)};
  }

  void remove() {
    const Range range = piece_of(pieces_);
    if (!range.empty()) put(range, {});
  }

  void repeat() {
    const Range range = piece_of(pieces_);
    if (range.empty()) return;
    const size_t times = one_in(8) ? 50 + below(1500) : 2;
    const Pieces once = copy(pieces_, range);
    Pieces all;
    for (size_t i = 0; i < times && all.size() < 40'000; ++i) all.insert(all.end(), once.begin(), once.end());
    put(range, all);
  }

  void swap() {
    const size_t a = place(), b = place();
    std::swap(pieces_[a].text, pieces_[b].text);
    std::swap(pieces_[a].bracket, pieces_[b].bracket);
  }

  /// By another token of the language.
  void replace() { pieces_[place()].text = pick(corpus_.vocabulary); }

  void insert() {
    const size_t at = place();
    put({at, at}, {{.gap = " ", .text = pick(corpus_.vocabulary)}});
  }

  /// A name by another of the same file: what comes of it often has its types right.
  void rename() {
    std::vector<size_t> names;
    for (size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].is_name) names.push_back(i);
    }
    if (!names.empty()) pieces_[pick(names)].text = string(pieces_[pick(names)].text);
  }

  /// A part of another file in the place of one of the same kind.
  void splice() {
    const Pieces& other = pick(corpus_.files).pieces;
    if (one_in(2)) {
      const Range mine = lines(pieces_), theirs = lines(other);
      return put(one_in(2) ? Range{mine.begin, mine.begin} : mine, copy(other, theirs));
    }
    const Range mine = group(pieces_, 0);
    if (mine.empty()) return;
    const Range theirs = group(other, pieces_[mine.begin].bracket);
    if (!theirs.empty()) put(mine, copy(other, theirs));
  }

  void deepen() {
    struct Wrap {
      const char* before;
      const char* after;
    };
    static const std::vector<Wrap> wraps = {{"(", ")"},
                                            {"[", "]"},
                                            {"{", "}"},
                                            {"{ \"k\": ", "}"},
                                            {"f(", ")"},
                                            {"if true {\n", "\n}"},
                                            {"\"{{ ", " }}\""},
                                            {"not ", ""},
                                            {"-", ""},
                                            {"map<", ">"},
                                            {"", "[]"},
                                            {"", "?"},
                                            {"", ".x"},
                                            {"", " | len"},
                                            {"1 + ", ""},
                                            {"try ", ""},
                                            {"x => ", ""},
                                            {"for x in xs {\n", "\n}"},
                                            {"", " ?? 1"},
                                            {"match x {\nelse => ", "\n}"},
                                            {"repeat up to 2 {\n", "\n}"},
                                            {"race [", "]"},
                                            {"sample 2 of ", ""}};
    static const std::vector<size_t> depths = {1, 2, 5, 60, 150, 199, 200, 201, 500, 5000};
    const Range range = one_in(2) ? some(pieces_) : group(pieces_, 0);
    if (range.empty()) return;
    const Wrap& wrap = pick(wraps);
    const size_t depth = pick(depths);
    string before, after;
    for (size_t i = 0; i < depth; ++i) {
      before += wrap.before;
      after += wrap.after;
    }
    Pieces inside = copy(pieces_, range);
    inside.front().text = before + inside.front().text;
    inside.back().text += after;
    put(range, inside);
  }

  void change_literal() {
    static const std::vector<string> numbers = {"0",
                                                "1",
                                                "9223372036854775807",
                                                "9223372036854775808",
                                                string(400, '9'),
                                                "0.0",
                                                "1e400",
                                                "1.0e-400",
                                                "0." + string(400, '0') + "1",
                                                "106751d",
                                                "106752d",
                                                "9999999999999d",
                                                "0s",
                                                "$0.0000000001",
                                                "$99999999999",
                                                "$9223372036.854775807",
                                                "100%",
                                                "1000000000000%",
                                                "0x10",
                                                "1_000",
                                                "00",
                                                "1.",
                                                ".5"};
    static const std::vector<string> strings = {"\"\"",
                                                "\"\"\"\n\"\"\"",
                                                "\"\"\"\n\n  \n\"\"\"",
                                                "r\"\"",
                                                "\"\\u{10FFFF}\"",
                                                "\"\\u{110000}\"",
                                                "\"\\u{D800}\"",
                                                "\"{{ x }}\"",
                                                "\"{{ \"{{ x }}\" }}\"",
                                                "\"{% raw %}{{ {% endraw %}\"",
                                                "\"{# \"",
                                                "\"{{ x | f(1) }}\"",
                                                "\"" + string(70'000, 'x') + "\"",
                                                "\"\u202Eabc\u2066\"",
                                                "\"e\u0301\u200D\U0001F468\"",
                                                "\"\\n\\t\\\\\""};
    std::vector<size_t> literals;
    for (size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].is_number || pieces_[i].is_string) literals.push_back(i);
    }
    if (literals.empty()) return;
    Piece& chosen = pieces_[pick(literals)];
    chosen.text = pick(one_in(10) != chosen.is_number ? numbers : strings);
  }

  /// Inside of a string: its tags and its text.
  void change_template() {
    static const std::vector<string> parts = {"{{",
                                              "}}",
                                              "{%",
                                              "%}",
                                              "{{ ",
                                              " }}",
                                              "{#",
                                              "#}",
                                              "{{- x -}}",
                                              "{% if x %}",
                                              "{% endif %}",
                                              "{% else %}",
                                              "{% elif x %}",
                                              "{% for x in xs %}",
                                              "{% endfor %}",
                                              "{% raw %}",
                                              "{% endraw %}",
                                              "{% include t(1) %}",
                                              "{{ loop.index }}",
                                              "{{ output.format }}",
                                              "{% for a, b in m %}",
                                              "\\",
                                              "\"",
                                              "\n",
                                              "{",
                                              "}",
                                              "|",
                                              "\u2028"};
    std::vector<size_t> strings;
    for (size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].is_string) strings.push_back(i);
    }
    if (strings.empty()) return;
    string& text = pieces_[pick(strings)].text;
    const size_t at = below(text.size() + 1);
    const size_t count = one_in(2) ? 0 : std::min(text.size() - at, below(12));
    string part = pick(parts);
    if (one_in(10)) {
      const string once = part;
      for (size_t i = below(400); i > 0; --i) part += once;
    }
    text.replace(at, count, part);
  }

  void lengthen_name() {
    std::vector<size_t> names;
    for (size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].is_name) names.push_back(i);
    }
    if (names.empty()) return;
    const string old = pieces_[pick(names)].text;
    string longer;
    const size_t times =
        pick(std::vector<size_t>{1, 100, 5000, 40'000}) / std::max<size_t>(1, old.size()) + 1;
    for (size_t i = 0; i < times; ++i) longer += old + "_";
    const bool everywhere = one_in(2);
    for (const size_t i : names) {
      if (pieces_[i].text != old || text_of(pieces_).size() > kLongest / 2) continue;
      pieces_[i].text = longer;
      if (!everywhere) return;
    }
  }

  void rejoin_lines() {
    Piece& chosen = pieces_[place()];
    chosen.gap = chosen.gap.find('\n') == string::npos ? "\n" : " ";
  }

  void truncate() {
    if (one_in(3)) pieces_.resize(1 + below(pieces_.size()));
  }

  /// What is no token at all.
  string break_bytes(string& text) {
    static const std::vector<string> odd = {string(1, '\0'), "\xFF",         "\xC3",
                                            "\xED\xA0\x80",  "\xEF\xBB\xBF", "\u202E",
                                            "\u200B",        "\u0301",       "\U0001F469\u200D\U0001F4BB",
                                            "\r\n",          "\r",           "\t",
                                            "\x1B[31m",      "\u2028",       "\xF4\x90\x80\x80"};
    const size_t at = below(text.size() + 1);
    if (one_in(4)) {
      text.resize(at);
      return "cut off";
    }
    text.insert(at, pick(odd));
    return "odd bytes";
  }

  // Those that leave much right stand there more than once.
  static inline const std::vector<Change> changes_ = {
      {"remove", &Mutator::remove},
      {"repeat", &Mutator::repeat},
      {"swap", &Mutator::swap},
      {"replace", &Mutator::replace},
      {"insert", &Mutator::insert},
      {"splice", &Mutator::splice},
      {"splice", &Mutator::splice},
      {"deepen", &Mutator::deepen},
      {"literal", &Mutator::change_literal},
      {"literal", &Mutator::change_literal},
      {"template", &Mutator::change_template},
      {"long name", &Mutator::lengthen_name},
      {"lines", &Mutator::rejoin_lines},
      {"truncate", &Mutator::truncate},
      {"rename", &Mutator::rename},
      {"rename", &Mutator::rename},
      {"rename", &Mutator::rename},
  };

  const Corpus& corpus_;
  std::mt19937_64 random_;
  Pieces pieces_;
};

}  // namespace

Mutant mutant(const Corpus& corpus, uint64_t seed) {
  return Mutator(corpus, seed).run();
}

}  // namespace chain::mutation
