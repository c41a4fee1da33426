// A prompt of another tool, in our terms, and the text of a `.chain` file made of it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/foreign/messages.h"
#include "compiler/foreign/shape.h"

namespace chain::foreign {

struct PromptFile {
  std::string name;     // as the file has it
  std::string doc;      // what it is for; may be empty
  std::string version;  // "1.0"
  std::string model_id;
  std::string provider;                                        // one of ours; empty if none is named
  std::vector<std::pair<std::string, std::string>> options{};  // of the model: name and literal
  Shape inputs{.kind = Shape::Kind::Record};
  Shape output;  // a string unless said
  std::vector<Message> messages{};
};

/// The file as `.chain`, not yet in the standard layout: a model, the types, the prompt, and a chain `main`
/// that calls it. `source` is the name of the file that it was made of, `remarks` are kept as comments.
[[nodiscard]] std::string write_chain(const PromptFile& prompt, std::string_view source,
                                      std::vector<Remark>& remarks);

/// A front matter between two `---` lines, and what follows it.
struct Parts {
  std::string_view front;  // empty if there is none
  std::string_view body;
  uint32_t body_line = 1;  // of the body's first line in the file, from 1
};
[[nodiscard]] Parts split_front_matter(std::string_view text);

/// The provider of ours for "googleai/gemini-2.5-flash" and its like, and the id without it; empty if none
/// fits.
struct ModelName {
  std::string provider;
  std::string id;
};
[[nodiscard]] ModelName model_of(std::string_view provider, std::string_view id);

/// Takes over options of sampling, under the names that other tools have for them; the rest become remarks.
void take_options(const Yaml& options, PromptFile& prompt, std::vector<Remark>& remarks);

}  // namespace chain::foreign
