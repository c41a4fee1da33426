// LLVM IR to machine code.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Support/MemoryBuffer.h>

#include <memory>
#include <string>

namespace chain::jit {

enum class Level : uint8_t { Quick, Optimized };

/// A relocatable, position-independent ELF object for this machine; null and `error` if it cannot be made.
[[nodiscard]] std::unique_ptr<llvm::MemoryBuffer> emit_object(llvm::Module& module, Level level,
                                                              std::string& error);

/// The bytes of a shared object made of `object` by lld, in process; empty and `error` if it fails.
[[nodiscard]] std::string link_shared(const llvm::MemoryBuffer& object, std::string& error);

}  // namespace chain::jit
