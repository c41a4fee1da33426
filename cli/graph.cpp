// `chain graph FILE`: the graph that a file becomes.
#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/graphviz.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"
#include "compiler/graph/picture.h"
#include "compiler/graph/print.h"
#include "compiler/transform/pipeline.h"

namespace chain::cli {
namespace {

int print_svg(const graph::Module& module) {
  std::string error;
  const auto svg = run_dot(graph::print_dot(module), error);
  if (!svg) {
    say_error(error);
    return kFailed;
  }
  return write_out(*svg) ? kOk : kFailed;
}

int print(const graph::Module& module, const std::string& format) {
  if (format == "svg") return print_svg(module);
  const std::string text = format == "dot"       ? graph::print_dot(module)
                           : format == "mermaid" ? graph::print_mermaid(module)
                                                 : graph::print(module);
  return answer_text(text) ? kOk : kFailed;
}

}  // namespace

int graph(Arguments arguments) {
  CLI::App app("Shows the graph that a file becomes, after the compiler's passes.", "chain graph");
  std::string file;
  std::string format = "text";
  driver::CompileOptions options;
  options.tests = true;
  app.add_option("file", file, "the file")->required()->option_text("FILE");
  app.add_option("--format", format, "text, dot, mermaid or svg (needs graphviz)")
      ->check(CLI::IsMember({"text", "dot", "mermaid", "svg"}))
      ->option_text("FORMAT");
  app.add_option("--print-after", options.print_after,
                 "print the graph after this pass, or after `all` of them, on standard error")
      ->option_text("PASS");
  app.add_option("--profile", options.profile, "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  if (const auto code = read_options(app, arguments)) return *code;
  const auto& passes = transform::pass_names();
  if (!options.print_after.empty() && options.print_after != "all" &&
      std::find(passes.begin(), passes.end(), options.print_after) == passes.end()) {
    std::string all;
    for (const std::string_view pass : passes) all += (all.empty() ? "" : ", ") + std::string(pass);
    return usage_error("graph", "there is no pass `" + options.print_after + "`" +
                                    meant(options.print_after, passes) + "\nthe passes are " + all +
                                    "; `all` shows each");
  }

  SourceMap sources;
  Diagnostics diagnostics;
  const auto module = driver::compile_graph(file, sources, diagnostics, options);
  report(diagnostics, sources);
  return module ? print(*module, format) : kWrongFile;
}

}  // namespace chain::cli
