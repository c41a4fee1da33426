// Finds out what a model can do by asking it small questions (`chain doctor`).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/model/abilities.h"
#include "runtime/program/program.h"

namespace chain::model {

class Variables;

enum class ProbeState : uint8_t {
  Works,
  Missing,  // it answers that it does not do this
  Fails,    // nobody can tell: no answer, or none that can be used
  Skipped,  // not asked
};

struct Probe {
  std::string name;  // "reach", "answer", "stream", "stream_usage", "structured", "tools", ...
  ProbeState state = ProbeState::Skipped;
  int64_t time = 0;    // nanoseconds
  std::string note;    // what happened, if it does not work; one sentence, without secrets
  std::string advice;  // what to write, or to do without
};

struct ProbeOptions {
  bool asks = false;                 // sends questions; else it only looks whether somebody is there
  int64_t timeout = 20'000'000'000;  // of each question, nanoseconds
  /// Where keys and addresses are looked up; null: in the process's environment alone.
  std::shared_ptr<const Variables> variables = nullptr;
};

struct Probed {
  std::string url;       // without a user in it; empty for a model that is not called over HTTP
  std::string base_url;  // as `KnownEndpoints` wants it
  std::string key_env;   // where its key is taken from; empty for none
  bool key_set = false;
  bool usable = true;  // as far as it was looked at
  Abilities found;     // what the questions showed; the rest is unknown
  std::vector<Probe> probes;
};

/// Asks `program.models[index]` one question after the other, on a loop of its own; what takes too long is
/// given up. Its `fallback`, retries and limits do not count. Not of a `balance`.
[[nodiscard]] Probed probe_model(const program::Program& program, uint32_t index,
                                 const ProbeOptions& options);

/// Whether the host of `url` is this machine, by its name.
[[nodiscard]] bool is_loopback(const std::string& url);
/// Of the model's server.
[[nodiscard]] bool is_served_here(const program::Model& model, const Variables* variables);

}  // namespace chain::model
