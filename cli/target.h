// What `FILE`, `FILE:chain` and `FILE:Type` on the command line mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/program/versioned.h"

namespace chain::cli {

struct Target {
  std::string file;
  std::string name;         // behind the last colon; empty without one
  bool ends_early = false;  // nothing stands behind the colon
};

/// Splits at the last colon, if what follows has no slash. A path that ends in `.chain` is a path as a whole,
/// and one that ends in a colon lacks a name.
[[nodiscard]] Target split_target(std::string_view text);

/// "a name is missing behind the colon of `a.chain:`, as in `a.chain:main`", with `example` for `main`.
[[nodiscard]] std::string missing_name(const Target& target, std::string_view example);

/// The chain of `program.entries` to run: the one called `name` or `name@1.2` (without a version the
/// highest), or, without a name, `main`, else the only one. Nothing, with `error` saying which there are, if
/// that is not one chain.
[[nodiscard]] std::optional<uint32_t> choose_chain(const program::Program& program, const Target& target,
                                                   std::string& error);

/// The place in `program.resources` of the index, memory (`kind`) called `target.name`, or of the only one.
/// Nothing, with `error` saying which there are, if that is not one.
[[nodiscard]] std::optional<uint32_t> choose_resource(std::string_view kind, const program::Program& program,
                                                      const Target& target, std::string& error);

using program::versioned;

}  // namespace chain::cli
