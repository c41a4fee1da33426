// The file behind a model of the provider `scripted`: answers to be read out, for rehearsals without a model.
// One JSON object a line; docs/baseline.md says what stands in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/tool_calls.h"

namespace chain::model {

inline constexpr uint64_t kMostScript = uint64_t{16} << 20;  // bytes

struct ScriptLine {
  uint32_t number = 0;  // from 1, as editors count
  int64_t turn = -1;    // of the model in its conversation, from 0; -1 for any
  std::string when;     // a pattern of RE2; empty for any last message
  std::string text;
  std::vector<ToolCall> calls;  // without ids
};

class Script {
 public:
  /// Nothing, and a sentence that names `name` and the line in `error`, if `text` is no script.
  [[nodiscard]] static std::optional<Script> read(const std::string& name, std::string_view text,
                                                  std::string& error);

  /// The first line that fits: one whose `when` is found in `last`, the conversation's last message, and
  /// whose `turn` is how many turns the model has had. A line with neither stands for the turn that is its
  /// place among such lines. Null if none fits.
  [[nodiscard]] const ScriptLine* find(int64_t turn, std::string_view last) const;
  [[nodiscard]] size_t lines() const { return lines_.size(); }

 private:
  std::vector<ScriptLine> lines_;
};

}  // namespace chain::model
