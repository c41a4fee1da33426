// What was found out about endpoints by asking them, kept between runs (`chain doctor`).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "runtime/model/abilities.h"

namespace chain::model {

class KnownEndpoints {
 public:
  /// For how long what was found counts, in seconds: a week. Servers are updated.
  static constexpr int64_t kLifetime = 7 * 24 * 60 * 60;

  /// Reads the file at `path` as of `now`, seconds since 1970; what is too old, or not understood, is left
  /// out. A file that cannot be read is an empty one: nothing depends on it but a request that fails first.
  [[nodiscard]] static KnownEndpoints load(const std::string& path, int64_t now);
  /// Writes the file in one step, for its owner alone. Empty, or why it could not be.
  [[nodiscard]] std::string save(const std::string& path) const;

  /// Puts what is known about the endpoint over `abilities`. `base_url` without a slash at its end.
  void apply(std::string_view provider, std::string_view base_url, std::string_view id,
             Abilities& abilities) const;
  /// Notes what was found at `now`; what is unknown is left out.
  void note(std::string_view provider, std::string_view base_url, std::string_view id, const Abilities& found,
            int64_t now);
  [[nodiscard]] bool empty() const { return endpoints_.empty(); }

 private:
  struct Found {
    int64_t time = 0;
    Abilities abilities;
  };
  std::map<std::string, Found, std::less<>> endpoints_;  // by a digest: a URL may hold a password
};

}  // namespace chain::model
