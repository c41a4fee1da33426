// The compiler's back end: graph to machine code, in memory or as a shared object. It lives in a
// library of its own (libchain_jit.so) that is opened when code has to be made: `check`, `fmt` and a
// run from the artifact cache never load LLVM. See load.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/graph/module.h"
#include "runtime/program/program.h"

namespace chain::jit {

/// What native code may call by name.
struct Symbol {
  const char* name;
  const void* address;
};

struct Options {
  std::vector<Symbol> symbols;
  bool keep_ir = false;  // fill Compiled::ir
};

struct Compiled {
  program::Program program;  // ready to run: `functions` and `code` are filled
  std::string ir;            // LLVM IR as text
  std::string error;         // not empty: no code could be made; the program is not usable
};

/// What the library offers, by address so that nothing else of it has to be visible.
struct Api {
  /// Must equal the opener's `kBuild`: both sides share C++ types.
  const char* build;
  /// Quickly, to run now: no optimization, linked in memory by ORC.
  Compiled (*compile)(const graph::Module& module, const Options& options);
  /// For the cache: optimized, position independent, linked to a shared object in memory. Gives its bytes, or
  /// an empty string and `error`.
  std::string (*shared_object)(const graph::Module& module, std::string& error);
};

/// The name of the library's one entry: `extern "C" const Api* chain_jit_api()`.
inline constexpr const char* kEntry = "chain_jit_api";
/// Changes whenever the types that cross the border may have.
inline constexpr const char* kBuild = CHAIN_BUILD;

}  // namespace chain::jit
