// The secrets of a program, kept out of what tools show and answer. Internal to runtime/tool.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/secrets.h"

namespace chain::tool {

class Redactor {
 public:
  explicit Redactor(std::vector<std::string> secrets);

  /// `text` with `[redacted]` wherever a secret stands, as it is or as JSON, URLs and base64 have it.
  [[nodiscard]] std::string operator()(std::string text) const;
  /// What is said of a failure of `tool`, without secrets and fit for a terminal.
  [[nodiscard]] std::string sentence(std::string_view tool, std::string_view what) const;

 private:
  const std::vector<std::string> secrets_;
  model::Secrets forms_;
};

}  // namespace chain::tool
