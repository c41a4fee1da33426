#include "runtime/model/message_parts.h"

#include <algorithm>

#include "runtime/model/json_writer.h"
#include "runtime/value/characters.h"

namespace chain::model {

std::string_view role_name(program::Role role) {
  switch (role) {
    case program::Role::System: return "system";
    case program::Role::User: return "user";
    case program::Role::Assistant: return "assistant";
  }
  return "user";
}

MediaLeft take_media(MediaLeft& left, const Message& message) {
  const MediaLeft own = left.first(std::min(left.size(), message.media.size()));
  left = left.subspan(own.size());
  return own;
}

void append_parts(std::string& body, const Message& message, MediaLeft& media, const PartForm& form) {
  const MediaLeft own = take_media(media, message);
  body += '[';
  const auto text = [&](std::string_view part) {
    // Anthropic refuses blank ones, and to the others they say nothing. A message of nothing else keeps its
    // own.
    if (!own.empty() && value::trimmed(part).empty()) return;
    if (body.back() != '[') body += ',';
    body += form.text;
    append_json_string(body, part);
    body += '}';
  };
  size_t from = 0;
  for (size_t i = 0; i < own.size(); ++i) {
    const size_t to = std::clamp<size_t>(message.media[i].offset, from, message.text.size());
    text(message.text.substr(from, to - from));
    from = to;
    if (body.back() != '[') body += ',';
    form.medium(body, own[i]);
  }
  text(message.text.substr(from));
  body += ']';
}

void append_content(std::string& body, const Message& message, MediaLeft& media, const PartForm& form) {
  if (message.media.empty()) return append_json_string(body, message.text);
  append_parts(body, message, media, form);
}

void append_messages(std::string& body, const Request& request, MediaLeft media, const PartForm& form,
                     AppendTurn turn) {
  body += '[';
  for (const Message& message : request.messages) {
    if (message.turn) {
      turn(body, message, media, form);
      continue;
    }
    if (body.back() != '[') body += ',';
    body.append(R"({"role":")").append(role_name(message.role)).append(R"(","content":)");
    append_content(body, message, media, form);
    body += '}';
  }
  body += ']';
}

}  // namespace chain::model
