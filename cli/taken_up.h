// A run of the journal, made ready to be carried out once more: its program as it was, its settings, and what
// it may do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "cli/carry_out.h"
#include "compiler/source/source.h"
#include "runtime/access/policy.h"
#include "runtime/model/client.h"
#include "runtime/program/program.h"
#include "runtime/store/records.h"

namespace chain::cli {

struct TakenUp {
  RunSettings settings;
  std::shared_ptr<const program::Program> program;
  uint32_t chain = 0;
  SourceMap sources;
  std::vector<store::Source> texts;  // what it was compiled from
  model::ClientOptions client;
  std::unique_ptr<CassetteFile> cassette;  // that it records into or is answered from; null for none
};

/// Enters the folder of the run and compiles its own sources. Nothing, with all said and `exit` set, if that
/// cannot be had, or the run may not do any more what it does. `verb` is who asks.
[[nodiscard]] std::optional<TakenUp> take_up(store::Records& records, const store::RunRecord& run,
                                             std::string_view verb, int& exit);

}  // namespace chain::cli
