// What to say of a token that fits nowhere.
#pragma once

#include <bitset>
#include <string_view>

#include "compiler/diagnostics/diagnostics.h"

namespace chain::syntax {

struct Expectation {
  struct Place {
    size_t type = 0;  // 0: there is none
    std::string_view text;
    Span span;
    bool first_on_line = false;
  };
  size_t rule = 0;          // of ChainParser.g4, where reading stopped
  size_t declaration = 0;   // its first token; of a tag, the first in it
  std::bitset<128> tokens;  // that could have stood there
  Place before;             // the token before
  Place found;
};

/// Reports `expectation.found` in the words of the language.
void report_unexpected(const Expectation& expectation, Diagnostics& diagnostics);

}  // namespace chain::syntax
