// `chain.lock`: what a project has released, and what it knows of servers without asking them.
//
//     {
//       "format": 1,
//       "released": {
//         "support.chain:classify@2.0": {"kind": "prompt", "content": "9f...", "signature": "3c...",
//         "callees": [], "interface": {...}, "parts": {"its own text": "a1...", "type `Ticket`": "77..."}},
//         "support.chain:reply@1.0": {"kind": "chain", "content": "41...", "signature": "b0...",
//         "callees": ["support.chain:classify@2.0"], ...}
//       },
//       "data": {
//         "support.chain:handbook": {"kind": "index", "content": "77..."}
//       },
//       "models": {
//         "openai/gpt-5-mini": {"answered": "gpt-5-mini-2025-08-07"}
//       },
//       "remote": {
//         "support.chain:shop.find_order": {"kind": "mcp", "hash": "e1...", "description": "...", "input":
//         {...}, "output": {...}, "annotations": {...}}
//       }
//     }
//
// Sorted, one entry a line, so that a diff shows what changed and nothing else. A key is the file that
// declares, relative to the lock, a colon, and the name; of a model it is provider and id. A lock without
// models has no such section.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/source/source.h"

namespace chain::lock {

/// One version of a prompt, chain, tool or agent.
struct Released {
  std::string kind;
  std::string content;               // SHA-256 in hexadecimal
  std::string signature;             // likewise
  std::vector<std::string> callees;  // keys, pinned; sorted
  std::string interface = {};  // what `signature` is the hash of: canonical JSON; empty if it is not recorded
  std::map<std::string, std::string> parts = {};  // what `content` is made of: beginnings of hashes, by label
  friend bool operator==(const Released&, const Released&) = default;
};

/// What an index or dataset held.
struct Data {
  std::string kind;
  std::string content;
  friend bool operator==(const Data&, const Data&) = default;
};

/// A model, by provider and id.
struct Model {
  std::string answered;  // the snapshot that did
  friend bool operator==(const Model&, const Model&) = default;
};

/// One tool of an MCP or A2A server, as it described itself.
struct Remote {
  std::string kind;  // "mcp", "a2a"
  std::string hash;  // `hash_of` the rest
  std::string description;
  std::string input;        // JSON Schema of an object
  std::string output;       // JSON Schema; empty if the server says none: the answer is text
  std::string annotations;  // JSON object; empty for none
  Span span;                // in the lock, if it was read

  /// `annotations` says `readOnlyHint: true`.
  [[nodiscard]] bool reads_only() const;
};

struct Lock {
  std::map<std::string, Released> released;
  std::map<std::string, Data> data;
  std::map<std::string, Model> models;
  std::map<std::string, Remote> remote;
};

/// The hash under which a tool is pinned: of its kind, description, schemas and annotations, whatever the
/// order of their keys.
[[nodiscard]] std::string hash_of(const Remote& remote);

/// The hash of an interface.
[[nodiscard]] std::string signature_of(std::string_view interface);

/// The line, from 1, of the first mark of a merge that git left undone (`<<<<<<<`); 0 if there is none.
[[nodiscard]] uint32_t conflict_line(std::string_view text);

/// Reads a lock. Nothing, and a diagnostic at its place, if it is no JSON, of a later format, or damaged; a
/// tool or an interface whose hash is not that of what is recorded is damaged, and so is a lock that git left
/// half merged.
[[nodiscard]] std::optional<Lock> read_lock(const SourceMap& sources, FileId file, Diagnostics& diagnostics);

/// The text of a lock; what `read_lock` gives back is equal, and writing that gives the same text.
[[nodiscard]] std::string write_lock(const Lock& lock);

}  // namespace chain::lock
