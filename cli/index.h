// `chain index`: the parts that the verb is made of.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/permission.h"
#include "runtime/access/policy.h"
#include "runtime/access/project_files.h"
#include "runtime/metrics/ranking.h"
#include "runtime/metrics/trec_files.h"
#include "runtime/model/variables.h"
#include "runtime/program/program.h"
#include "runtime/retrieve/place.h"
#include "runtime/retrieve/searches.h"
#include "runtime/retrieve/settings.h"

namespace chain::cli {

/// What the command line says.
struct IndexCommand {
  std::string action;  // "build"
  std::string target;  // FILE:NAME
  std::string query;
  std::string profile;
  PermissionSettings permissions;
  std::vector<std::string> env_files;
  bool json = false;
  // Of searches:
  std::optional<uint32_t> top;
  std::string mode;
  std::vector<std::string> where;  // "name=value"
  double mmr = 0;
  uint32_t neighbours = 0;
  bool parent = false;
  bool rerank = false;
  std::string queries, run, qrels;  // files
};

/// The index that the command line names, and what it may touch.
struct IndexTarget {
  std::shared_ptr<const program::Program> program;
  uint32_t resource = 0;
  retrieve::IndexSettings settings;
  retrieve::IndexPlace place;
  std::shared_ptr<const access::Policy> access;
  std::shared_ptr<const access::ProjectFiles> files;
  std::shared_ptr<const model::Variables> variables;

  [[nodiscard]] std::string name() const { return settings.file + ':' + settings.name; }
};

/// Nothing, with `exit` set and everything said, if there is no such index, or it may not have what it needs.
[[nodiscard]] std::optional<IndexTarget> open_target(const IndexCommand& command, int& exit);

// Each an action: the exit code.
[[nodiscard]] int build_index(const IndexTarget& target, const IndexCommand& command);
[[nodiscard]] int index_status(const IndexTarget& target, const IndexCommand& command);
[[nodiscard]] int search_index(const IndexTarget& target, const IndexCommand& command);
[[nodiscard]] int evaluate_index(const IndexTarget& target, const IndexCommand& command);
[[nodiscard]] int index_stats(const IndexTarget& target, const IndexCommand& command);
[[nodiscard]] int drop_index(const IndexTarget& target, const IndexCommand& command);

/// The query that the options make. Nothing, with `error` set, if one is wrong.
[[nodiscard]] std::optional<retrieve::SearchRequest> request_of(const IndexTarget& target,
                                                                const IndexCommand& command,
                                                                uint32_t usual_top, std::string& error);

/// Searches of one index, as a run makes them.
class IndexSearch {
 public:
  explicit IndexSearch(const IndexTarget& target);
  ~IndexSearch();

  using Found = std::function<void(size_t request, retrieve::SearchResult result)>;
  /// All of them, several at a time. False, with `exit` set and all said, if one failed, or at Ctrl-C.
  [[nodiscard]] bool search(const std::vector<retrieve::SearchRequest>& requests, const Found& found,
                            int& exit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The documents that each query finds, best first, at most `top` of them: a document ranks where its best
/// passage does. Nothing, with `exit` set and all said, likewise.
[[nodiscard]] std::optional<metrics::Run> run_queries(const IndexTarget& target,
                                                      const std::vector<metrics::QueryText>& queries,
                                                      const retrieve::SearchRequest& request, int& exit);

/// As TREC has it. False, with all said, if it cannot be written.
[[nodiscard]] bool write_run_file(const IndexTarget& target, const metrics::Run& run,
                                  const std::string& path);

}  // namespace chain::cli
