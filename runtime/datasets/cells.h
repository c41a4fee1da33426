// Rows of texts as JSON, by the types of their columns. Internal to runtime/datasets.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/program/types.h"

namespace chain::datasets {

/// A column's name, and what stands in it; nothing for NULL.
struct Cell {
  std::string_view name;
  std::optional<std::string_view> text;
};

enum class Empty : uint8_t {
  None,  // an empty cell is one without a value, unless its column holds texts: CSV
  Text,  // it is an empty text: rows, which have NULL for the other
};

/// What a row is to become; without types, an object of texts.
struct RowType {
  const program::TypeTable* types = nullptr;
  program::TypeId element;
};

/// JSON on one line, which may not fit the type. Nothing, and `problem` as a sentence, if a cell is no UTF-8,
/// or the type has only room for one.
[[nodiscard]] std::optional<std::string> json_of_row(const RowType& type, std::span<const Cell> row,
                                                     Empty empty, std::string& problem);

/// The field of a record that `name` means: by name, else by alias; null if there is none.
[[nodiscard]] const program::Field* find_field(const program::Type& record, std::string_view name);

}  // namespace chain::datasets
