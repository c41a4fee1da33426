// What the runs of an eval have given: a few numbers for each, and where its line stands in the file of rows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/program.h"

namespace chain::cli {

/// Labels as numbers, in the order in which they came.
class Labels {
 public:
  uint32_t number_of(std::string_view label);
  [[nodiscard]] const std::string& operator[](uint32_t number) const { return names_[number]; }
  [[nodiscard]] size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
  std::map<std::string, uint32_t, std::less<>> numbers_;
};

/// One answer to one case.
struct Outcome {
  enum class State : uint8_t { Missing, Failed, Done };
  State state = State::Missing;
  int64_t cost = 0;     // of the answer, 1e-9 US dollars
  int64_t latency = 0;  // of the answer, nanoseconds; 0 from a cassette
  uint64_t offset = 0;  // of its line
};

/// The answers of one column of an eval, case by case and, within a case, repeat by repeat: a slot each.
class EvalColumn {
 public:
  EvalColumn(const program::Eval& eval, std::string name, uint32_t repeats);

  /// Puts an answer in its place; `scores_json` is what the scoring chain gave, empty for an answer that
  /// failed. False if that is not what it should be.
  bool put(uint64_t number, uint32_t repeat, const Outcome& outcome, std::string_view scores_json);

  [[nodiscard]] const program::Eval& eval() const { return *eval_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] uint32_t repeats() const { return repeats_; }
  [[nodiscard]] size_t slots() const { return outcomes_.size(); }
  [[nodiscard]] uint64_t case_of(size_t slot) const { return slot / repeats_ + 1; }
  [[nodiscard]] const Outcome& outcome(size_t slot) const { return outcomes_[slot]; }
  /// Not a number where there is none.
  [[nodiscard]] double score(size_t slot, size_t score) const {
    return scores_[slot * eval_->scores.size() + score];
  }
  /// What `by:` number `place` gives.
  [[nodiscard]] uint32_t group(size_t slot, size_t place) const {
    return groups_[slot * eval_->groups.size() + place];
  }
  [[nodiscard]] const Labels& labels() const { return labels_; }
  /// Of an Exact score.
  struct Pair {
    uint32_t wanted = 0, got = 0;
  };
  [[nodiscard]] Pair pair(size_t slot, size_t score) const {
    return pairs_[slot * pair_count_ + pair_at_[score]];
  }
  /// Of a Judge or Pairwise score, those of all slots.
  [[nodiscard]] const std::vector<std::vector<double>>& votes(size_t score) const {
    return votes_[vote_at_[score]];
  }

  // For a line while it goes on.
  [[nodiscard]] size_t done() const { return done_; }
  [[nodiscard]] size_t failed() const { return failed_; }
  [[nodiscard]] int64_t cost() const { return cost_; }
  struct Running {
    uint64_t count = 0;
    double sum = 0, squares = 0;
  };
  [[nodiscard]] const std::vector<Running>& running() const { return running_; }

 private:
  void grow(size_t slots);

  const program::Eval* eval_;
  std::string name_;
  uint32_t repeats_;
  std::vector<Outcome> outcomes_;
  std::vector<double> scores_;
  std::vector<uint32_t> groups_;
  std::vector<Pair> pairs_;
  std::vector<std::vector<std::vector<double>>> votes_;  // by score that has some, by slot
  std::vector<size_t> pair_at_, vote_at_;                // by score
  size_t pair_count_ = 0;
  Labels labels_;
  std::vector<Running> running_;
  size_t done_ = 0, failed_ = 0;
  int64_t cost_ = 0;
};

}  // namespace chain::cli
