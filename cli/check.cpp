// `chain check FILE...`: every mistake, as text on standard error or as JSON on standard output.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <set>

#include "cli/output.h"
#include "cli/released_text.h"
#include "cli/report.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/diagnostics/render.h"
#include "compiler/driver/compile.h"

namespace chain::cli {
namespace {

/// Whether a version that is released is not as it was.
bool changed(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics.sorted(),
                             [](const Diagnostic* each) { return each->code == ReleasedChanged::code; });
}

}  // namespace

int check(Arguments arguments) {
  CLI::App app("Looks for mistakes in files and what they import. Runs nothing.", "chain check");
  std::vector<std::string> files;
  bool json = false;
  app.add_option("files", files, "the files to check")->required()->option_text("FILE...");
  app.add_flag("--json", json, "print diagnostics as JSON on standard output, one object a file");
  if (const auto code = read_options(app, arguments)) return *code;

  std::set<std::string> shown;
  bool wrong = false, written = true;
  for (const std::string& file : files) {
    SourceMap sources;
    Diagnostics diagnostics;
    const auto module =
        driver::compile_graph(file, sources, diagnostics, {.tests = true, .transform = false});
    wrong = wrong || !module || diagnostics.has_errors();
    if (json) {
      written = answer_json(render_json(diagnostics, sources) + "\n") && written;
    } else {
      report(diagnostics, sources);
      if (changed(diagnostics)) show_released_changes(file, shown);
    }
  }
  return wrong ? kWrongFile : written ? kOk : kFailed;
}

}  // namespace chain::cli
