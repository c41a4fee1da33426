// What the journal says of a run before it begins.
#pragma once

#include <string>

#include "cli/carry_out.h"
#include "compiler/source/source.h"
#include "runtime/program/program.h"
#include "runtime/store/records.h"

namespace chain::cli {

/// Of a run of `chain`, under a new id and with a new seed, from this folder and moment.
[[nodiscard]] store::RunRecord new_record(const RunSettings& settings, const std::string& file,
                                          const program::Program& program, const program::Chain& chain,
                                          const std::string& arguments);

[[nodiscard]] store::Sources kept_sources(const SourceMap& sources);

}  // namespace chain::cli
