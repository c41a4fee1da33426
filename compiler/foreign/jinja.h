// Jinja as Prompty files hold it, in our template syntax, which is nearly the same but typed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/foreign/shape.h"

namespace chain::foreign {

/// `{% if name %}` of a text becomes a comparison, an optional value is shown as nothing where it is none,
/// `![x]({{ photo
/// }})` makes `photo` an image; a name that `inputs` lacks is added as a string. All else stays as it is.
[[nodiscard]] std::string rewrite_jinja(std::string_view text, uint32_t first_line, Shape& inputs,
                                        std::vector<Remark>& remarks);

}  // namespace chain::foreign
