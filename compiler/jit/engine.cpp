#include "compiler/jit/engine.h"

#include <llvm/ExecutionEngine/JITSymbol.h>

#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>

#include <cmath>
#include <cstring>

#include "compiler/codegen/lower.h"
#include "compiler/codegen/module_emitter.h"
#include "compiler/jit/object.h"

namespace chain::jit {

namespace {

/// What the code generator itself may call of the C library. (A shared object finds them by itself.)
const Symbol kLibc[] = {
    {"memcpy", reinterpret_cast<const void*>(&std::memcpy)},
    {"memmove", reinterpret_cast<const void*>(&std::memmove)},
    {"memset", reinterpret_cast<const void*>(&std::memset)},
    {"memcmp", reinterpret_cast<const void*>(&std::memcmp)},
    {"rint", reinterpret_cast<const void*>(static_cast<double (*)(double)>(&std::rint))},
    {"fmod", reinterpret_cast<const void*>(static_cast<double (*)(double, double)>(&std::fmod))},
};

struct OrcCode : program::CodeHandle {
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

std::string text_of(llvm::Error error) {
  return llvm::toString(std::move(error));
}

/// Links `object` in memory and finds the function table. Gives an error's text, or nothing.
std::string link_in_memory(std::unique_ptr<llvm::MemoryBuffer> object, const Options& options,
                           program::Program& program) {
  auto builder = llvm::orc::LLJITBuilder();
  builder.setLinkProcessSymbolsByDefault(false);
  builder.setPlatformSetUp(llvm::orc::setUpInactivePlatform);  // the code has no constructors to run
  auto jit = builder.create();
  if (!jit) return text_of(jit.takeError());
  llvm::orc::SymbolMap symbols;
  const auto define = [&](const Symbol& symbol) {
    symbols[(*jit)->mangleAndIntern(symbol.name)] = {
        llvm::orc::ExecutorAddr::fromPtr(symbol.address),
        llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  };
  for (const Symbol& symbol : kLibc) define(symbol);
  for (const Symbol& symbol : options.symbols) define(symbol);
  if (auto error = (*jit)->getMainJITDylib().define(llvm::orc::absoluteSymbols(std::move(symbols)))) {
    return text_of(std::move(error));
  }
  if (auto error = (*jit)->addObjectFile(std::move(object))) return text_of(std::move(error));
  auto table = (*jit)->lookup(codegen::kFunctionTable);
  if (!table) return text_of(table.takeError());
  const auto* entries = table->toPtr<const void* const*>();
  for (const void*& function : program.functions) function = *entries++;
  auto code = std::make_shared<OrcCode>();
  code->jit = std::move(*jit);
  program.code = std::move(code);
  return {};
}

Compiled compile(const graph::Module& module, const Options& options) {
  Compiled result;
  llvm::LLVMContext context;
  llvm::Module ir("chain", context);
  result.program = codegen::lower(module, ir);
  if (options.keep_ir) {
    llvm::raw_string_ostream out(result.ir);
    ir.print(out, nullptr);
  }
  llvm::raw_string_ostream complaint(result.error);
  if (llvm::verifyModule(ir, &complaint)) return result;
  auto object = emit_object(ir, Level::Quick, result.error);
  if (!object) return result;
  result.error = link_in_memory(std::move(object), options, result.program);
  return result;
}

std::string shared_object(const graph::Module& module, std::string& error) {
  llvm::LLVMContext context;
  llvm::Module ir("chain", context);
  (void)codegen::lower(module, ir);
  llvm::raw_string_ostream complaint(error);
  if (llvm::verifyModule(ir, &complaint)) return {};
  auto object = emit_object(ir, Level::Optimized, error);
  return object ? link_shared(*object, error) : std::string();
}

}  // namespace

}  // namespace chain::jit

extern "C" __attribute__((visibility("default"))) const chain::jit::Api* chain_jit_api() {
  static const chain::jit::Api api = {chain::jit::kBuild, chain::jit::compile, chain::jit::shared_object};
  return &api;
}
