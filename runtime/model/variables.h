// Where keys and addresses are looked up: the process's environment, and behind it what files say.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace chain::model {

/// The variables of files. They never become part of the process's environment: no child process and no
/// library sees them.
class Variables {
 public:
  using Values = std::map<std::string, std::string, std::less<>>;

  /// `named`: of files that the user has named. `project`: of the `.env` of a project that may be somebody
  /// else's; it gives secrets, but no addresses, for a key of the user's would go wherever it says.
  Variables(Values named, Values project) : named_(std::move(named)), project_(std::move(project)) {}

  /// Empty if nobody says: what the process's environment says goes first, then files that were named.
  [[nodiscard]] std::string secret(const std::string& name) const;
  [[nodiscard]] std::string address(const std::string& name) const;

 private:
  Values named_;
  Values project_;
};

/// The same where `variables` may be null.
[[nodiscard]] std::string find_secret(const Variables* variables, const std::string& name);
[[nodiscard]] std::string find_address(const Variables* variables, const std::string& name);

}  // namespace chain::model
