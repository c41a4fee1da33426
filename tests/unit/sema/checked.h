// Checks a program given as text, for tests.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/graph/module.h"
#include "compiler/source/source.h"

namespace chain::sema::test {

/// What came of checking.
struct Checked {
  SourceMap sources;
  Diagnostics diagnostics{100'000};
  std::optional<graph::Module> module;

  /// "E0203 3:17 message" for each, in order.
  [[nodiscard]] std::vector<std::string> messages() const;
  /// Only the codes, joined by spaces.
  [[nodiscard]] std::string codes() const;
  /// The graph's text, or the messages if there is none.
  [[nodiscard]] std::string graph() const;
};

/// Checks `main.chain` out of `files`; imports are looked up among them.
[[nodiscard]] Checked check_files(const std::map<std::string, std::string>& files);
[[nodiscard]] Checked check_text(const std::string& text);

/// The same with a model and a chain `main` around statements; the graph must be valid.
[[nodiscard]] std::string graph_of_chain(const std::string& signature, const std::string& body,
                                         const std::string& declarations = {});

/// Applies every fix of every diagnostic, the last in the text first.
[[nodiscard]] std::string mended(const Checked& checked, const std::string& text);

}  // namespace chain::sema::test
