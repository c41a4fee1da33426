// Reads a reply that comes in pieces of any size.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/dialect.h"

namespace chain::test {

struct Deltas : model::DeltaSink {
  std::string text;
  bool delta(std::string_view more) override {
    text += more;
    return true;
  }
};

struct Read {
  bool ok = false;
  std::string streamed;
  model::Completion completion;
  model::Problem problem;
};

/// `text` comes `step` bytes at a time.
inline Read read(std::unique_ptr<model::Reply> reply, std::string_view text, size_t step) {
  Read result;
  Deltas deltas;
  for (size_t at = 0; at < text.size(); at += step) reply->read(text.substr(at, step), deltas);
  result.ok = reply->finish(result.completion, result.problem);
  result.streamed = deltas.text;
  return result;
}

/// A stream of one server-sent event after another, `step` bytes at a time; 0 for all at once.
inline Read read_events(std::unique_ptr<model::Reply> reply, const std::vector<std::string>& events,
                        size_t step = 0) {
  std::string text;
  for (const std::string& event : events) text += "data: " + event + "\n\n";
  return read(std::move(reply), text, step == 0 ? std::max<size_t>(text.size(), 1) : step);
}

}  // namespace chain::test
