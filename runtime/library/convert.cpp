// Texts to numbers, and values to text.
#include <charconv>
#include <cmath>

#include "runtime/library/call.h"
#include "runtime/value/json.h"
#include "runtime/value/json_text.h"
#include "runtime/value/text.h"

namespace chain::library {

namespace {

std::string_view without_spaces(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n";
  const size_t begin = text.find_first_not_of(spaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

/// The number's text without a plus in front, which std::from_chars does not take.
std::string_view number_text(std::string_view text) {
  text = without_spaces(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  return text;
}

}  // namespace

LIBRARY(chain_lib_int_from_text) {
  const std::string_view text = number_text(call.text(0));
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return call.give_none();
  return call.give_some(number);
}

LIBRARY(chain_lib_float_from_text) {
  const std::string_view text = number_text(call.text(0));
  // "inf" and "nan" are words, not numbers.
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != std::string_view::npos)
    return call.give_none();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return call.give_none();
  return call.give_some(number);
}

LIBRARY(chain_lib_float_from_int) {
  return call.give(static_cast<double>(call.get<int64_t>(0)));
}

LIBRARY(chain_lib_to_string) {
  if (call.types().base_kind(call.type(0)) == TypeKind::String) return call.give_part(call.text(0));
  std::string result;
  if (!value::append_text(call.types(), call.type(0), call.argument(0), result)) return call.fail_too_deep();
  return call.give_text(result);
}

LIBRARY(chain_lib_to_fixed) {
  constexpr int64_t most = 20;
  const auto number = call.get<double>(0);
  const auto digits = call.get<int64_t>(1);
  if (digits < 0 || digits > most) return call.fail("`digits` must be from 0 to 20");
  std::string result;
  if (!std::isfinite(number)) {
    value::append_float(result, number);
    return call.give_text(result);
  }
  char text[400];  // the largest double has 309 digits before the point
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, number, std::chars_format::fixed, static_cast<int>(digits));
  return call.give_text(std::string_view(text, static_cast<size_t>(end - text)));
}

LIBRARY(chain_lib_json) {
  constexpr int64_t widest = 8;
  const auto indent = call.get<int64_t>(1);
  if (indent < 0 || indent > widest) return call.fail("`indent` must be from 0 to 8");
  std::string result;
  if (!value::write_json(call.types(), call.type(0), call.argument(0), result,
                         {.models_view = true, .indent = static_cast<uint32_t>(indent)}))
    return call.fail("the value is nested too deeply to be written as JSON");
  return call.give_text(result);
}

}  // namespace chain::library
