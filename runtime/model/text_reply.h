// Replies that consist of text in pieces: what gathering it has in common, for whole objects and for streams.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/model/dialect.h"
#include "runtime/model/endpoint.h"

namespace chain::model {

/// What one object of a reply, whole or a part of a stream, says.
struct Piece {
  std::string text;
  std::string refusal;    // in the model's own words
  bool answers = false;   // it is what the protocol calls an answer
  bool ends = false;      // the terminal event
  bool decided = false;   // all text was there, whatever may follow
  bool withheld = false;  // by the provider
  bool bad_call = false;  // likewise, as the model wrote the call of a tool wrongly
  ApiError error;
};

/// Reads one JSON object into `piece` and what it says of the whole into `completion`, calls of tools among
/// that. False if it is no JSON. Of one answer: it may keep what later objects go on with.
using ReadPiece = std::function<bool(std::string_view json, Piece& piece, Completion& completion)>;

/// What `reader`, of one answer, reads by its member `read`.
template <typename Reader>
[[nodiscard]] ReadPiece read_by(Reader reader, bool (Reader::*read)(std::string_view, Piece&, Completion&)) {
  return [reader = std::move(reader), read](std::string_view json, Piece& piece,
                                            Completion& completion) mutable {
    return (reader.*read)(json, piece, completion);
  };
}

/// The body is one object. `protocol`: "chat completion".
[[nodiscard]] std::unique_ptr<Reply> read_object_reply(ReadPiece read, const Form& form,
                                                       std::string_view protocol);
/// The body is a stream of server-sent events with an object each. `terminal`: the events that end it, for
/// the message when they did not come.
[[nodiscard]] std::unique_ptr<Reply> read_stream_reply(ReadPiece read, const Form& form,
                                                       std::string_view terminal);
/// The same with an object on each line (NDJSON).
[[nodiscard]] std::unique_ptr<Reply> read_lines_reply(ReadPiece read, const Form& form,
                                                      std::string_view terminal);

}  // namespace chain::model
