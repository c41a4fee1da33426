// Calls of library functions while compiling.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "compiler/sema/constants.h"

namespace chain::program {
struct Program;
}

namespace chain::sema {

/// Calls the functions of the library over constants, by the very code that a run would call.
class LibraryValues {
 public:
  /// `types` must outlive it, and gain no types meanwhile.
  explicit LibraryValues(const program::TypeTable& types);
  ~LibraryValues();
  LibraryValues(const LibraryValues&) = delete;
  LibraryValues& operator=(const LibraryValues&) = delete;

  /// What row `function` of the library gives, a `result`. Nothing if it fails, needs or gives too much, or
  /// gives a map or a record.
  [[nodiscard]] std::optional<Constant> call(uint32_t function, program::TypeId result,
                                             std::span<const Constant> arguments);

  /// What the last call that failed says.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  const program::TypeTable& types_;
  std::string problem_ = "it is not known before the program runs";
  std::unique_ptr<program::Program> program_;  // once something is called
};

}  // namespace chain::sema
