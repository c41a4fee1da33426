// What the user has allowed programs before: one small file for each program, which only the user can read
// and write.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/program/capability.h"

namespace chain::access {

/// The set that `chain allow` allowed a file.
struct Grant {
  std::string file;                  // absolute
  std::string profile;               // empty for none
  std::string hash;                  // of the set: see `hash_of`
  std::vector<std::string> allowed;  // "host=api.example.com", sorted
};

/// SHA-256 of a sorted set, in hexadecimal.
[[nodiscard]] std::string hash_of(const std::vector<std::string>& allowed);

/// $CHAIN_CONFIG_DIR, else $XDG_CONFIG_HOME/chain, else ~/.config/chain. Empty if there is no place for it.
[[nodiscard]] std::string config_folder();

class Grants {
 public:
  /// In the folder of the configuration.
  [[nodiscard]] static std::string default_folder();

  explicit Grants(std::string folder) : folder_(std::move(folder)) {}

  /// Nothing if there is none, or if what is there is damaged, or may have been written by somebody else.
  [[nodiscard]] std::optional<Grant> find(const std::string& file, const std::string& profile) const;
  [[nodiscard]] std::vector<Grant> all() const;
  /// False, with `error` set, if it cannot be written. The hash is set here.
  bool store(Grant grant, std::string& error) const;
  /// False if there was none.
  bool remove(const std::string& file, const std::string& profile) const;

 private:
  [[nodiscard]] std::string path_of(const std::string& file, const std::string& profile) const;

  std::string folder_;
};

}  // namespace chain::access
