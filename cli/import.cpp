// `chain import FILE...`: prompt files of other tools become `.chain` files.
#include "compiler/foreign/import.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

#include "cli/new_file.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"
#include "compiler/syntax/format.h"

namespace chain::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string folder;  // where the files go; empty for beside the originals
  bool print = false;  // to standard output instead
  bool json = false;
};

struct Made {
  std::string path;
  std::string text;
  std::vector<foreign::Remark> remarks;
  size_t mistakes = 0;  // what `check` has to say of it
};

/// The text in the standard layout, and what the checker says of it.
void lay_out_and_check(Made& made) {
  SourceMap laid_out;
  Diagnostics of_layout;
  if (auto text = syntax::format(laid_out, laid_out.add(made.path, made.text), of_layout))
    made.text = std::move(*text);
  SourceMap sources;
  Diagnostics diagnostics;
  driver::CompileOptions options;
  options.text = made.text;
  (void)driver::compile_graph(made.path, sources, diagnostics, options);
  made.mistakes = diagnostics.error_count();
  report(diagnostics, sources);
}

std::string target_of(const std::string& path, const Options& options) {
  fs::path target = fs::path(path).replace_extension(".chain");
  if (!options.folder.empty()) target = fs::path(options.folder) / target.filename();
  return target.string();
}

void tell(const std::string& path, const Made& made, const Options& options) {
  if (options.json) return;
  std::string text;
  if (!options.print) text = fmt::format("{}: made of {}\n", made.path, path);
  for (const foreign::Remark& remark : made.remarks) {
    const std::string place = remark.line == 0 ? path : fmt::format("{}:{}", path, remark.line);
    text += fmt::format("  {}: {}\n", place, remark.text);
  }
  if (made.mistakes > 0)
    text += fmt::format(
        "  {}: does not check yet: see above; what could not be carried over is to be written by hand\n",
        made.path);
  say(printable(text));
}

/// The exit code for one file.
int import_one(const std::string& path, const Options& options) {
  const auto format = foreign::format_of(path);
  if (!format)
    return usage_error(
        "import", fmt::format("`{}` ends neither in .prompt (Dotprompt) nor in .prompty (Prompty)", path));
  std::string error;
  const auto text = read_file(path, error);
  if (!text) {
    say_error(error);
    return kWrongFile;
  }
  auto imported = foreign::import_prompt(path, *text, *format, error);
  if (!imported) {
    say_error(fmt::format("{}: {}", path, error));
    return kWrongFile;
  }
  Made made{target_of(path, options), std::move(imported->text), std::move(imported->remarks)};
  lay_out_and_check(made);
  if (options.print && !write_out(made.text)) return kFailed;
  if (!options.print && !write_new(made.path, made.text, error)) {
    say_error(error);
    return kFailed;
  }
  tell(path, made, options);
  if (options.json) {
    nlohmann::ordered_json line = {{"from", path}, {"to", made.path}, {"checks", made.mistakes == 0}};
    line["remarks"] = nlohmann::ordered_json::array();
    for (const foreign::Remark& remark : made.remarks)
      line["remarks"].push_back({{"line", remark.line}, {"text", remark.text}});
    if (!write_out(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"))
      return kFailed;
  }
  return made.mistakes == 0 ? kOk : kFailed;
}

}  // namespace

int import_files(Arguments arguments) {
  CLI::App app(
      "Makes `.chain` files of prompt files: Dotprompt (.prompt) and Prompty (.prompty). What could not be "
      "carried over "
      "is said, and stands as a comment in the file.",
      "chain import");
  std::vector<std::string> files;
  Options options;
  app.add_option("files", files, "the files")->required()->option_text("FILE...");
  CLI::Option* folder =
      app.add_option("--out", options.folder, "the folder for the new files; beside the others unless said")
          ->option_text("DIR");
  app.add_flag("--stdout", options.print, "print the new text and make no file")->excludes(folder);
  app.add_flag("--json", options.json,
               "print a JSON object a file: what was made, and what was not carried over");
  if (const auto code = read_options(app, arguments)) return *code;
  if (options.print && options.json)
    return usage_error("import", "--json and --stdout: only one of them can be printed");

  int worst = kOk;
  for (const std::string& file : files) worst = std::max(worst, import_one(file, options));
  return worst;
}

}  // namespace chain::cli
