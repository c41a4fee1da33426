// Two states of a program, side by side.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/released_text.h"

namespace chain::cli {

/// A declaration as it stands in one state.
struct Declared {
  std::string kind;   // "prompt", "type"
  std::string title;  // "classify@2.0", "Ticket"
  std::string name;   // without the version
  program::Version version;
  std::string text;  // as written
  std::string hash;  // of its own text, without comments and layout
  // Of what can be called:
  std::string content, interface, artifact;
  std::vector<std::string> callees;          // titles
  std::map<std::string, std::string> parts;  // hashes, by label
};

struct ModelState {
  std::string provider, id, options_json;
  friend bool operator==(const ModelState&, const ModelState&) = default;
};

/// What a state of a program consists of. `what` is how the user named it.
struct Side {
  std::string what;
  std::map<std::string, Declared> declared;  // by kind and title: "prompt classify@2.0"
  std::map<std::string, ModelState> models;
  std::map<std::string, ModelState> resources;  // "index handbook"; `id` is empty
};

/// Adds what a checked file and its imports declare and reach. What comes with the language is left out.
void add_to(Side& side, const Checked& checked);

/// "FILE", "FILE:name@1.0", "FOLDER", "REV:FILE", "REV:FOLDER", "REV", as a state; `only` is the name behind
/// a file. Nothing, with all said, if it cannot be had.
[[nodiscard]] std::optional<Side> side_of(const std::string& word, std::string& only);

}  // namespace chain::cli
