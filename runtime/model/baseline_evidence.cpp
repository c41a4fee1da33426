#include "runtime/model/baseline_evidence.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <utility>

namespace chain::model::baseline {

namespace {

constexpr size_t kMaxSentences = 2000;
constexpr int kMaxDepth = 32;
constexpr size_t kNowhere = std::string::npos;

/// Appends every string of `value`, a line each.
void gather(const Json& value, std::string& text, int depth = 0) {
  if (depth > kMaxDepth) return;
  if (value.is_string()) text += value.get_ref<const std::string&>() + "\n";
  if (value.is_structured()) {
    for (const Json& item : value) gather(item, text, depth + 1);
  }
}

bool shares_word(std::string_view folded_names, const std::string& folded_text) {
  for (const std::string_view word : words(folded_names)) {
    if (length(word) >= 2 && folded_text.find(word) != std::string::npos) return true;
  }
  return false;
}

const Json* find_named(const Json& within, const std::string& name, bool (*suits)(const Json&), int depth) {
  if (!within.is_object() || depth > kMaxDepth) return nullptr;
  for (const auto& [key, item] : within.items()) {
    if (fold(key) == name && suits(item)) return &item;
  }
  for (const Json& item : within) {
    if (const Json* found = find_named(item, name, suits, depth + 1)) return found;
  }
  return nullptr;
}

/// Words that questions in English have whatever they are about.
bool asks_only(std::string_view word) {
  constexpr std::string_view kWords =
      " a about am an and any are as at be been by can could did do does for from had has have how i if in "
      "into is "
      "it its me mean means my no not of on or our say shall should so tell that the their then there these "
      "they "
      "this to us was we were what when where which who whose why will with would you your ";
  return kWords.find(" " + std::string(word) + " ") != std::string_view::npos;
}

std::set<std::string, std::less<>> telling_words(const std::string& folded) {
  std::set<std::string, std::less<>> result;
  for (const std::string_view word : words(folded)) {
    if (!asks_only(word)) result.emplace(word);
  }
  return result;
}

/// Forms of one word: "code" and "codes".
bool has_form(const std::set<std::string, std::less<>>& words, const std::string& word) {
  if (words.contains(word)) return true;
  const auto near = [&](const std::string& other) {
    const size_t shorter = std::min(word.size(), other.size()), longer = std::max(word.size(), other.size());
    return shorter >= 4 && longer - shorter <= 3 && word.compare(0, shorter, other, 0, shorter) == 0;
  };
  return std::ranges::any_of(words, near);
}

/// How much of what one text asks each of others says: the share of its words, rare ones counting more.
class Coverage {
 public:
  Coverage(const std::string& asked, const std::vector<std::set<std::string, std::less<>>>& said) {
    for (const std::string& word : telling_words(fold(asked))) {
      if (weights_.size() == kMostWords) break;
      const auto with = std::ranges::count_if(said, [&](const auto& each) { return has_form(each, word); });
      const auto all = static_cast<double>(said.size());
      weights_.emplace_back(word, with == 0 ? 0 : std::log((1 + all) / (1 + static_cast<double>(with))) + 1);
      sum_ += weights_.back().second;
    }
  }
  [[nodiscard]] double of(const std::set<std::string, std::less<>>& said) const {
    double covered = 0;
    for (const auto& [word, weight] : weights_) covered += weight > 0 && has_form(said, word) ? weight : 0;
    return sum_ > 0 ? covered / sum_ : 0;
  }

 private:
  static constexpr size_t kMostWords = 64;  // of longer texts the first ones
  std::vector<std::pair<std::string, double>> weights_;
  double sum_ = 0;
};

/// Near 0 for an id or a single word, 1 for what may be a sentence.
double wholeness(std::string_view sentence) {
  const bool ascii = std::all_of(sentence.begin(), sentence.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii && sentence.find(' ') == std::string_view::npos) return 0.1;
  return ascii ? std::min(1.0, static_cast<double>(words(sentence).size()) / 3.0) : 1.0;
}

}  // namespace

Evidence::Evidence(const Json& inputs, const std::vector<Shown>& examples) : inputs_(inputs) {
  collect(inputs_, "", 0);
  measure(examples);
}

void Evidence::collect(const Json& value, const std::string& names, int depth) {
  if (depth > kMaxDepth) return;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    sources_.push_back({names, text.substr(0, std::min(text.size(), kMaxTextBytes))});
    all_text_ += text + "\n";
  } else if (value.is_object()) {
    for (const auto& [key, item] : value.items()) collect(item, names + " " + key, depth + 1);
  } else if (value.is_array()) {
    for (const Json& item : value) collect(item, names, depth + 1);
  }
}

void Evidence::measure(const std::vector<Shown>& examples) {
  folded_ = fold(all_text_);
  const Bag input_bag = bag_of(all_text_);
  std::vector<Bag> bags;
  for (const Shown& example : examples) {
    std::string text;
    gather(example.arguments, text);
    bags.push_back(bag_of(text));
  }
  weights_ = std::make_unique<Weights>(bags);
  for (size_t i = 0; i < bags.size(); ++i) {
    const bool same = examples[i].arguments == inputs_;
    nearness_.push_back(same ? 1.0 : weights_->similarity(input_bag, bags[i]));
    by_nearness_.push_back(i);
  }
  std::stable_sort(by_nearness_.begin(), by_nearness_.end(),
                   [&](size_t a, size_t b) { return nearness_[a] > nearness_[b]; });
}

double Evidence::cue(std::string_view text) const {
  double hits = 0;
  const std::string folded = fold(text);
  for (const std::string_view word : words(folded)) {
    const bool ascii = static_cast<unsigned char>(word.front()) < 0x80;
    if (length(word) < (ascii ? 4u : 2u)) continue;
    if (folded_.find(word) != std::string::npos) hits += 1;
  }
  return hits / (hits + 1);
}

const Json* Evidence::same_name(std::string_view name, bool (*suits)(const Json&)) const {
  return name.empty() ? nullptr : find_named(inputs_, fold(name), suits, 0);
}

std::optional<Number> Evidence::near_number(std::string_view about, bool any_will_do,
                                            const std::function<bool(const Number&)>& suits) const {
  const std::string folded_about = fold(about);
  std::optional<Number> any;
  for (const Source& source : sources_) {
    for (const std::string_view sentence : sentences(source.text)) {
      const bool near =
          shares_word(folded_about, fold(sentence)) || shares_word(folded_about, fold(source.names));
      for (const Number& number : numbers(sentence)) {
        if (!suits(number)) continue;
        if (near) return number;
        if (!any) any = number;
      }
    }
  }
  return any_will_do ? any : std::nullopt;
}

/// For each source, where `folded_about` has the first word of the names that lead to it.
std::vector<size_t> Evidence::mentions_in(const std::string& folded_about) const {
  std::vector<size_t> result;
  for (const Source& source : sources_) {
    size_t at = kNowhere;
    const std::string names = fold(source.names);
    for (const std::string_view word : words(names)) at = std::min(at, folded_about.find(word));
    result.push_back(at);
  }
  return result;
}

/// What the inputs under other names say.
std::string Evidence::others_of(size_t source) const {
  std::string rest;
  for (const Source& other : sources_) {
    if (rest.size() >= kMaxTextBytes) break;
    if (other.names != sources_[source].names) rest += other.text + "\n";
  }
  return rest;
}

std::vector<Sentence> Evidence::ranked_sentences(const std::string& about) const {
  const Bag about_bag = bag_of(about);
  const std::vector<size_t> mentions = mentions_in(fold(about));
  const size_t first = mentions.empty() ? kNowhere : *std::min_element(mentions.begin(), mentions.end());
  std::vector<Sentence> result;
  std::vector<std::set<std::string, std::less<>>> said;
  for (size_t s = 0; s < sources_.size(); ++s) {
    for (const std::string_view sentence : sentences(sources_[s].text)) {
      if (result.size() >= kMaxSentences) break;
      result.push_back({sentence, s});
      said.push_back(telling_words(fold(sentence)));
    }
  }
  Bag others;
  std::optional<Coverage> asked;
  for (size_t i = 0; i < result.size(); ++i) {
    const size_t source = result[i].source;
    if (i == 0 || sources_[source].names != sources_[result[i - 1].source].names) {
      const std::string rest = others_of(source);
      others = bag_of(rest);
      asked.emplace(rest, said);
    }
    const Bag bag = bag_of(result[i].text);
    const size_t mention = mentions[source];
    const double named = mention == kNowhere ? 0 : mention == first ? 0.5 : 0.1;
    result[i].said =
        weights_->similarity(bag, about_bag) + weights_->similarity(bag, others) + asked->of(said[i]);
    result[i].score = (result[i].said + named + 0.05) * wholeness(result[i].text);
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  return result;
}

/// The parameter that a source belongs to.
std::string_view Evidence::parameter(size_t source) const {
  const std::string_view names = sources_[source].names;
  return names.substr(0, names.find(' ', 1));
}

std::string Evidence::extract(std::vector<Sentence> ranked, size_t budget) const {
  size_t taken = 0, size = 0;
  if (!ranked.empty()) {
    const std::string_view best = parameter(ranked.front().source);
    const bool ids = wholeness(ranked.front().text) < 0.5;
    std::erase_if(ranked, [&](const Sentence& sentence) {
      return parameter(sentence.source) != best || (!ids && wholeness(sentence.text) < 0.5);
    });
  }
  for (const Sentence& sentence : ranked) {
    size += length(sentence.text) + 1;
    if (taken > 0 && (size > budget || sentence.said < ranked.front().said / 2)) break;
    ++taken;
  }
  ranked.resize(taken);
  std::sort(ranked.begin(), ranked.end(), [](const Sentence& a, const Sentence& b) {
    return a.source != b.source ? a.source < b.source : a.text.data() < b.text.data();
  });
  std::string result;
  for (const Sentence& sentence : ranked) {
    if (!result.empty()) result += ' ';
    result += sentence.text;
  }
  return result;
}

}  // namespace chain::model::baseline
