// `--record` and `--replay`: a cassette in a file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/model/cassette_client.h"

namespace CLI {
class App;
}

namespace chain::cli {

/// At most one of them is set.
struct CassetteSettings {
  std::string record;
  std::string replay;

  [[nodiscard]] bool any() const { return !record.empty() || !replay.empty(); }
};

void declare_cassette(CLI::App& app, CassetteSettings& settings);

class CassetteFile {
 public:
  /// Reads the file of `settings`; to be recorded into, it need not be there. Null, with `error` set, if it
  /// cannot be had or is damaged, or could not be written later.
  [[nodiscard]] static std::unique_ptr<CassetteFile> open(const CassetteSettings& settings,
                                                          std::string& error);

  [[nodiscard]] bool replays() const { return replays_; }
  [[nodiscard]] model::Cassette& cassette() { return cassette_; }
  /// For `make_replaying_client`.
  void miss(model::CassetteMiss miss) { misses_.push_back(std::move(miss)); }
  /// Whether a call of that row, 0 for a run without rows, was not there.
  [[nodiscard]] bool missed(uint64_t row) const;
  /// Says which calls were not there, how the nearest differ, and the way out. False if there are none.
  [[nodiscard]] bool say_missed() const;
  /// Writes what was recorded, all of it or nothing. False, with everything said, if it cannot be written.
  [[nodiscard]] bool save() const;

 private:
  std::string path_;
  bool replays_ = false;
  std::string before_;  // what the file held
  model::Cassette cassette_;
  std::vector<model::CassetteMiss> misses_;
};

}  // namespace chain::cli
