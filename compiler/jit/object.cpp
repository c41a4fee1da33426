#include "compiler/jit/object.h"

#include <fcntl.h>
#include <lld/Common/Driver.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/SmallVectorMemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

LLD_HAS_DRIVER(elf)

namespace chain::jit {

namespace {

/// Larger programs and functions are left unoptimized: a long straight block of stores (a list written out,
/// say) takes the optimizer time and memory that grow with its square. In instructions.
constexpr unsigned kLargestOptimized = 50'000;
constexpr unsigned kLargestFunction = 2'000;

bool is_quick_to_optimize(const llvm::Module& module) {
  if (module.getInstructionCount() > kLargestOptimized) return false;
  return llvm::all_of(module,
                      [](const llvm::Function& f) { return f.getInstructionCount() <= kLargestFunction; });
}

void optimize(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

std::unique_ptr<llvm::TargetMachine> make_machine(llvm::CodeGenOptLevel level, std::string& error) {
  static const bool initialized = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)initialized;
  const std::string triple = llvm::sys::getProcessTriple();
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) return nullptr;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, "", "", llvm::TargetOptions(), llvm::Reloc::PIC_, llvm::CodeModel::Small, level));
}

/// A file in memory, with a path by which lld can open it.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : fd_(memfd_create(name, MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (fd_ >= 0) close(fd_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] bool write(llvm::StringRef bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written <= 0) return false;
      bytes = bytes.drop_front(static_cast<size_t>(written));
    }
    return true;
  }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

/// Collects what is written to a path. A pipe, because lld would write a regular file through LLVM's
/// temporary files, which take over the signals of the process and the signal stack of the thread to clean
/// up.
class PipeReader {
 public:
  PipeReader() {
    if (pipe2(ends_, O_CLOEXEC) != 0) return;
    reader_ = std::thread([this] {
      char piece[4096];
      for (ssize_t size; (size = read(ends_[0], piece, sizeof piece)) != 0;) {
        if (size > 0) bytes_.append(piece, static_cast<size_t>(size));
        if (size < 0 && errno != EINTR) break;
      }
    });
  }
  ~PipeReader() { (void)finish(); }
  PipeReader(const PipeReader&) = delete;
  PipeReader& operator=(const PipeReader&) = delete;

  [[nodiscard]] bool good() const { return ends_[0] >= 0; }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(ends_[1]); }
  /// Waits for the last byte.
  std::string finish() {
    if (!reader_.joinable()) return {};
    close(ends_[1]);
    reader_.join();
    close(ends_[0]);
    return std::move(bytes_);
  }

 private:
  int ends_[2] = {-1, -1};
  std::string bytes_;
  std::thread reader_;
};

}  // namespace

std::unique_ptr<llvm::MemoryBuffer> emit_object(llvm::Module& module, Level level, std::string& error) {
  const bool optimized = level == Level::Optimized && is_quick_to_optimize(module);
  auto machine =
      make_machine(optimized ? llvm::CodeGenOptLevel::Default : llvm::CodeGenOptLevel::None, error);
  if (!machine) return nullptr;
  module.setTargetTriple(machine->getTargetTriple().str());
  module.setDataLayout(machine->createDataLayout());
  if (optimized) optimize(module, *machine);
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream out(bytes);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, out, nullptr, llvm::CodeGenFileType::ObjectFile)) {
    error = "this machine's LLVM target cannot emit objects";
    return nullptr;
  }
  passes.run(module);
  return std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(bytes), "chain.o", false);
}

std::string link_shared(const llvm::MemoryBuffer& object, std::string& error) {
  const MemoryFile input("chain.o");
  PipeReader output;
  if (!input.write(object.getBuffer()) || !output.good()) {
    error = "cannot hand the object to the linker: " + std::string(std::strerror(errno));
    return {};
  }
  const std::string from = input.path();
  const std::string to = output.path();
  llvm::raw_string_ostream complaints(error);
  const char* arguments[] = {"ld.lld",      "-shared", "-z",       "now",       "--build-id=none",
                             "--threads=1", "-o",      to.c_str(), from.c_str()};
  const lld::Result result = lld::lldMain(arguments, complaints, complaints, {{lld::Gnu, &lld::elf::link}});
  std::string bytes = output.finish();
  return result.retCode == 0 ? bytes : std::string();
}

}  // namespace chain::jit
