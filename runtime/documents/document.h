// A document as the chunkers see it: text in UTF-8, and where each part of it stood in what was read.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace chain::documents {

/// What a document is cut by, if nothing else is said.
enum class Form : uint8_t { Text, Markdown, Html, Pages, Code, Record };

/// From `text` on, the bytes of a document's text are those of its source from `source` on, one by one, until
/// the next origin. Texts that were decoded, or taken out of markup or records, have several.
struct Origin {
  uint64_t text = 0;
  uint64_t source = 0;
};

struct Document {
  /// Names it within its index: the path of a file, a URL, a record's own id, else "rows.jsonl#3".
  std::string id;
  /// What a citation names: the file's path as the project has it, a URL, a database and its row.
  std::string source;
  std::string title;  // of its own: <title>, the first heading, `title` of a record; may be empty
  Form form = Form::Text;
  std::string language;         // of code: "cpp"; else empty
  std::string text;             // UTF-8 without NULs
  std::vector<Origin> origins;  // ascending; empty if the text is the source as it stands
  std::vector<uint64_t> pages;  // where each page begins in `text`; empty for what has no pages
  uint64_t first_line = 1;      // of the text in its source
  std::vector<std::pair<std::string, std::string>> meta;  // sorted by name
};

/// Where the byte `at` of `document.text` stands in its source.
[[nodiscard]] uint64_t source_offset(const Document& document, uint64_t at);

}  // namespace chain::documents
