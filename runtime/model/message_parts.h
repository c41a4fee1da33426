// Messages as JSON: a text, or where one shows media a list of parts in their order.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/model/client.h"
#include "runtime/model/media.h"

namespace chain::model {

/// "system", "user", "assistant".
[[nodiscard]] std::string_view role_name(program::Role role);

/// How an API writes one part.
struct PartForm {
  std::string_view text;  // up to the text itself: {"type":"text","text":
  void (*medium)(std::string& body, const Medium& medium);
};

/// The media of a request, taken from the front message by message.
using MediaLeft = std::span<const Medium>;
[[nodiscard]] MediaLeft take_media(MediaLeft& left, const Message& message);

/// `message` as a list of parts. Text of white space alone between media is left out.
void append_parts(std::string& body, const Message& message, MediaLeft& media, const PartForm& form);
/// As a string, if it shows no media; else as a list of parts.
void append_content(std::string& body, const Message& message, MediaLeft& media, const PartForm& form);
/// How an API writes a message that has a turn.
using AppendTurn = void (*)(std::string& body, const Message& message, MediaLeft& media,
                            const PartForm& form);
/// All messages of `request`, as a list of {"role", "content"} and what `turn` makes of the others.
void append_messages(std::string& body, const Request& request, MediaLeft media, const PartForm& form,
                     AppendTurn turn);

}  // namespace chain::model
