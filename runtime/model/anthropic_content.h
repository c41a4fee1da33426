// The content of an answer of Anthropic's: blocks of text, thoughts, calls. A stream tells them in pieces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/client.h"

namespace chain::model {

class JsonReader;

/// Reads blocks and puts those of a stream together again, so that they can go back to the API as they were:
/// it wants to see its thoughts, under their signature, before the calls that they led to.
class AnthropicContent {
 public:
  /// `keeps`: the blocks may have to go back.
  explicit AnthropicContent(bool keeps) : keeps_(keeps) {}

  /// A whole block, of a message or as a stream begins it. Appends to `text` what of it is the answer's.
  [[nodiscard]] bool read_block(JsonReader& reader, int64_t index, std::string& text, Completion& completion);
  /// What a stream adds to a block. Likewise.
  [[nodiscard]] bool read_delta(JsonReader& reader, int64_t index, std::string& text, Completion& completion);
  /// The answer is whole: puts its blocks into `completion`.
  void finish(Completion& completion);

 private:
  struct Block {
    int64_t index = 0;
    std::string type;
    std::string json;                    // as it came, of a block that is never in pieces
    std::string text;                    // of a text, or of thoughts
    std::string signature;               // of thoughts
    std::string id, name, input;         // of a call, also one that the API carries out itself
    std::vector<std::string> citations;  // of a text
  };

  /// Appends words of the answer: what stands behind a search begins anew.
  void say(std::string_view words, std::string& text);
  /// Notes the page that a `citation` names.
  [[nodiscard]] static bool cite(std::string_view citation, Completion& completion);
  /// The last block of that number; null if there is none.
  [[nodiscard]] Block* find(int64_t index);
  static void write(const Block& block, std::string& json);

  bool keeps_;
  bool speaks_ = false;    // there was text
  bool searched_ = false;  // since then
  std::vector<Block> blocks_;
  CallPieces calls_;
};

}  // namespace chain::model
