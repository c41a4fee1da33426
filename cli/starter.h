// What a new project begins with.
#pragma once

#include <span>
#include <string_view>

namespace chain::cli {

struct StarterFile {
  std::string_view name;
  std::string_view text;
};

/// The files of `chain new`: a program that needs no key and no network, with a test.
[[nodiscard]] std::span<const StarterFile> starter_files();

}  // namespace chain::cli
