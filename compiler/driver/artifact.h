// Compiled programs, kept between runs: tables and native code in one file for each program, found by
// the text of every source that went into it and by what compiled it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/source/source.h"
#include "runtime/program/program.h"

namespace chain::driver {

/// The folder of artifacts: $CHAIN_CACHE_DIR, else $XDG_CACHE_HOME/chain, else ~/.cache/chain. Made with mode
/// 0700. Empty if there is no place for it, or if what is there belongs to another user or can be written by
/// one.
[[nodiscard]] std::string artifact_folder();

/// One file that went into a program: its path and the hash of its text; no hash if it is built into the
/// compiler. `kMissing` in its place of a file that would have counted, had there been one.
struct Input {
  std::string path;
  std::string hash;
};

inline constexpr std::string_view kMissing = "!";

/// The text of a file of the standard library, as it is built in; nothing if `path` names none.
[[nodiscard]] std::optional<std::string_view> standard_source(std::string_view path);

class ArtifactCache {
 public:
  /// `variant` keeps apart what is compiled differently from the same sources.
  explicit ArtifactCache(std::string folder, std::string variant);

  /// The program of `path` if nothing that it was made from has changed; its sources go to `sources`, in the
  /// same order as when it was compiled. Null otherwise; a damaged artifact is removed.
  [[nodiscard]] std::shared_ptr<const program::Program> load(const std::string& path,
                                                             SourceMap& sources) const;

  /// Whether there is a place to keep artifacts.
  [[nodiscard]] bool usable() const { return !folder_.empty(); }

  /// What a program was made from, as it was read.
  [[nodiscard]] static std::vector<Input> inputs(const SourceMap& sources);

  /// Keeps a program. `library` are the bytes of a shared object with its code. Written to a new file that
  /// then takes the name; failures are silent, for a cache may be missing.
  void store(const std::string& path, const std::vector<Input>& inputs, const program::Program& program,
             const std::string& library) const;

 private:
  [[nodiscard]] std::string file_of(const std::string& path) const;

  std::string folder_;
  std::string variant_;
};

/// Links a shared object's code into this process and fills `program.functions`. False if it cannot be used.
[[nodiscard]] bool load_code(std::string_view library, program::Program& program);

}  // namespace chain::driver
