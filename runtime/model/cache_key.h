// What makes two requests the same question.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/model/answer_store.h"
#include "runtime/model/client.h"

namespace chain::model {

class Variables;

/// Whether `option` of a model has a say in its answers, or only in how they are got.
[[nodiscard]] bool decides_answer(std::string_view option);

/// Names the questions of a program's requests: SHA-256 over everything that an answer depends on, part by
/// part with their lengths in front, so that no two questions share bytes. What only says how to get an
/// answer (keys, time-outs, retries) is no part of it, nor is the program around the prompt.
class CacheKeys {
 public:
  /// `variables`, which may be null, say where models are.
  explicit CacheKeys(const program::Program& program, const Variables* variables = nullptr)
      : program_(program), variables_(variables), models_(program.models.size()) {}

  /// 64 hexadecimal digits. Empty for a request whose answer is not to be used again: nobody asked for that,
  /// it goes to `baseline`, or it shows a medium whose content is not in the request.
  [[nodiscard]] std::string key(const Request& request);
  /// How others may be similar to it, if the request says that they may serve (`similar`). Nothing for a
  /// conversation of several turns, for media, for one of several answers to the same question, and for a
  /// question without a word or beyond 16 KiB.
  [[nodiscard]] std::optional<Likeness> likeness(const Request& request);
  /// Whether the model, or one that stands in for it, looks at the request's `arguments`.
  [[nodiscard]] bool reads_arguments(uint32_t model) { return known(model).reads_arguments; }

 private:
  struct Known {
    bool read = false;
    std::string part;  // of the key; empty for a model that has none
    bool reads_arguments = false;
  };
  [[nodiscard]] const Known& known(uint32_t model);
  /// All that the answer depends on but its messages; empty for a request whose answer is not used again.
  [[nodiscard]] std::string around(std::string_view schema, const Request& request);

  const program::Program& program_;
  const Variables* variables_;
  std::vector<Known> models_;
};

}  // namespace chain::model
