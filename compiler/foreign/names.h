// Names as the language wants them.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace chain::foreign {

/// `name` if it is one of the language; else the nearest that is: "first-name" becomes `first_name`, `for`
/// `for_`.
[[nodiscard]] std::string identifier(std::string_view name);

/// The same, for a type: "order-line" becomes `OrderLine`.
[[nodiscard]] std::string type_name(std::string_view name);

/// `name`, or with a number behind it, so that it is not among `taken`; it is afterwards.
[[nodiscard]] std::string unused(std::string name, std::set<std::string>& taken);

/// A text as a string literal of the language, in quotes.
[[nodiscard]] std::string string_literal(std::string_view text);

/// A text that stands in a `"""` block, or in the text of a template: its backslashes, quotes and braces mean
/// themselves.
[[nodiscard]] std::string template_text(std::string_view text);

}  // namespace chain::foreign
