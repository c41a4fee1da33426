// What must hold of every input, however odd.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "compiler/diagnostics/render.h"
#include "compiler/syntax/dump.h"
#include "compiler/syntax/format.h"
#include "compiler/syntax/parse.h"

namespace chain::syntax {

inline void demand(bool holds, const char* what, const std::string& first, const std::string& second) {
  if (holds) return;
  std::fprintf(stderr, "%s\n---- before\n%s\n---- after\n%s\n", what, first.c_str(), second.c_str());
  std::abort();
}

/// Parsing ends; every span lies in the file; and if the text is right, its layout is right too, has the same
/// tree, and does not change when laid out again.
inline void check_source(std::string text) {
  SourceMap sources;
  Diagnostics diagnostics;
  const FileId file = sources.add("fuzz.chain", std::move(text));
  const std::string tree = dump(parse(sources, file, diagnostics));
  for (const Diagnostic* item : diagnostics.sorted()) {
    const bool inside =
        item->span.begin <= item->span.end && item->span.end <= sources.file(file).text().size();
    demand(inside, "a span outside of the file", item->message, "");
  }
  const std::string source(sources.file(file).text());
  if (diagnostics.has_errors()) {
    (void)render_text(diagnostics, sources);
    (void)render_json(diagnostics, sources);
    return;
  }
  Diagnostics again;
  const std::optional<std::string> once = format(sources, file, again);
  const bool too_large = !once && again.error_count() == 1 && again.sorted()[0]->code == "E0004";
  if (too_large) return;
  demand(once.has_value(), "right text does not format", source, "");
  const FileId second = sources.add("formatted.chain", *once);
  demand(dump(parse(sources, second, again)) == tree, "formatting changed the tree", source, *once);
  const std::optional<std::string> twice = format(sources, second, again);
  demand(twice.has_value(), "formatted text is wrong", source, *once + render_text(again, sources));
  demand(*twice == *once, "formatting twice changed something", *once, *twice);
}

}  // namespace chain::syntax
