// Upper and lower case and normalization, by ICU in the root locale: the same result on every machine.
#include <unicode/brkiter.h>
#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>

#include "runtime/library/call.h"
#include "runtime/library/code_points.h"

namespace chain::library {

namespace {

constexpr const char* kRootLocale = "";

icu::StringPiece piece(std::string_view text) {
  return {text.data(), static_cast<int32_t>(text.size())};
}

/// ICU counts in int32_t.
bool fits(std::string_view text) {
  return text.size() < kMaxResultBytes;
}

Status given(Call& call, const std::string& text, UErrorCode error) {
  return U_SUCCESS(error) ? call.give_text(text) : call.fail("the text cannot be converted");
}

template <class Convert>
Status converted(Call& call, std::string_view text, Convert convert) {
  if (!fits(text)) return call.fail_too_large();
  std::string result;
  icu::StringByteSink<std::string> sink(&result, static_cast<int32_t>(text.size()));
  UErrorCode error = U_ZERO_ERROR;
  convert(sink, error);
  return given(call, result, error);
}

}  // namespace

LIBRARY(chain_lib_upper) {
  const std::string_view text = call.text(0);
  return converted(call, text, [&](icu::ByteSink& sink, UErrorCode& error) {
    icu::CaseMap::utf8ToUpper(kRootLocale, 0, piece(text), sink, nullptr, error);
  });
}

LIBRARY(chain_lib_lower) {
  const std::string_view text = call.text(0);
  return converted(call, text, [&](icu::ByteSink& sink, UErrorCode& error) {
    icu::CaseMap::utf8ToLower(kRootLocale, 0, piece(text), sink, nullptr, error);
  });
}

LIBRARY(chain_lib_title) {
  const std::string_view text = call.text(0);
  return converted(call, text, [&](icu::ByteSink& sink, UErrorCode& error) {
    icu::CaseMap::utf8ToTitle(kRootLocale, 0, nullptr, piece(text), sink, nullptr, error);
  });
}

LIBRARY(chain_lib_capitalize) {
  const std::string_view text = call.text(0);
  return converted(call, text, [&](icu::ByteSink& sink, UErrorCode& error) {
    // The whole text as one word: its first letter is found behind quotes and brackets too.
    icu::CaseMap::utf8ToTitle(kRootLocale, U_TITLECASE_WHOLE_STRING, nullptr, piece(text), sink, nullptr,
                              error);
  });
}

LIBRARY(chain_lib_normalize) {
  const std::string_view text = call.text(0);
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* form = icu::Normalizer2::getNFCInstance(error);
  if (U_FAILURE(error)) return call.fail("the text cannot be normalized");
  return converted(call, text, [&](icu::ByteSink& sink, UErrorCode& status) {
    form->normalizeUTF8(0, piece(text), sink, nullptr, status);
  });
}

}  // namespace chain::library
