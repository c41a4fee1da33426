#include "compiler/driver/compile.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <thread>

#include "compiler/driver/artifact.h"
#include "compiler/jit/load.h"
#include "compiler/sema/capabilities.h"
#include "compiler/sema/check.h"
#include "compiler/sema/modules.h"
#include "compiler/transform/pipeline.h"
#include "runtime/abi/functions.h"
#include "runtime/access/project.h"
#include "runtime/access/project_files.h"

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

/// The folder of the lock too: one that is made later, nearer to the file, is another project's.
std::string variant_of(const std::string& path, const CompileOptions& options) {
  return "lock " + lock_path(path) + ' ' + std::string(options.tests ? "tests " : "") +
         (options.transform ? "" : "plain") + (options.profile.empty() ? "" : "profile " + options.profile);
}

std::vector<jit::Symbol> native_symbols() {
  std::vector<jit::Symbol> symbols;
  for (const abi::Symbol& symbol : abi::symbols()) symbols.push_back({symbol.name.data(), symbol.address});
  return symbols;
}

/// The lock counts where there is none: what it would say of versions is part of what a program means.
std::vector<Input> inputs_of(const SourceMap& sources, const std::string& lock) {
  std::vector<Input> inputs = ArtifactCache::inputs(sources);
  const bool was_read = std::ranges::any_of(inputs, [&](const Input& each) { return each.path == lock; });
  if (!was_read) inputs.push_back({lock, std::string(kMissing)});
  return inputs;
}

/// Optimized code for the next run, made while this one waits for models.
void keep(const jit::Api& back_end, ArtifactCache cache, std::string path, const SourceMap& sources,
          std::shared_ptr<const graph::Module> module, std::shared_ptr<const program::Program> program) {
  background().start([&back_end, cache = std::move(cache), path = std::move(path),
                      inputs = inputs_of(sources, lock_path(path)), module = std::move(module),
                      program = std::move(program)] {
    std::string error;
    const std::string library = back_end.shared_object(*module, error);
    if (!library.empty()) cache.store(path, inputs, *program, library);
  });
}

/// What the program needs of the world outside, with paths as the project's folder has them.
void find_needs(graph::Module& module, const std::string& path) {
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  const std::string folder = access::project_folder(path);
  for (graph::Imported& import : module.imports) import.path = access::locate(folder, import.path, here);
  sema::find_capabilities(module);
  for (program::Capability& each : module.capabilities) {
    const bool is_path =
        each.kind == program::CapabilityKind::Read || each.kind == program::CapabilityKind::Write;
    if (is_path) each.value = access::locate(folder, each.value, folder);
  }
}

/// Reads what was read before.
sema::SourceReader reader_of(const std::vector<SourceText>& given) {
  sema::SourceReader reader;
  reader.read = [&given](const std::string& wanted) -> std::optional<std::string> {
    for (const SourceText& each : given) {
      if (each.path == wanted) return each.text;
    }
    return std::nullopt;
  };
  return reader;
}

/// Reads what a program imports. What stands under the project's folder is opened beneath it: a link that is
/// turned while we look leads nowhere else, and nothing waits for a pipe. `path` itself is what the user
/// named, and what lies elsewhere needs the user's leave before the program runs.
sema::SourceReader reader_of(const std::string& path, const std::optional<std::string>& text) {
  sema::SourceReader reader = sema::file_reader();
  const std::string folder = access::project_folder(path);
  const auto files = std::make_shared<const access::ProjectFiles>(folder);  // shared: readers are copied
  reader.read = [=, on_disk = std::move(reader.read)](const std::string& wanted) {
    if (wanted == path) return text ? text : on_disk(wanted);
    std::error_code error;
    const std::string located = access::locate(folder, wanted, std::filesystem::current_path(error).string());
    if (located.starts_with('/')) return on_disk(wanted);
    std::string why;
    return files->read_start(located, sema::kMostSourceBytes + 1, why);
  };
  return reader;
}

/// The project's lock, if it does not stand beside the file.
std::string lock_of(const std::string& path) {
  std::error_code error;
  const std::filesystem::path folder = access::project_folder(path);
  const bool beside =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error).parent_path() ==
      folder;
  return beside ? std::string() : (folder / "chain.lock").string();
}

/// As the options say.
sema::SourceReader reader_of(const std::string& path, const CompileOptions& options) {
  sema::SourceReader reader = options.given  ? reader_of(*options.given)
                              : options.read ? sema::SourceReader{options.read, {}}
                                             : reader_of(path, options.text);
  if (options.lock) {
    reader.read = [&text = *options.lock, wanted = lock_path(path), otherwise = std::move(reader.read)](
                      const std::string& file) { return file == wanted ? text : otherwise(file); };
  }
  return reader;
}

/// `evals`, which may be null, gets those of the file.
std::optional<graph::Module> graph_of(const std::string& path, SourceMap& sources, Diagnostics& diagnostics,
                                      const CompileOptions& options, std::vector<program::Eval>* evals) {
  const sema::Modules modules =
      sema::load(sources, path, reader_of(path, options), diagnostics, lock_of(path));
  std::optional<graph::Module> module = sema::check(modules, sources, diagnostics,
                                                    {.tests = options.tests,
                                                     .profile = options.profile,
                                                     .choices = options.choices,
                                                     .contents = options.contents,
                                                     .released = options.released,
                                                     .registry = options.registry,
                                                     .evals = evals});
  if (module) find_needs(*module, path);
  if (module && options.transform) transform::transform(*module, {.print_after = options.print_after});
  return module;
}

}  // namespace

std::optional<graph::Module> compile_graph(const std::string& path, SourceMap& sources,
                                           Diagnostics& diagnostics, const CompileOptions& options) {
  return graph_of(path, sources, diagnostics, options, nullptr);
}

std::optional<sema::Servers> compile_servers(const std::string& path, SourceMap& sources,
                                             Diagnostics& diagnostics, const CompileOptions& options) {
  const sema::Modules modules =
      sema::load(sources, path, reader_of(path, options), diagnostics, lock_of(path));
  std::optional<sema::Servers> servers = sema::servers_of(modules, sources, diagnostics, options.profile);
  if (servers) find_needs(servers->module, path);
  return servers;
}

std::string lock_path(const std::string& path) {
  const std::string elsewhere = lock_of(path);
  return elsewhere.empty() ? (std::filesystem::path(path).parent_path() / "chain.lock").string() : elsewhere;
}

std::shared_ptr<const program::Program> compile(const std::string& path, SourceMap& sources,
                                                Diagnostics& diagnostics, const CompileOptions& options) {
  const bool cached = options.cache && options.print_after.empty() && !options.text && !options.given &&
                      !options.read && !options.lock;
  ArtifactCache cache(cached ? artifact_folder() : std::string(), variant_of(path, options));
  if (auto known = cache.load(path, sources)) {
    if (options.models) options.models(known->models);
    return known;
  }

  CompileOptions with_contents = options;
  with_contents.contents = true;
  std::vector<program::Eval> evals;
  std::optional<graph::Module> graph =
      graph_of(path, sources, diagnostics, with_contents, options.tests ? &evals : nullptr);
  if (!graph) return nullptr;
  auto module = std::make_shared<const graph::Module>(std::move(*graph));
  std::string error;
  const jit::Api* back_end = jit::open(error);
  // Not before: the loader opens one library after the other, and this one is needed first.
  if (options.models) options.models(module->models);
  jit::Compiled compiled;
  if (back_end) {
    compiled = back_end->compile(*module, {.symbols = native_symbols()});
    error = compiled.error;
  }
  if (!error.empty()) {
    diagnostics.report(NoNativeCode{.reason = error}, Span{});
    return nullptr;
  }
  compiled.program.evals = std::move(evals);
  auto program = std::make_shared<const program::Program>(std::move(compiled.program));
  // A file with warnings shows them each time.
  if (cache.usable() && diagnostics.sorted().empty())
    keep(*back_end, std::move(cache), path, sources, std::move(module), program);
  return program;
}

std::vector<SourceText> texts_of(const SourceMap& sources) {
  std::vector<SourceText> texts;
  for (uint32_t i = 0; i < sources.size(); ++i) {
    const SourceFile& file = sources.file({i});
    if (!file.made() && standard_source(file.path()) != file.text())
      texts.push_back({file.path(), std::string(file.text())});
  }
  return texts;
}

void finish() {
  background().finish();
}

}  // namespace chain::driver
