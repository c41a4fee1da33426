// Programs that carry untrusted text where it may not stand, and programs that use it well.
#pragma once

#include <string>
#include <vector>

namespace chain::sema::test {

struct TrustCase {
  std::string name;
  std::string program;  // behind `trust_prelude`
};

/// Models, tools and prompts that the programs use.
[[nodiscard]] const std::string& trust_prelude();
/// What `import "./lib.chain" as lib` gives them.
[[nodiscard]] const std::string& trust_library();

/// Where each goes too far, and the way there, stands in trust_paths.txt.
[[nodiscard]] const std::vector<TrustCase>& refused_programs();
[[nodiscard]] const std::vector<TrustCase>& useful_programs();

}  // namespace chain::sema::test
