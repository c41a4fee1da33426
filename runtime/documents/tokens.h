// Tokens as the models of OpenAI count them: byte pairs merged by rank (Sennrich et al. 2016), as tiktoken
// has it. The ranks are a file beside the program; docs/decisions/tokens.md says where it comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace chain::documents {

/// How tokens are counted.
enum class Encoding : uint8_t { Cl100k, O200k };

/// Whether the encoding's ranks are installed. Without them counts are estimates.
[[nodiscard]] bool counts_exactly(Encoding encoding);

/// Tokens of `text`, which is UTF-8; what looks like a special token is plain text. Takes time in proportion
/// to n log n whatever the text is, and memory in proportion to its longest word.
[[nodiscard]] size_t count_tokens(std::string_view text, Encoding encoding);

/// An estimate that needs no ranks: within 15% for prose and code, nowhere more than half off.
[[nodiscard]] size_t estimate_tokens(std::string_view text, Encoding encoding);

/// The tokens themselves; empty unless `counts_exactly`.
[[nodiscard]] std::vector<uint32_t> encode_tokens(std::string_view text, Encoding encoding);

/// Bytes of the piece at the front of `text`, which is not empty. No token spans two pieces.
[[nodiscard]] size_t first_piece(std::string_view text, Encoding encoding);

}  // namespace chain::documents
