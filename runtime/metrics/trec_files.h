// The files that rankings are exchanged in: TREC's runs and judgements, and queries.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/metrics/ranking.h"

namespace chain::metrics {

// Each reads a whole file's text and gives nothing, and in `error` one sentence that begins with "line N:",
// if a line is wrong. Empty lines, byte order marks in front of lines and carriage returns at the end of them
// do not count.

/// Six columns between blanks: query, "Q0", document, rank, score, name of the run. The rank is not looked
/// at.
[[nodiscard]] std::optional<Run> read_run(std::string_view text, std::string& error);

/// TREC's qrels (query, iteration, document, judgement), or three columns (query, document, judgement), whose
/// first line may be a head. Columns are between tabs if the first line has three or four of them so, else
/// between blanks. Judgements are whole numbers, "1.0" too; the same one may stand there twice.
[[nodiscard]] std::optional<Judgements> read_judgements(std::string_view text, std::string& error);

struct QueryText {
  std::string id;
  std::string text;  // UTF-8
};

/// One a line: {"id": "...", "text": "..."} with an id that is a text or a whole number (or `_id`, as BEIR
/// has it, `qid`, `query_id`; `query` or `question` for the text), or the id, a tab and the text, whose first
/// line may be the head "id", "qid" or "query_id". In the order of the file, each id once.
[[nodiscard]] std::optional<std::vector<QueryText>> read_queries(std::string_view text, std::string& error);

/// As `read_run` reads it, best first, with ranks from 1 and scores that read back as they are. Nothing, and
/// `error`, if a name is empty or has blanks, which such a file cannot hold.
[[nodiscard]] std::optional<std::string> write_run(const Run& run, std::string_view name, std::string& error);

}  // namespace chain::metrics
