// A golden test: a .chain file that says how it is run and what comes of it.
//
//     // RUN: chain run -a name=Ada            the file stands after the verb, unless %s or another .chain
//     file is named
//     // EXIT: 1                              the exit code, 0 unless said
//     // OUT:                                 standard output, one comment line a line, to the end of the
//     comments
//     // Hello Ada
//     // ERR:                                 the same for standard error; not looked at unless said
//
// Standard output may stand in a file beside it instead, with `.expected` in place of `.chain`. `chain fmt`
// is given the file on standard input. For `chain check` the expectations are the diagnostics, all and only
// those, each on a line of its own above the line it is about; lines count as the file is:
//
//     // ERROR E0203 3:17 expected int, found string
//     // WARNING E0107 lib.chain:4:1 ...       one in a file that is imported
//
// A file `x.in.chain` says nothing: it is laid out by `chain fmt`, and `x.out.chain` is what it becomes.
#pragma once

#include <string>
#include <vector>

#include "tests/golden/process.h"

namespace chain::testing {

/// One diagnostic of `chain check --json`.
struct Diagnosed {
  struct Fix {
    size_t begin = 0, end = 0;
    std::string replacement;
  };

  std::string code, severity, message, file;
  size_t line = 0, column = 0;
  std::vector<Fix> fixes;

  /// "ERROR E0203 3:17 expected ..."; with the file's name if it is not `own`.
  [[nodiscard]] std::string expectation(const std::string& own) const;
};

/// What `chain check --json` finds in `folder`/`file`. Throws std::runtime_error if that is not its JSON.
[[nodiscard]] std::vector<Diagnosed> diagnose(const std::string& chain, const std::string& folder,
                                              const std::string& file);

/// Whether the file is a golden; others are there to be imported.
[[nodiscard]] bool is_golden(const std::string& path);

/// Whether what is expected of the golden at `path` comes true; else prints what does. With `update` rewrites
/// it.
[[nodiscard]] bool run_golden(const std::string& chain, const std::string& path, bool update);

}  // namespace chain::testing
