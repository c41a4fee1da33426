// `chain explain CODE`: the page of docs/errors, built in.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>

#include "cli/output.h"
#include "cli/pages.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/diagnostics/diagnostics.h"

namespace chain::cli {
namespace {

int list_codes() {
  std::string text;
  for (const Page& page : pages()) {
    constexpr size_t mark = 2;  // "# "
    text += page.text.substr(mark, page.text.find('\n') - mark);
    text += '\n';
  }
  return write_out(text) ? kOk : kFailed;
}

}  // namespace

int explain(Arguments arguments) {
  CLI::App app("Explains the code of a diagnostic: what it means, an example, the way out.", "chain explain");
  std::string code;
  bool list = false;
  app.add_option("code", code, "as in `error[E0101]`")->option_text("CODE");
  app.add_flag("--list", list, "list every code");
  if (const auto exit = read_options(app, arguments)) return *exit;
  if (list) return list_codes();
  if (code.empty()) return usage_error("explain", "which code? as in: chain explain E0101");

  std::transform(code.begin(), code.end(), code.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::vector<std::string_view> codes;
  for (const Page& page : pages()) {
    if (page.code == code) return write_out(page.text) ? kOk : kFailed;
    codes.push_back(page.code);
  }
  return usage_error("explain", "there is no code `" + code + "`" + meant(code, codes) +
                                    "; `chain explain --list` shows all");
}

}  // namespace chain::cli
