#include "compiler/driver/compile.h"

#include <thread>

#include "compiler/driver/artifact.h"
#include "compiler/jit/load.h"
#include "compiler/sema/check.h"
#include "compiler/sema/modules.h"
#include "compiler/transform/pipeline.h"
#include "runtime/abi/functions.h"

namespace chain::driver {

namespace {

/// Work that goes on after the program has begun to run; `finish` waits for it.
class Background {
 public:
  template <class Work>
  void start(Work&& work) {
    finish();
    thread_ = std::thread(std::forward<Work>(work));
  }
  void finish() {
    if (thread_.joinable()) thread_.join();
  }
  ~Background() { finish(); }

 private:
  std::thread thread_;
};

Background& background() {
  static Background work;
  return work;
}

std::string variant_of(const CompileOptions& options) {
  return std::string(options.tests ? "tests " : "") + (options.transform ? "" : "plain") +
         (options.profile.empty() ? "" : "profile " + options.profile);
}

std::vector<jit::Symbol> native_symbols() {
  std::vector<jit::Symbol> symbols;
  for (const abi::Symbol& symbol : abi::symbols()) symbols.push_back({symbol.name.data(), symbol.address});
  return symbols;
}

/// Optimized code for the next run, made while this one waits for models.
void keep(const jit::Api& back_end, ArtifactCache cache, std::string path, const SourceMap& sources,
          std::shared_ptr<const graph::Module> module, std::shared_ptr<const program::Program> program) {
  background().start([&back_end, cache = std::move(cache), path = std::move(path),
                      inputs = ArtifactCache::inputs(sources), module = std::move(module),
                      program = std::move(program)] {
    std::string error;
    const std::string library = back_end.shared_object(*module, error);
    if (!library.empty()) cache.store(path, inputs, *program, library);
  });
}

}  // namespace

std::optional<graph::Module> compile_graph(const std::string& path, SourceMap& sources,
                                           Diagnostics& diagnostics, const CompileOptions& options) {
  const sema::Modules modules = sema::load(sources, path, sema::file_reader(), diagnostics);
  std::optional<graph::Module> module =
      sema::check(modules, sources, diagnostics, {.tests = options.tests, .profile = options.profile});
  if (module && options.transform) transform::transform(*module, {.print_after = options.print_after});
  return module;
}

std::shared_ptr<const program::Program> compile(const std::string& path, SourceMap& sources,
                                                Diagnostics& diagnostics, const CompileOptions& options) {
  const bool cached = options.cache && options.print_after.empty();
  ArtifactCache cache(cached ? artifact_folder() : std::string(), variant_of(options));
  if (auto known = cache.load(path, sources)) return known;

  std::optional<graph::Module> graph = compile_graph(path, sources, diagnostics, options);
  if (!graph) return nullptr;
  auto module = std::make_shared<const graph::Module>(std::move(*graph));
  std::string error;
  const jit::Api* back_end = jit::open(error);
  jit::Compiled compiled;
  if (back_end) {
    compiled = back_end->compile(*module, {.symbols = native_symbols()});
    error = compiled.error;
  }
  if (!error.empty()) {
    diagnostics.report(NoNativeCode{.reason = error}, Span{});
    return nullptr;
  }
  auto program = std::make_shared<const program::Program>(std::move(compiled.program));
  // A file with warnings shows them each time.
  if (cache.usable() && diagnostics.sorted().empty())
    keep(*back_end, std::move(cache), path, sources, std::move(module), program);
  return program;
}

void finish() {
  background().finish();
}

}  // namespace chain::driver
