#include "runtime/metrics/ter.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/metrics/sequences.h"
#include "runtime/metrics/text_units.h"

// Which shifts are tried, and which of equal ones is taken, are heuristics of Tercom; all that makes a
// difference to the score is kept as sacrebleu has it.
namespace chain::metrics {
namespace {

using Place = int64_t;

constexpr Place kMostShifted = 10;    // words at once
constexpr Place kFarthestShift = 50;  // words
constexpr Place kBeam = 25;
constexpr uint32_t kMostCandidates = 1000;
constexpr uint32_t kInfinity = std::numeric_limits<uint32_t>::max() / 2;

enum class Edit : uint8_t { None, Keep, Substitute, Delete, Insert };

struct Cell {
  uint32_t cost = kInfinity;
  Edit edit = Edit::None;
};

/// The cells of a row of the table that the beam reaches.
struct Row {
  Place begin = 0;
  std::vector<Cell> cells;

  [[nodiscard]] Cell at(Place j) const {
    const Place i = j - begin;
    return i < 0 || i >= static_cast<Place>(cells.size()) ? Cell{} : cells[static_cast<size_t>(i)];
  }
};

/// Edit distances from answers of the same length to one reference, along a beam. Rows stay from one answer
/// to the next, as far as both begin alike.
class Distances {
 public:
  Distances(const Tokens& reference, uint64_t& cells) : reference_(reference), cells_(cells) {
    Row first;
    for (size_t j = 0; j <= reference.size(); ++j)
      first.cells.push_back({static_cast<uint32_t>(j), j == 0 ? Edit::None : Edit::Insert});
    rows_.push_back(std::move(first));
  }

  uint32_t to(const Tokens& answer) {
    const auto alike = std::ranges::mismatch(answer, answer_).in1 - answer.begin();
    rows_.resize(std::min(rows_.size(), static_cast<size_t>(alike) + 1));
    for (size_t i = rows_.size(); i <= answer.size(); ++i)
      rows_.push_back(row(answer, static_cast<Place>(i)));
    answer_ = answer;
    return rows_.back().at(static_cast<Place>(reference_.size())).cost;
  }

  /// The edits of the last answer, from its beginning.
  [[nodiscard]] std::vector<Edit> edits() const {
    std::vector<Edit> result;
    auto i = static_cast<Place>(answer_.size()), j = static_cast<Place>(reference_.size());
    while (i > 0 || j > 0) {
      Edit edit = rows_[static_cast<size_t>(i)].at(j).edit;
      if (edit == Edit::None) edit = i > 0 ? Edit::Delete : Edit::Insert;  // out of the beam
      result.push_back(edit);
      if (edit != Edit::Insert) --i;
      if (edit != Edit::Delete) --j;
    }
    std::ranges::reverse(result);
    return result;
  }

 private:
  [[nodiscard]] Row row(const Tokens& answer, Place i) {
    const auto columns = static_cast<Place>(reference_.size()), rows = static_cast<Place>(answer.size());
    const double ratio = static_cast<double>(columns) / static_cast<double>(rows);
    const Place beam =
        kBeam < ratio / 2 ? static_cast<Place>(std::ceil(ratio / 2 + static_cast<double>(kBeam))) : kBeam;
    const auto diagonal = static_cast<Place>(std::floor(static_cast<double>(i) * ratio));
    Row result;
    result.begin = std::max<Place>(0, diagonal - beam);
    const Place end = i == rows ? columns + 1 : std::min(columns + 1, diagonal + beam);
    const Row& above = rows_.back();
    for (Place j = result.begin; j < end; ++j) {
      Cell cell;
      const auto take = [&](uint32_t cost, Edit edit) {
        if (cost < cell.cost) cell = {cost, edit};
      };
      if (j == 0) {
        cell = {above.at(0).cost + 1, Edit::Delete};
      } else {
        const bool same = answer[static_cast<size_t>(i - 1)] == reference_[static_cast<size_t>(j - 1)];
        take(above.at(j - 1).cost + (same ? 0 : 1), same ? Edit::Keep : Edit::Substitute);
        take(above.at(j).cost + 1, Edit::Delete);
        take(result.at(j - 1).cost + 1, Edit::Insert);
      }
      result.cells.push_back(cell);
    }
    cells_ += result.cells.size();
    return result;
  }

  const Tokens& reference_;
  uint64_t& cells_;
  Tokens answer_;
  std::vector<Row> rows_;
};

/// Which places of answer and reference belong together, and which are wrong.
struct Alignment {
  std::vector<Place> of_reference;                              // the place in the answer, or the one before
  std::vector<uint32_t> reference_errors{0}, answer_errors{0};  // among the places before each

  explicit Alignment(const std::vector<Edit>& edits) {
    Place answer = -1;
    for (const Edit edit : edits) {
      const uint32_t wrong = edit == Edit::Keep ? 0 : 1;
      if (edit != Edit::Insert) {
        ++answer;
        answer_errors.push_back(answer_errors.back() + wrong);
      }
      if (edit != Edit::Delete) {
        of_reference.push_back(answer);
        reference_errors.push_back(reference_errors.back() + wrong);
      }
    }
  }
  [[nodiscard]] bool all_right(Place answer, Place reference, Place size) const {
    const auto none = [size](const std::vector<uint32_t>& errors, Place at) {
      return errors[static_cast<size_t>(at)] == errors[static_cast<size_t>(at + size)];
    };
    return none(answer_errors, answer) || none(reference_errors, reference);
  }
};

Tokens shifted(const Tokens& words, Place from, Place size, Place to) {
  Tokens result = words;
  const auto begin = result.begin();
  if (to < from)
    std::rotate(begin + to, begin + from, begin + from + size);
  else if (to > from + size)
    std::rotate(begin + from, begin + from + size, begin + to);
  else  // into itself: what follows it comes before
    std::rotate(begin + from, begin + from + size,
                begin + std::min(size + to, static_cast<Place>(result.size())));
  return result;
}

/// One answer and one reference.
class Shifting {
 public:
  Shifting(Tokens answer, const Tokens& reference, uint64_t& cells)
      : answer_(std::move(answer)), reference_(reference), cells_(cells), distances_(reference, cells) {}

  /// Nothing if that is too much.
  std::optional<uint64_t> edits() {
    if (reference_.empty()) return answer_.size();
    uint64_t shifts = 0;
    while (shift()) ++shifts;
    if (cells_ > kMostTerCells) return std::nullopt;
    return shifts + distances_.to(answer_);
  }

 private:
  struct Candidate {
    int64_t gain = 0;
    Place size = 0, from = 0, to = 0;
    [[nodiscard]] auto rank() const { return std::tuple(gain, size, -from, -to); }
  };

  /// Makes the best of all shifts; false if it gains nothing, or enough have been looked at.
  bool shift() {
    const uint32_t before = distances_.to(answer_);
    const Alignment alignment(distances_.edits());
    best_.reset();
    const auto of_answer = static_cast<Place>(answer_.size());
    for (Place from = 0; from < of_answer && !enough_; ++from) try_from(from, before, alignment);
    if (cells_ > kMostTerCells || candidates_ >= kMostCandidates || !best_ || best_->gain <= 0) return false;
    answer_ = shifted(answer_, best_->from, best_->size, best_->to);
    return true;
  }

  void try_from(Place from, uint32_t before, const Alignment& alignment) {
    const auto of_answer = static_cast<Place>(answer_.size()),
               of_reference = static_cast<Place>(reference_.size());
    const Place last = std::min(of_reference - 1, from + kFarthestShift);
    for (Place other = std::max<Place>(0, from - kFarthestShift); other <= last; ++other) {
      const Place most = std::min({kMostShifted, of_answer - from, of_reference - other});
      ++cells_;
      for (Place size = 1; size <= most; ++size) {
        if (answer_[static_cast<size_t>(from + size - 1)] !=
            reference_[static_cast<size_t>(other + size - 1)])
          break;
        if (!try_pair(from, other, size, before, alignment)) return;
      }
    }
  }

  /// False once enough have been looked at.
  bool try_pair(Place from, Place other, Place size, uint32_t before, const Alignment& alignment) {
    const Place aligned = alignment.of_reference[static_cast<size_t>(other)];
    if (alignment.all_right(from, other, size) || (aligned >= from && aligned < from + size)) return true;
    Place previous = -1;
    for (Place offset = -1; offset < size; ++offset) {
      const Place at = other + offset;
      if (at >= static_cast<Place>(alignment.of_reference.size())) break;
      const Place to = at == -1 ? 0 : alignment.of_reference[static_cast<size_t>(at)] + 1;
      if (to == previous) continue;
      previous = to;
      const int64_t after = distances_.to(shifted(answer_, from, size, to));
      const Candidate candidate{static_cast<int64_t>(before) - after, size, from, to};
      ++candidates_;
      if (!best_ || candidate.rank() > best_->rank()) best_ = candidate;
    }
    enough_ = candidates_ >= kMostCandidates || cells_ > kMostTerCells;
    return !enough_;
  }

  Tokens answer_;
  const Tokens& reference_;
  uint64_t& cells_;
  Distances distances_;
  std::optional<Candidate> best_;
  uint32_t candidates_ = 0;
  bool enough_ = false;
};

}  // namespace

std::optional<Ter> ter(std::span<const Segment> segments) {
  Ter result;
  uint64_t cells = 0;
  for (const Segment& segment : segments) {
    std::vector<std::string> texts{lowercase(segment.answer)};
    for (const std::string_view reference : segment.references) texts.push_back(lowercase(reference));
    Vocabulary vocabulary;
    const Tokens answer = vocabulary.tokens(words_of(texts.front()));
    uint64_t best = 0, lengths = 0;
    for (size_t i = 1; i < texts.size(); ++i) {
      const Tokens reference = vocabulary.tokens(words_of(texts[i]));
      const auto edits = Shifting(answer, reference, cells).edits();
      if (!edits) return std::nullopt;
      if (i == 1 || *edits < best) best = *edits;
      lengths += reference.size();
    }
    if (texts.size() == 1) continue;
    result.edits += static_cast<double>(best);
    result.reference_length += static_cast<double>(lengths) / static_cast<double>(texts.size() - 1);
  }
  if (result.reference_length > 0)
    result.score = 100 * result.edits / result.reference_length;
  else
    result.score = result.edits > 0 ? 100 : 0;
  return result;
}

}  // namespace chain::metrics
