// Exact match and token F1 of short answers, as the evaluation of SQuAD has them (Rajpurkar et al. 2016,
// evaluate-v1.1.py).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace chain::metrics {

/// `text` in lower case, without ASCII punctuation and the words "a", "an" and "the", with one blank between
/// words. Linear.
[[nodiscard]] std::string normalize_answer(std::string_view text);

/// 1 if `answer` is any of `accepted` when both are normalized, else 0.
[[nodiscard]] double exact_match(std::string_view answer, std::span<const std::string_view> accepted);

/// What an answer scores where it or the accepted one has no words left when normalized.
enum class EmptyAnswers {
  Fail,   // 0 in any case: SQuAD 1.1
  Match,  // 1 if both are empty: SQuAD 2.0
};

/// The harmonic mean of precision and recall of words, each counted as often as it stands: the best over
/// `accepted`, from 0 to 1. 0 without any accepted answer.
[[nodiscard]] double token_f1(std::string_view answer, std::span<const std::string_view> accepted,
                              EmptyAnswers rule = EmptyAnswers::Fail);

}  // namespace chain::metrics
