// Martin Porter's stemmer for English ("An algorithm for suffix stripping", Program 14(3), 1980).
#pragma once

#include <string>

namespace chain::retrieve {

/// Takes the endings off `word`, which is letters from a to z alone: "relational" becomes "relat". Words of
/// one or two letters stay. With the two departures from the paper that Porter's own programs have ("bli"
/// for "abli", and "logi"), as SQLite's stemmer has them too.
void stem(std::string& word);

}  // namespace chain::retrieve
