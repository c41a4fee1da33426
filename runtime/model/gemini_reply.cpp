#include "runtime/model/gemini_reply.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "runtime/model/json_reader.h"
#include "runtime/model/text_reply.h"

namespace chain::model {

namespace {

bool read_usage(JsonReader& reader, Usage& usage) {
  int64_t answered = 0, thought = 0;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "promptTokenCount") return reader.integer(usage.input_tokens);
    if (key == "cachedContentTokenCount") return reader.integer(usage.cached_tokens);
    if (key == "candidatesTokenCount") return reader.integer(answered);
    if (key == "thoughtsTokenCount") return reader.integer(thought);
    return reader.skip();
  });
  usage.output_tokens = answered + thought;  // thoughts are paid for as output
  usage.reasoning_tokens = thought;
  return fine;
}

/// A part of the content. What the model thought is no part of the answer.
bool read_part(JsonReader& reader, std::string& text) {
  std::string part;
  bool thought = false;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "text") return reader.string(part);
    if (key == "thought") thought = reader.peek() == 't';
    return reader.skip();
  });
  if (!thought) text += part;
  return fine;
}

bool read_candidate(JsonReader& reader, Piece& piece, std::string& finish_reason) {
  return reader.object([&](std::string_view key) {
    if (key == "finishReason") return reader.string(finish_reason);
    if (key != "content") return reader.skip();
    return reader.object([&](std::string_view member) {
      if (member != "parts") return reader.skip();
      return reader.array([&] { return read_part(reader, piece.text); });
    });
  });
}

bool is_withheld(std::string_view reason) {
  constexpr std::array<std::string_view, 8> kReasons = {
      "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY", "OTHER"};
  return std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

bool read_piece(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{') return false;
  std::string blocked;  // the question, not the answer
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "candidates") {
      bool first = true;
      return reader.array([&] {
        if (!std::exchange(first, false)) return reader.skip();
        piece.answers = true;
        return read_candidate(reader, piece, completion.finish_reason);
      });
    }
    if (key == "promptFeedback") {
      return reader.object([&](std::string_view member) {
        return member == "blockReason" ? reader.string(blocked) : reader.skip();
      });
    }
    if (key == "usageMetadata") return read_usage(reader, completion.usage);
    if (key == "modelVersion") return reader.string(completion.model);
    if (key == "error" && !reader.at_null()) return read_api_error(reader, piece.error);
    return reader.skip();
  });
  if (!fine || !reader.end()) return false;
  if (!blocked.empty()) completion.finish_reason = blocked;
  completion.cut_off = completion.finish_reason == "MAX_TOKENS";
  piece.answers = piece.answers || !blocked.empty();
  piece.withheld = !blocked.empty() || is_withheld(completion.finish_reason);
  piece.decided = !completion.finish_reason.empty();
  return true;
}

}  // namespace

std::unique_ptr<Reply> read_gemini_object(bool wrapped) {
  return read_object_reply(&read_piece, wrapped, "answer of Gemini's");
}
std::unique_ptr<Reply> read_gemini_stream(bool wrapped) {
  return read_stream_reply(&read_piece, wrapped, "no finishReason");
}

}  // namespace chain::model
