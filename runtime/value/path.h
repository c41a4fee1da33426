// Where in a value something happened, and short forms of what stands there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/types.h"

namespace chain::value {

/// The way from a value down to one of its parts. Steps are taken by holding what `field`, `key` or `element`
/// returns.
class Path {
 public:
  class Step {
   public:
    explicit Step(Path& path) : path_(path) {}
    ~Step() { path_.steps_.pop_back(); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Path& path_;
  };

  [[nodiscard]] Step field(std::string_view name) { return push({name, 0, Kind::Field}); }
  [[nodiscard]] Step key(std::string_view name) { return push({name, 0, Kind::Key}); }
  [[nodiscard]] Step element(uint64_t number) { return push({{}, number, Kind::Element}); }

  /// "ticket.photos[2].meta[\"a b\"]"; empty at the root.
  [[nodiscard]] std::string text() const;

 private:
  enum class Kind : uint8_t { Field, Key, Element };
  struct Part {
    std::string_view name;
    uint64_t number;
    Kind kind;
  };
  Step push(Part part) {
    steps_.push_back(part);
    return Step(*this);
  }

  std::vector<Part> steps_;
};

/// At most about 60 bytes of `text`, cut between characters, with "..." if something is missing.
[[nodiscard]] std::string shortened(std::string_view text);

/// The same as a JSON string.
[[nodiscard]] std::string quoted_short(std::string_view text);

/// `"low", "normal" or "high"`, cut after 20 cases; by alias if `aliases`.
[[nodiscard]] std::string case_list(const program::Type& type, bool aliases);

}  // namespace chain::value
