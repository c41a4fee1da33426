#include "compiler/syntax/foreign_tags.h"

#include <algorithm>
#include <iterator>

namespace chain::syntax {

namespace {

constexpr ForeignTag kTags[] = {
    {"assign", "; a name is given by `{% set name = value %}`"},
    {"autoescape", "; text is put in as it is, and `escape` is a function", true},
    {"block", "; a part that others fill is a parameter of a `template` declaration", true},
    {"break", "; leave elements out with `{% for x in xs where ... %}`"},
    {"call", "; give the text as an argument to a `template` declaration", true},
    {"case", "; write `{% if %}`, `{% elif %}` and `{% else %}`", true},
    {"continue", "; leave elements out with `{% for x in xs where ... %}`"},
    {"do", "; a template shows values and does nothing else"},
    {"extends", "; include the shared part: `{% include name(...) %}`"},
    {"filter", "; functions take values: `{{ text | upper }}`", true},
    {"from", "; files are imported at the top of the file: `import \"./cards.chain\"`"},
    {"import", "; files are imported at the top of the file: `import \"./cards.chain\"`"},
    {"let", "; a name is given by `{% set name = value %}`"},
    {"macro", "; declare it outside: `template name(x: string) = \"...\"`, then `{% include name(...) %}`",
     true},
    {"switch", "; write `{% if %}`, `{% elif %}` and `{% else %}`", true},
    {"trans", "; there are no translations in templates", true},
    {"unless", "; write `{% if not ... %}`", true},
    {"verbatim", "; text that holds no tags stands between `{% raw %}` and `{% endraw %}`", true},
    {"while", "; write `{% for x in xs %}`", true},
    {"with", "; a name is given by `{% set name = value %}`", true},
};

}  // namespace

const ForeignTag* foreign_tag(std::string_view word) {
  const auto* found = std::find_if(std::begin(kTags), std::end(kTags),
                                   [&](const ForeignTag& tag) { return tag.word == word; });
  return found == std::end(kTags) ? nullptr : found;
}

}  // namespace chain::syntax
