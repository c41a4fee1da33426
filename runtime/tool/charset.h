// Texts of other encodings, as servers announce them. Internal to runtime/tool.
#pragma once

#include <string>
#include <string_view>

namespace chain::tool {

/// "euc-kr" of "text/html; charset=EUC-KR"; empty if it says none.
[[nodiscard]] std::string charset_of(std::string_view content_type);

/// `bytes` as UTF-8, by the encoding that `content_type` says, with a substitute for what it does not have.
/// As they are, but for a byte order mark of UTF-8, if it says none, or one that nobody knows: whoever reads
/// them finds out whether they are UTF-8.
[[nodiscard]] std::string as_utf8(std::string bytes, std::string_view content_type);

}  // namespace chain::tool
