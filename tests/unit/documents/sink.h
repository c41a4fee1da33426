// Documents collected, and what the loaders said.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/documents/chunk.h"
#include "runtime/documents/load.h"

namespace chain::documents::test {

class Collector final : public Sink {
 public:
  bool known(std::string_view source, std::string_view digest) override {
    asked.emplace_back(source, digest);
    const auto found = before.find(std::string(source));
    return found != before.end() && found->second == digest;
  }
  void document(Document document, std::string_view digest) override {
    REQUIRE_FALSE(asked.empty());
    CHECK(asked.back().second == digest);
    documents.push_back(std::move(document));
  }
  void skipped(std::string source, std::string why, bool keep) override {
    skips.push_back({std::move(source), std::move(why), keep});
  }
  void noted(std::string source, std::string what) override { notes[std::move(source)] = std::move(what); }
  void empty() override { is_empty = true; }
  void progress(uint64_t done, uint64_t total) override {
    CHECK((total == 0 || done <= total));
    last_done = done;
  }

  /// Why `source` was skipped; empty if it was not.
  [[nodiscard]] std::string why(const std::string& source) const {
    for (const Skip& skip : skips) {
      if (skip.source == source) return skip.why;
    }
    return {};
  }
  [[nodiscard]] const Document* find(const std::string& id) const {
    for (const Document& document : documents) {
      if (document.id == id) return &document;
    }
    return nullptr;
  }

  struct Skip {
    std::string source, why;
    bool keep;
  };
  std::map<std::string, std::string> before;  // digests of what is there already
  std::vector<std::pair<std::string, std::string>> asked;
  std::vector<Document> documents;
  std::vector<Skip> skips;
  std::map<std::string, std::string> notes;  // what was said of each source
  bool is_empty = false;                     // was said
  uint64_t last_done = 0;
};

/// The words of `text`, without signs: markup may stand between a word and its signs in the source.
inline std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    const bool part = std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0;
    if (part)
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

/// Whether the words of `text` stand in `slice`, in their order.
inline bool holds_words(std::string_view slice, std::string_view text) {
  size_t at = 0;
  for (const std::string& word : words_of(text)) {
    const size_t found = slice.find(word, at);
    if (found == std::string_view::npos) return false;
    at = found + word.size();
  }
  return true;
}

/// What holds for the passages of any document.
inline void check_chunks(const Document& document, const Splitter& splitter, const std::vector<Chunk>& chunks,
                         std::string_view source) {
  uint64_t last_end = 0;
  for (const Chunk& chunk : chunks) {
    INFO(document.id << ": " << chunk.begin << ".." << chunk.end << "\n" << chunk.text.substr(0, 300));
    CHECK_FALSE(chunk.text.empty());
    CHECK(chunk.tokens <= std::max(splitter.size, 8U));
    CHECK(chunk.tokens == count_tokens(chunk.text, splitter.encoding));
    CHECK(chunk.begin < chunk.end);
    CHECK(chunk.end <= source.size());
    CHECK(chunk.end > last_end);
    CHECK(holds_words(source.substr(chunk.begin, chunk.end - chunk.begin), chunk.text));
    last_end = chunk.end;
  }
}

}  // namespace chain::documents::test
