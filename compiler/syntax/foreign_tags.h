// Tags of Jinja and its kin that are none here.
#pragma once

#include <string_view>

namespace chain::syntax {

struct ForeignTag {
  std::string_view word;
  std::string_view advice;  // "; what to write"
  bool has_end = false;     // it goes on to its `{% end... %}`
};

/// What is known of the tag `word`; null if nothing is.
[[nodiscard]] const ForeignTag* foreign_tag(std::string_view word);

}  // namespace chain::syntax
