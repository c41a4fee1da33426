// Calls of models as a file keeps them, to be answered again without any model: JSON lines, made for git.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "runtime/model/cassette_question.h"
#include "runtime/model/client.h"

namespace chain::model {

/// Which call of a question: runs ask the same more than once.
struct CassettePlace {
  std::string key;   // of the question
  uint64_t row = 0;  // as of the request
  std::string step;  // likewise
};

/// By key, row and step, where `for[2]` stands before `for[10]`.
struct CassetteOrder {
  bool operator()(const CassettePlace& a, const CassettePlace& b) const;
};

/// How a call ended. Of an answer what its prompt reads and budgets count; nothing that differs each time.
struct CassetteEnd {
  bool ok = true;
  std::string text;
  std::vector<std::string> pieces;  // of a stream; empty for a text that came at once
  std::string model;                // the snapshot that answered
  std::string finish_reason;
  bool cut_off = false;
  bool stand_in = false;
  Usage usage;
  std::vector<Source> sources = {};
  Failure failure;  // if not ok
};

struct CassetteEntry {
  std::string request;  // a JSON object
  std::string prompt;   // the question's
  CassetteEnd end;
  size_t line = 0;  // of the file, from 1; 0 if it is new
};

class Cassette {
 public:
  /// Reads what `text()` has written. Nothing, and a sentence that begins with `name` and the line, if it is
  /// damaged.
  [[nodiscard]] static std::optional<Cassette> read(std::string_view text, const std::string& name,
                                                    std::string& error);
  /// The file: a line that says what it is, and one for each call, sorted.
  [[nodiscard]] std::string text() const;

  /// Keeps a call in the place of the same one before. What answers as it did stays as it stands, with its
  /// usage and its pieces, which differ from time to time.
  void put(const CassettePlace& place, const CassetteQuestion& question, CassetteEnd end);
  /// Takes over what `other` holds of places that this one has nothing of.
  void add(const Cassette& other);
  /// How the call ended; else how the first call of the same question did that nothing was answered with.
  /// Null if there is none.
  [[nodiscard]] const CassetteEntry* take(const CassettePlace& place);

  /// Why `take` has nothing for a question, in lines: how the nearest one differs. No control characters but
  /// line feeds.
  [[nodiscard]] std::string explain(const CassetteQuestion& question) const;
  [[nodiscard]] size_t size() const { return entries_.size(); }

 private:
  using Entries = std::map<CassettePlace, CassetteEntry, CassetteOrder>;

  [[nodiscard]] Entries::const_iterator nearest(const CassetteQuestion& question) const;

  Entries entries_;
  std::set<CassettePlace, CassetteOrder> taken_;
};

}  // namespace chain::model
