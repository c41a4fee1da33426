// Importing a prompt file and holding the result to the language's own checker.
#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "compiler/driver/compile.h"
#include "compiler/foreign/import.h"
#include "compiler/syntax/format.h"

namespace chain::foreign {

struct Result {
  std::string text;  // in the standard layout
  std::vector<std::string> remarks;
  std::vector<std::string> mistakes;  // what the checker says

  [[nodiscard]] bool says(std::string_view part) const { return text.find(part) != std::string::npos; }
  [[nodiscard]] bool remarks_on(uint32_t line, std::string_view part) const {
    for (const std::string& remark : remarks) {
      if (remark.starts_with(std::to_string(line) + ": ") && remark.find(part) != std::string::npos)
        return true;
    }
    return false;
  }
};

inline Result imported(std::string_view path, std::string_view source) {
  std::string error;
  const auto made = import_prompt(path, source, *format_of(path), error);
  INFO(error);
  REQUIRE(made.has_value());
  Result result;
  for (const Remark& remark : made->remarks)
    result.remarks.push_back(std::to_string(remark.line) + ": " + remark.text);
  SourceMap laid_out;
  Diagnostics of_layout;
  const auto text = syntax::format(laid_out, laid_out.add("made.chain", made->text), of_layout);
  INFO(made->text);
  REQUIRE(text.has_value());
  result.text = *text;
  SourceMap sources;
  Diagnostics diagnostics;
  driver::CompileOptions options;
  options.text = *text;
  (void)driver::compile_graph("made.chain", sources, diagnostics, options);
  for (const Diagnostic* diagnostic : diagnostics.sorted()) result.mistakes.push_back(diagnostic->message);
  return result;
}

}  // namespace chain::foreign
