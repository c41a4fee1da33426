// bench_passages [PASSAGES [FILE]]: the processor time that an index of passages takes to be filled, opened
// and searched by words, and the size of its file. The text is made up: words by Zipf's law, of which the
// most frequent are English ones. A FILE that is there already is searched, one that is not is kept.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "runtime/retrieve/search.h"
#include "runtime/retrieve/words.h"
#include "runtime/store/passage_file.h"
#include "runtime/vectors/vector_index.h"
#include "tests/unit/vectors/clusters.h"

namespace {

using chain::store::PassageFile;

constexpr size_t kQuestions = 200;

/// Of this thread, in milliseconds: whatever else the machine does.
double processor_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

/// Words of 2 to 4 syllables behind the hundred most frequent ones of English.
class Language {
 public:
  Language() {
    const std::string frequent =
        "the of and to a in is that it was for on are as with his they at be this from have or by one had "
        "not "
        "but what all were when we there can an your which their said if do will each about how up out them "
        "then she many some so these would other into has more her two like him see time could no make than "
        "first been its who now people my made over did down only way find use may water long little very "
        "after words called just where most know";
    for (size_t at = 0; at < frequent.size();) {
      const size_t end = std::min(frequent.find(' ', at), frequent.size());
      words_.push_back(frequent.substr(at, end - at));
      at = end + 1;
    }
    std::mt19937 random(1);
    const std::string consonants = "bcdfghklmnprstvz", vowels = "aeiou";
    while (words_.size() < 50'000) {
      std::string word;
      for (size_t syllables = 2 + random() % 3; syllables > 0; --syllables)
        (word += consonants[random() % consonants.size()]) += vowels[random() % vowels.size()];
      words_.push_back(word);
    }
    double sum = 0;
    for (size_t rank = 0; rank < words_.size(); ++rank)
      sums_.push_back(sum += 1 / (static_cast<double>(rank) + 2.7));  // Mandelbrot's form of the law
  }

  std::string text(std::mt19937& random, size_t count) const {
    std::uniform_real_distribution<double> uniform(0, sums_.back());
    std::string text;
    for (; count > 0; --count)
      text.append(
              words_[static_cast<size_t>(std::ranges::lower_bound(sums_, uniform(random)) - sums_.begin())])
          .append(count % 12 == 0 ? ". " : " ");
    return text;
  }

 private:
  std::vector<std::string> words_;
  std::vector<double> sums_;
};

void fill(PassageFile& file, const Language& language, size_t count) {
  std::mt19937 random(2);
  std::string error;
  for (size_t made = 0; made < count;) {
    if (!file.begin(0, error)) std::exit((fmt::print(stderr, "{}\n", error), 1));
    for (size_t group = 0; group < 1000 && made < count; group += 10) {
      const chain::store::DocumentRow document{.id = fmt::format("doc{}", made),
                                               .source = "made up",
                                               .meta = {{"half", made / 10 % 2 == 0 ? "one" : "other"}}};
      std::vector<chain::store::PassageRow> rows;
      for (uint32_t number = 0; number < 10; ++number, ++made)
        rows.push_back({.name = fmt::format("doc#{}", made),
                        .text = language.text(random, 100 + random() % 200),
                        .number = number,
                        .hash = fmt::format("hash {}", made)});
      file.put(document, rows);
    }
    if (!file.commit(error)) std::exit((fmt::print(stderr, "{}\n", error), 1));
  }
}

void print_times(const char* what, std::vector<double> times) {
  std::ranges::sort(times);
  fmt::print("{:<28} p50 {:7.3f} ms, p95 {:7.3f} ms, most {:7.3f} ms\n", what, times[times.size() / 2],
             times[times.size() * 95 / 100], times.back());
}

}  // namespace

int main(int count, char** arguments) {
  const size_t passages = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 100'000;
  std::string folder = (std::filesystem::temp_directory_path() / "chain-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const std::string path = count > 2 ? arguments[2] : folder + "/passages.db";
  const Language language;
  std::string error;
  if (!std::filesystem::exists(path)) {
    const double start = processor_time();
    auto file = chain::store::open_passages(path, chain::retrieve::words, error);
    fill(*file, language, passages);
    fmt::print("{} passages: filled in {:.1f} s\n", passages, (processor_time() - start) / 1000);
  }
  fmt::print("file: {:.1f} MB\n", static_cast<double>(std::filesystem::file_size(path)) / 1e6);
  double start = processor_time();
  auto file = chain::store::open_passages(path, chain::retrieve::words, error);
  static_cast<void>(file->find_words("zzz", 10, nullptr));
  fmt::print("opened, with the lengths of all passages: {:.1f} ms\n", processor_time() - start);

  std::mt19937 random(3);
  const chain::test::Clusters clusters;
  const auto known = clusters.vectors(passages), asked = clusters.vectors(kQuestions, 1);
  start = processor_time();
  const auto builder = chain::vectors::make_builder(clusters.dimensions, {}, passages);
  for (size_t i = 0; i < passages; ++i)
    builder->add(static_cast<int64_t>(i) + 1, chain::test::vector_at(known, i, clusters.dimensions));
  const auto vectors = builder->build();
  fmt::print("vectors put in order: {:.1f} s\n", (processor_time() - start) / 1000);
  const std::vector<std::pair<std::string, std::string>> half = {{"half", "one"}};
  for (const size_t length : {size_t{3}, size_t{8}, size_t{15}, size_t{40}, size_t{60}}) {
    std::vector<double> words, words_again, hybrid, again, filtered;
    for (size_t i = 0; i < kQuestions; ++i) {
      const std::string query = language.text(random, length), other = language.text(random, length);
      const auto embedded = chain::test::vector_at(asked, i, clusters.dimensions);
      start = processor_time();
      static_cast<void>(file->find_words(query, 50, nullptr));
      words.push_back(processor_time() - start);
      start = processor_time();
      static_cast<void>(file->find_words(query, 50, nullptr));
      words_again.push_back(processor_time() - start);
      start = processor_time();
      static_cast<void>(chain::retrieve::search(*file, vectors.get(), embedded, {.text = other}));
      hybrid.push_back(processor_time() - start);
      start = processor_time();
      static_cast<void>(chain::retrieve::search(*file, vectors.get(), embedded, {.text = other}));
      again.push_back(processor_time() - start);
      start = processor_time();
      static_cast<void>(
          chain::retrieve::search(*file, vectors.get(), embedded, {.text = other, .where = half}));
      filtered.push_back(processor_time() - start);
    }
    print_times(fmt::format("{} words, find_words", length).c_str(), words);
    print_times(fmt::format("{} words, the same again", length).c_str(), words_again);
    print_times(fmt::format("{} words, hybrid search", length).c_str(), hybrid);
    print_times(fmt::format("{} words, the same again", length).c_str(), again);
    print_times(fmt::format("{} words, in half of all", length).c_str(), filtered);
  }
  std::filesystem::remove_all(folder);
}
