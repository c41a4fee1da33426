// The words of PDFs, by the program `pdftotext` of poppler-utils. Internal to runtime/documents.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/documents/load.h"

namespace chain::documents {

struct PdfText {
  std::string text;
  std::vector<uint64_t> pages;  // where each begins
};

/// The program sees nothing but the bytes, has no shell, and is killed with all that it has started when its
/// time or its text passes the limits, or when `stop` is set. False and `error`, a sentence with the way out,
/// if it gives no text; `keep` if that is not the document's fault.
[[nodiscard]] bool read_pdf(std::string_view bytes, const Limits& limits, const std::atomic<bool>* stop,
                            PdfText& result, std::string& error, bool& keep);

}  // namespace chain::documents
