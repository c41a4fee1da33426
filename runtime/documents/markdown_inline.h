// What stands within a paragraph of Markdown. Internal to runtime/documents.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/documents/document.h"

namespace chain::documents {

/// Appends the words of `raw` to `text`: no marks of emphasis, code and links, no addresses but those that
/// are shown, no HTML. `origins` tell where `raw` stands in the source. In linear time.
void append_inline(std::string_view raw, const std::vector<Origin>& origins, TextBuilder& text);

}  // namespace chain::documents
