// The phases in order: what the command line and the language server call.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/graph/module.h"
#include "compiler/sema/servers.h"
#include "compiler/source/source.h"
#include "runtime/program/program.h"

namespace chain::driver {

/// A file by the path under which it is read.
struct SourceText {
  std::string path;
  std::string text;
};

struct CompileOptions {
  bool tests = false;       // keep `test` declarations
  bool transform = true;    // run the passes
  bool cache = true;        // look for, and leave, an artifact
  std::string print_after;  // a pass whose graph goes to stderr
  std::string profile;      // whose resources take the place of others; empty for none
  std::optional<std::string> text =
      {};  // of the file, in place of what is on disk; there is no artifact of it
  /// Every file that there is, in place of the disk: a program as it was; there is no artifact of it.
  const std::vector<SourceText>* given = nullptr;
  /// Reads files in place of the disk, as they were at another time; nothing of one that was not there. There
  /// is no artifact of it.
  std::function<std::optional<std::string>(const std::string& path)> read = {};
  std::optional<std::string> lock =
      {};                 // in place of what is on disk; of `compile`, there is no artifact then
  bool contents = false;  // work out hashes and artifact ids; `compile` always does
  bool choices = false;   // look for writes that untrusted text decides about; `compile` does not
  bool registry = false;  // list what agents of the file could call; `compile` does not
  bool released = true;   // hold versions to what the lock has of them
  /// Told by `compile` as soon as the program's models are known: what they need may be made ready meanwhile.
  std::function<void(const std::vector<program::Model>&)> models = {};
};

/// Parses and checks the file and what it imports, and runs the passes. Nothing if there were errors.
/// A file that cannot be read is a diagnostic too.
[[nodiscard]] std::optional<graph::Module> compile_graph(const std::string& path, SourceMap& sources,
                                                         Diagnostics& diagnostics,
                                                         const CompileOptions& options = {});

/// From file to something that runs; from the artifact cache if nothing has changed. Null if there
/// were errors.
[[nodiscard]] std::shared_ptr<const program::Program> compile(const std::string& path, SourceMap& sources,
                                                              Diagnostics& diagnostics,
                                                              const CompileOptions& options = {});

/// The `mcp` servers that the file and its imports declare, with what they may touch, whatever else is wrong
/// in it; and what they offer by `options.lock`, or else by the lock. Nothing if a declaration of one is
/// wrong.
[[nodiscard]] std::optional<sema::Servers> compile_servers(const std::string& path, SourceMap& sources,
                                                           Diagnostics& diagnostics,
                                                           const CompileOptions& options = {});

/// Where the lock of a file's project is, or would be.
[[nodiscard]] std::string lock_path(const std::string& path);

/// What a program was compiled from, for `CompileOptions::given`.
[[nodiscard]] std::vector<SourceText> texts_of(const SourceMap& sources);

/// Waits until the artifacts of programs compiled so far are kept. Call it before `main` returns: what the
/// work in the background uses is torn down after that.
void finish();

}  // namespace chain::driver
