#include "runtime/value/spelled_unit.h"

#include <charconv>
#include <cmath>
#include <string>
#include <vector>

namespace chain::value {

namespace {

struct Unit {
  std::string_view words;  // each between spaces
  double nanos;
};

constexpr Unit kDurations[] = {
    {" ms msec millisecond milliseconds ", 1e6},
    {" s sec secs second seconds ", 1e9},
    {" m min mins minute minutes ", 60e9},
    {" h hr hrs hour hours ", 3600e9},
    {" d day days ", 86400e9},
    {" w week weeks ", 7 * 86400e9},
};
constexpr Unit kAmounts[] = {{" $ usd dollar dollars ", 1e9}, {" cent cents ", 1e7}};

/// Numbers and words in turn, in lower case: "1 hour and 30min" is {"1", "hour", "and", "30", "min"}.
std::vector<std::string> pieces_of(std::string_view text) {
  const auto is_number = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  std::vector<std::string> pieces;
  bool begins = true;
  for (char c : text) {
    if (c == ' ' || c == '\t' || c == ',') {
      begins = true;
      continue;
    }
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (begins || is_number(c) != is_number(pieces.back().back())) pieces.emplace_back();
    pieces.back() += c;
    begins = false;
  }
  return pieces;
}

template <size_t N>
std::optional<double> unit_of(const Unit (&units)[N], const std::string& word) {
  for (const Unit& unit : units) {
    if (unit.words.find(' ' + word + ' ') != std::string_view::npos) return unit.nanos;
  }
  return std::nullopt;
}

std::optional<double> number_of(const std::string& piece) {
  double number = 0;
  const auto [end, error] = std::from_chars(piece.data(), piece.data() + piece.size(), number);
  return error == std::errc() && end == piece.data() + piece.size() ? std::optional(number) : std::nullopt;
}

std::optional<int64_t> whole(double nanos) {
  if (!(std::fabs(nanos) < 9.2e18)) return std::nullopt;
  return std::llround(nanos);
}

}  // namespace

std::optional<int64_t> spelled_duration(std::string_view text) {
  double sum = 0;
  std::optional<double> number;
  bool any = false;
  for (const std::string& piece : pieces_of(text)) {
    if (!number && any && piece == "and") continue;
    if (!number) {
      number = number_of(piece);
      if (!number) return std::nullopt;
      continue;
    }
    const auto unit = unit_of(kDurations, piece);
    if (!unit) return std::nullopt;
    sum += *number * *unit;
    number.reset();
    any = true;
  }
  return any && !number ? whole(sum) : std::nullopt;
}

std::optional<int64_t> spelled_money(std::string_view text) {
  const std::vector<std::string> pieces = pieces_of(text);
  if (pieces.size() != 2) return std::nullopt;
  for (const size_t at : {size_t{0}, size_t{1}}) {
    const auto number = number_of(pieces[at]);
    const auto unit = unit_of(kAmounts, pieces[1 - at]);
    if (number && unit) return whole(*number * *unit);
  }
  return std::nullopt;
}

}  // namespace chain::value
