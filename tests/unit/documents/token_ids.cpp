// Prints the tokens of texts, for tokens_peer.mjs: stdin has lines `ENCODING SIZE`, each followed by SIZE
// bytes of text and a newline; stdout gets a line of ids for each, or of a count and an estimate with the
// argument `count`.
#include <cstdio>
#include <iostream>
#include <string>

#include "runtime/documents/tokens.h"

using chain::documents::Encoding;

int main(int count, char** arguments) {
  const bool counts = count > 1 && std::string(arguments[1]) == "count";
  std::string name;
  size_t size = 0;
  while (std::cin >> name >> size) {
    std::cin.get();
    std::string text(size, '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(size));
    const Encoding encoding = name == "cl100k_base" ? Encoding::Cl100k : Encoding::O200k;
    if (counts) {
      std::cout << count_tokens(text, encoding) << ' ' << estimate_tokens(text, encoding);
    } else {
      for (const uint32_t token : encode_tokens(text, encoding)) std::cout << token << ' ';
    }
    std::cout << '\n';
  }
  return 0;
}
