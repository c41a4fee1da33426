// The secrets of a program, and keeping them out of whatever is shown, sent on or kept.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/program.h"

namespace chain::model {

class Variables;

/// Text in which secrets are found: as they are, and as JSON, URLs and base64 write them.
class Secrets {
 public:
  /// What is shorter is not looked for: placeholders like `none`, which servers without keys are given, would
  /// take words out of answers. Bytes.
  static constexpr size_t kShortest = 8;

  void add(std::string_view secret);
  [[nodiscard]] bool empty() const { return forms_.empty(); }
  /// Puts `[redacted]` wherever one stands.
  void redact(std::string& text) const;
  /// How many bytes at the end of `text` are the beginning of a secret that may yet come whole.
  [[nodiscard]] size_t begun(std::string_view text) const;

 private:
  void add_form(std::string form);

  std::vector<std::string> forms_;  // the longest first
};

/// Those that `program` can come to use: the keys of its models, names and passwords in their addresses, and
/// what its tools read with `secret("NAME")`. `variables` may be null.
[[nodiscard]] Secrets secrets_of(const program::Program& program, const Variables* variables);

}  // namespace chain::model
