// Where an index lives, and who builds it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "runtime/retrieve/settings.h"

namespace chain::retrieve {

/// The files of one index, in a folder of its own, which need not be there.
struct IndexPlace {
  std::string folder;    // <state folder>/indexes/handbook-0123456789ab
  std::string passages;  // passages.db: what it is
  std::string vectors;   // vectors.bin: can be made of the other
};

/// Of the index that the declaration in `settings` names, wherever the process runs. Nothing, and `error`, if
/// there is no folder for what outlives a process.
[[nodiscard]] std::optional<IndexPlace> place_of(const IndexSettings& settings, std::string& error);

/// Makes the folder, with mode 0700. False, and `error`, if that cannot be done.
[[nodiscard]] bool make_folder(const IndexPlace& place, std::string& error);

/// One process at a time builds or drops an index: a lock that ends with the process, however that ends.
class BuildLock {
 public:
  /// Waits for another one, `wait_ns` at most or until `stop` (which may be null). Null, and `error`, which
  /// says who holds it, otherwise; `cannot_write`, unless null, tells if the folder cannot be written to. The
  /// folder must be there.
  [[nodiscard]] static std::unique_ptr<BuildLock> take(const IndexPlace& place, int64_t wait_ns,
                                                       const std::atomic<bool>* stop, std::string& error,
                                                       bool* cannot_write = nullptr);
  ~BuildLock();
  BuildLock(const BuildLock&) = delete;
  BuildLock& operator=(const BuildLock&) = delete;

 private:
  explicit BuildLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

/// Whether this process may write to it: else it can be searched as it is, and no more.
[[nodiscard]] bool is_writable(const IndexPlace& place);

/// The process that builds it at this moment; 0 if none does.
[[nodiscard]] int64_t builder_of(const IndexPlace& place);

/// Removes it: the files that an index has, and the folder. False, and `error`, if that cannot be done. By
/// who holds the lock.
[[nodiscard]] bool remove_files(const IndexPlace& place, std::string& error);

}  // namespace chain::retrieve
