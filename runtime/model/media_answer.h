// Answers that are media: a prompt whose result is an `image`.
#pragma once

#include <string>
#include <string_view>

#include "runtime/model/client.h"

namespace chain::model {

/// "image", if the request's prompt answers with one; empty for all else.
[[nodiscard]] std::string_view answer_medium(const Request& request);

/// The answer's text then: a data URI. `mime` may be empty, for what the data begin with tells. Empty if that
/// is no medium of `kind`.
[[nodiscard]] std::string media_answer(std::string_view kind, std::string mime, std::string_view base64);

/// Why `answer` is no medium of `kind`, as a clause for the model; empty if it is one. Whatever a model
/// writes is none: it could name any file.
[[nodiscard]] std::string media_complaint(std::string_view kind, std::string_view answer);

}  // namespace chain::model
