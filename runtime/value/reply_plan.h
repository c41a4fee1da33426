// What reading replies as a type needs to know beforehand, worked out once for each type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/program/types.h"
#include "runtime/value/text_choice.h"

namespace chain::value {

/// Immutable once made, so that one plan serves every reply of a prompt. `types` must outlive it.
class ReplyPlan {
 public:
  ReplyPlan(const program::TypeTable& types, program::TypeId root);

  /// How models call the fields of a record.
  struct Record {
    std::vector<std::string> keys;                     // by field: alias, else name
    std::unordered_map<std::string, uint32_t> folded;  // letters and digits of the key, folded
    std::vector<std::string> labels;   // by field: its name as JSON, and what stands before the value
    std::vector<std::string> missing;  // by field: the label, and what shows that it has not come
    uint32_t only_field = UINT32_MAX;  // the field that alone must be there, if there is one
  };

  [[nodiscard]] const program::TypeTable& types() const { return types_; }
  [[nodiscard]] program::TypeId root() const { return root_; }
  [[nodiscard]] const Record& record(program::TypeId id) const { return records_.find(id.index)->second; }
  /// Enums, booleans and literals.
  [[nodiscard]] const TextChoices& choices(program::TypeId id) const {
    return choices_.find(id.index)->second;
  }
  /// Whether none is a value of the type.
  [[nodiscard]] bool takes_null(program::TypeId id) const;
  /// Whether a reply is taken as it is: the type is text, or optional text.
  [[nodiscard]] bool is_text() const;

  /// Index of the field that `key` names: as it is written, or but for case, accents, spaces and punctuation.
  [[nodiscard]] static uint32_t find_field(const Record& record, std::string_view key, uint32_t expected,
                                           bool& exact);
  static constexpr uint32_t kNoField = UINT32_MAX;

 private:
  void prepare(program::TypeId id);
  void prepare_record(program::TypeId id);
  void prepare_choices(program::TypeId id);

  const program::TypeTable& types_;
  program::TypeId root_;
  std::unordered_map<uint32_t, Record> records_;
  std::unordered_map<uint32_t, TextChoices> choices_;
};

}  // namespace chain::value
