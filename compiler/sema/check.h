// From syntax trees to a graph.
#pragma once

#include <optional>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/graph/module.h"
#include "compiler/sema/modules.h"
#include "compiler/source/source.h"

namespace chain::sema {

struct CheckOptions {
  bool tests = true;      // keep `test` declarations; they are checked in any case
  std::string profile;    // whose resources take the place of others; empty for none
  bool choices = false;   // look for writes that untrusted text decides about
  bool contents = false;  // work out the hashes of what is released, and the artifact ids of chains
  bool released = true;   // hold versions to what the lock has of them
  bool registry = false;  // list what agents of the file that was named could call
  /// If not null, gets the evals of the file that was named, which say what chains of the graph are for.
  /// Needs `tests`.
  std::vector<program::Eval>* evals = nullptr;
};

/// Resolves names and types of `modules`, which `load` made, and builds their graph. Reports every mistake to
/// `diagnostics`; returns nothing if one of them (or one reported before) is an error.
[[nodiscard]] std::optional<graph::Module> check(const Modules& modules, const SourceMap& sources,
                                                 Diagnostics& diagnostics, const CheckOptions& options = {});

}  // namespace chain::sema
