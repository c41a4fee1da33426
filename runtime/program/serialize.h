// A Program as bytes, for the artifact cache and the journal: everything but the native code.
#pragma once

#include <string>
#include <string_view>

#include "runtime/program/program.h"

namespace chain::program {

/// A header (magic, version of the format, checksum) and the fields in order: integers as LEB128, text and
/// lists with their length in front. The same program always gives the same bytes.
[[nodiscard]] std::string serialize(const Program& program);

/// Reads what `serialize` wrote into `program`, whose `functions` and `code` stay empty. False if the bytes
/// are of another version, damaged, or say what no program can (well_formed.h). Allocates in proportion
/// to `bytes`.
[[nodiscard]] bool deserialize(std::string_view bytes, Program& program);

/// `payload` behind the header that `deserialize` looks for: what `serialize` ends with.
[[nodiscard]] std::string with_header(std::string_view payload);

}  // namespace chain::program
