// What a result of `baseline` can be made of: the texts and numbers of a prompt's inputs, and its examples.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/baseline_text.h"

namespace chain::model::baseline {

using Json = nlohmann::ordered_json;

/// One of the prompt's examples: its arguments as a JSON object, and its result.
struct Shown {
  Json arguments;
  Json result;
};

struct Sentence {
  std::string_view text;
  size_t source;
  double said = 0;   // how much it has to do with what is wanted and with the other inputs
  double score = 0;  // that, and where it stands
};

class Evidence {
 public:
  Evidence(const Json& inputs, const std::vector<Shown>& examples);

  /// Of each example to the inputs, 0 to 1.
  [[nodiscard]] double nearness(size_t example) const { return nearness_[example]; }
  /// Examples, nearest first.
  [[nodiscard]] const std::vector<size_t>& by_nearness() const { return by_nearness_; }
  /// How much the input speaks of `text`: its words that stand in the input, squashed into [0, 1).
  /// Latin words under four letters are mostly grammar and do not count.
  [[nodiscard]] double cue(std::string_view text) const;
  /// A value of the inputs under the very name that is wanted, or null.
  [[nodiscard]] const Json* same_name(std::string_view name, bool (*suits)(const Json&)) const;
  /// A number in a sentence that also has a word of `about`; or else, if `any_will_do`, the first that suits.
  [[nodiscard]] std::optional<Number> near_number(std::string_view about, bool any_will_do,
                                                  const std::function<bool(const Number&)>& suits) const;
  /// Sentences of the inputs, best first: those that speak of `about` and of the other inputs, from the
  /// parameter that `about` names first.
  [[nodiscard]] std::vector<Sentence> ranked_sentences(const std::string& about) const;
  /// The best sentences up to `budget` code points, at least one, all from one parameter, in the order of the
  /// inputs.
  [[nodiscard]] std::string extract(std::vector<Sentence> ranked, size_t budget) const;

 private:
  /// One string of the inputs, and the words of the names that lead to it.
  struct Source {
    std::string names;
    std::string text;
  };

  void collect(const Json& value, const std::string& names, int depth);
  void measure(const std::vector<Shown>& examples);
  [[nodiscard]] std::string others_of(size_t source) const;
  [[nodiscard]] std::vector<size_t> mentions_in(const std::string& folded_about) const;
  [[nodiscard]] std::string_view parameter(size_t source) const;

  const Json& inputs_;
  std::vector<Source> sources_;
  std::string all_text_;
  std::string folded_;
  std::unique_ptr<Weights> weights_;
  std::vector<double> nearness_;
  std::vector<size_t> by_nearness_;
};

}  // namespace chain::model::baseline
