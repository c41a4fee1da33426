// What is released holds still: a program's versions against those of its lock.
//
// Follows section 8 of the language: a released version whose content changed is another version, a MAJOR one
// if some caller that was right would be wrong now, else a MINOR one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/graph/module.h"
#include "compiler/lock/lock.h"
#include "compiler/versions/interface.h"

namespace chain::versions {

/// "support.chain:classify@2.0" in its parts.
struct Key {
  std::string file;
  std::string name;
  program::Version version;  // 0.0 if it has none

  [[nodiscard]] std::string text() const;
  /// Without the file: "classify@2.0".
  [[nodiscard]] std::string shown() const;
};
[[nodiscard]] Key parse_key(std::string_view key);

using Released = std::map<std::string, lock::Released>;

enum class Verdict : uint8_t {
  Same,          // as it was released
  New,           // not released yet, and nothing speaks against it
  Changed,       // released, and its content is another one now
  Incompatible,  // not released yet; calls itself a MINOR of one whose callers it would break
  Unpinned,      // released; its own content is as it was, but what it calls is not
};

struct Finding {
  Verdict verdict = Verdict::Same;
  const graph::Content* content = nullptr;
  program::Version next;             // Changed, Incompatible, Unpinned: the version that it is now
  program::Version before;           // Incompatible: the one that it follows
  std::vector<Change> changes;       // of what callers see: Changed, Incompatible, and New that follows one
  std::vector<std::string> parts;    // Changed: labels of what is not as it was
  std::vector<std::string> gone;     // Unpinned: keys that it was released with
  std::vector<std::string> instead;  // Unpinned: keys that it calls and was not released with
};

/// One for each content that has a version and does not come with the language, in their order.
[[nodiscard]] std::vector<Finding> judge(const Released& released,
                                         const std::vector<graph::Content>& contents);

/// The entry under which a version is released.
[[nodiscard]] lock::Released entry_of(const graph::Content& content);

/// "it is `classify@2.1` now: ..." with the reason why it is MAJOR or MINOR.
[[nodiscard]] std::string advice(const Finding& finding);

/// "`a`, `b` and `c`" of keys, without the file if that is `file`.
[[nodiscard]] std::string names_of(const std::vector<std::string>& keys, std::string_view file);

}  // namespace chain::versions
