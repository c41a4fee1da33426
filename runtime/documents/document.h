// A document as the chunkers see it: text in UTF-8, and where each part of it stood in what was read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chain::documents {

/// What a document is cut by, if nothing else is said.
enum class Form : uint8_t { Text, Markdown, Html, Pages, Code, Record, Image };

/// From `text` on, the bytes of a document's text are those of its source from `source` on, one by one, until
/// the next origin. Texts that were decoded, or taken out of markup or records, have several, and a last one
/// for their end. What stands between two parts of a text has the place where the first one ends.
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
  /// Of the text in its source; 0 if it has no lines. Records stand on one line, and the words of a PDF at
  /// no byte of it: their places are those of the text that was taken out.
  uint64_t first_line = 1;
  std::vector<std::pair<std::string, std::string>> meta;  // sorted by name
  /// Of an image its file's bytes; `text` is what is known of it in words.
  std::string image;
};

/// Where the byte `at` of a text of these origins stands in its source.
[[nodiscard]] uint64_t source_offset(const std::vector<Origin>& origins, uint64_t at);
/// Where the byte `at` of `document.text` stands in its source; right for the end of a part, too.
[[nodiscard]] uint64_t source_offset(const Document& document, uint64_t at);

/// Writes a text, and from where each part of it is.
class TextBuilder {
 public:
  /// Bytes that stand at `source`, one by one.
  void copy(std::string_view bytes, uint64_t source) {
    mark(source);
    text_ += bytes;
    next_ = source + bytes.size();
  }
  /// Bytes that stand for `length` bytes at `source`.
  void put(std::string_view bytes, uint64_t source, uint64_t length) {
    mark(source);
    text_ += bytes;
    next_ = source + length;
  }
  /// Bytes that the source does not have, behind what was written last.
  void add(std::string_view bytes) { put(bytes, next_, 0); }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] uint64_t size() const { return text_.size(); }
  /// Behind what was written last, in the source.
  [[nodiscard]] uint64_t next() const { return next_; }
  [[nodiscard]] std::string take_text() { return std::move(text_); }
  /// To be called before `take_text`.
  [[nodiscard]] std::vector<Origin> take_origins();

 private:
  void mark(uint64_t source);

  std::string text_;
  std::vector<Origin> origins_;
  uint64_t next_ = 0;
};

}  // namespace chain::documents
