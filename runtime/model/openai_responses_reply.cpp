// Reads what the Responses API answers.
#include <utility>

#include "runtime/model/json_reader.h"
#include "runtime/model/openai_reply.h"
#include "runtime/model/openai_responses.h"
#include "runtime/model/text_reply.h"

namespace chain::model {

namespace {

/// A part of a message's content. Of another type is what the model thought.
bool read_part(JsonReader& reader, Piece& piece) {
  std::string type, text, refusal;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "type") return reader.string(type);
    if (key == "text") return reader.string(text);
    if (key == "refusal") return reader.string(refusal);
    return reader.skip();
  });
  if (type == "output_text") piece.text += text;
  if (type == "refusal") piece.refusal += refusal;
  return fine;
}

bool read_output(JsonReader& reader, Piece& piece) {
  return reader.array([&] {
    return reader.object([&](std::string_view key) {
      return key == "content" ? reader.array([&] { return read_part(reader, piece); }) : reader.skip();
    });
  });
}

/// A `response`: the whole answer, or what an event of a stream says of it. Its output is not looked at in
/// the latter, for the stream has told it in pieces.
bool read_response(JsonReader& reader, bool is_event, Piece& piece, Completion& completion) {
  std::string status, reason;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "output") {
      piece.answers = true;
      return is_event ? reader.skip() : read_output(reader, piece);
    }
    if (key == "status") return reader.string(status);
    if (key == "incomplete_details" && !reader.at_null()) {
      return reader.object([&](std::string_view detail) {
        return detail == "reason" ? reader.string(reason) : reader.skip();
      });
    }
    if (key == "model") return reader.string(completion.model);
    if (key == "usage" && !reader.at_null()) return read_openai_usage(reader, completion.usage);
    if (key == "error" && !reader.at_null()) return read_api_error(reader, piece.error);
    return reader.skip();
  });
  piece.withheld = reason == "content_filter";
  // All other reasons end an answer before the model would have.
  completion.cut_off = status == "incomplete" && !piece.withheld;
  piece.error.found = piece.error.found || status == "failed" || status == "cancelled";
  completion.finish_reason = reason.empty() ? std::move(status) : std::move(reason);
  return fine;
}

bool read_whole(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{') return false;
  return read_response(reader, /*is_event=*/false, piece, completion) && reader.end();
}

bool read_event(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{') return false;
  std::string type, delta;
  ApiError error;  // its members stand in the event itself, of some servers in one of its own
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "type") return reader.string(type);
    if (key == "delta") return reader.string(delta);
    if (key == "response") return read_response(reader, /*is_event=*/true, piece, completion);
    if (key == "message") return reader.string(error.message);
    if (key == "code") return reader.string(error.code);
    if (key == "error" && !reader.at_null()) return read_api_error(reader, piece.error);
    return reader.skip();
  });
  if (!fine || !reader.end()) return false;
  if (type == "response.output_text.delta") {
    piece.text = std::move(delta);
  } else if (type == "response.refusal.delta") {
    piece.refusal = std::move(delta);
  } else if (type == "error" && !piece.error.found) {
    piece.error = std::move(error);
    piece.error.found = true;
  } else if (type == "response.failed") {
    piece.error.found = true;
  }
  piece.ends = type == "response.completed" || type == "response.incomplete";
  return true;
}

}  // namespace

std::unique_ptr<Reply> read_response_object(bool wrapped) {
  return read_object_reply(&read_whole, wrapped, "response");
}
std::unique_ptr<Reply> read_response_stream(bool wrapped) {
  return read_stream_reply(&read_event, wrapped, "no response.completed");
}

}  // namespace chain::model
