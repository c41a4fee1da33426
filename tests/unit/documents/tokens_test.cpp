#include "runtime/documents/tokens.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "runtime/documents/ranks.h"

using namespace chain::documents;

namespace {

std::vector<std::string> pieces(std::string_view text, Encoding encoding) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const size_t size = first_piece(text, encoding);
    REQUIRE(size > 0);
    REQUIRE(size <= text.size());
    all.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return all;
}

using Pieces = std::vector<std::string>;

}  // namespace

TEST_CASE("a text is split as tiktoken's patterns say") {
  CHECK(pieces("Hello, world's 12345!", Encoding::Cl100k) ==
        Pieces{"Hello", ",", " world", "'s", " ", "123", "45", "!"});
  CHECK(pieces("Hello, world's 12345!", Encoding::O200k) ==
        Pieces{"Hello", ",", " world's", " ", "123", "45", "!"});
  CHECK(pieces("camelCase HTTPServer", Encoding::O200k) == Pieces{"camel", "Case", " HTTPServer"});
  CHECK(pieces("a   b \n\n c", Encoding::O200k) == Pieces{"a", "  ", " b", " \n\n", " c"});
  CHECK(pieces("tail  ", Encoding::Cl100k) == Pieces{"tail", "  "});
  CHECK(pieces("漢A", Encoding::O200k) == Pieces{"漢", "A"});
}

TEST_CASE("bytes that are no UTF-8 are passed one by one") {
  const std::string bytes = "a\xFF\xC3(\xE2\x82";
  for (const Encoding encoding : {Encoding::Cl100k, Encoding::O200k}) {
    std::string whole;
    for (const std::string& piece : pieces(bytes, encoding)) whole += piece;
    CHECK(whole == bytes);
    CHECK(count_tokens(bytes, encoding) > 0);
  }
}

TEST_CASE("a word of one letter is no more work than other texts") {
  const size_t size = 1 << 18;
  const auto seconds = [](const std::string& text) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(count_tokens(text, Encoding::O200k) > 1000);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  for (const std::string letter : {"a", "A", " ", "\n", "=", "7", "가", "e\xCC\x81", "\xCC\x81"}) {
    std::string text;
    while (text.size() < size) text += letter;
    INFO(letter);
    // Quadratic work would take minutes; this bound holds on a busy machine with checks built in.
    CHECK(seconds(text) < 5);
  }
}

TEST_CASE("estimates are near the counts") {
  if (!counts_exactly(Encoding::O200k)) {
    WARN("the ranks are not installed: nothing to compare with");
    return;
  }
  const std::string texts[] = {
      "Retrieval puts what a model has to know into its prompt. The passages are found by words and by "
      "vectors, and each one says where it comes from, so that an answer can cite it.",
      "검색은 모델이 알아야 할 것을 프롬프트에 넣어 줍니다. 문단은 단어와 벡터로 찾으며, 각 문단은 어디에서 "
      "왔는지 말해 주므로 답변이 그것을 인용할 수 있습니다.",
      "for (size_t i = 0; i < units.size(); ++i) {\n  if (units[i].end > limit) return false;\n}\n",
  };
  for (const std::string& text : texts) {
    for (const Encoding encoding : {Encoding::Cl100k, Encoding::O200k}) {
      const auto exact = static_cast<double>(count_tokens(text, encoding));
      const auto estimate = static_cast<double>(estimate_tokens(text, encoding));
      INFO(text << ": " << exact << ", estimated " << estimate);
      CHECK(std::abs(estimate - exact) <= exact * 0.15);
    }
  }
}

TEST_CASE("known texts have their known tokens") {
  if (!counts_exactly(Encoding::Cl100k) || !counts_exactly(Encoding::O200k)) return;
  // As OpenAI's own tokenizer page shows them.
  CHECK(encode_tokens("hello world", Encoding::Cl100k) == std::vector<uint32_t>{15339, 1917});
  CHECK(encode_tokens("hello world", Encoding::O200k) == std::vector<uint32_t>{24912, 2375});
  CHECK(encode_tokens("", Encoding::O200k).empty());
}

TEST_CASE("a damaged file of ranks counts as none") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  std::string name = (folder / "chain-ranks-XXXXXX").string();
  const int file = mkstemp(name.data());
  REQUIRE(file >= 0);
  close(file);
  for (const std::string& bytes :
       {std::string(), std::string("chain token ranks 1\n"),
        std::string("chain token ranks 1\n\xFF\xFF\xFF\xFF____", 28), std::string(1000, 'x')}) {
    std::ofstream(name, std::ios::binary) << bytes;
    CHECK(Ranks::open(name) == nullptr);
  }
  CHECK(Ranks::open(name + "-missing") == nullptr);
  std::filesystem::remove(name);
}
