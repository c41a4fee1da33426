// How the mock behaves; the switches of its command line.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mock {

enum class Malformed : uint8_t {
  None,
  Html,
  TruncatedJson,
  CloseMidStream,
  NoDone,
  NoFinish,
  GarbageSse,
  HugeLine,
  HugeHeader,
  Empty,
  Stall,
};

struct Options {
  uint16_t port = 0;
  int64_t latency_ms = 0;
  size_t chunk = 0;          // 0: whole
  int error_status = 0;      // 0: none
  int64_t error_count = -1;  // -1: for ever
  std::string error_code;    // of the error object, instead of one that fits the status
  std::string retry_after;
  std::string location;
  std::string finish_reason = "stop";
  Malformed malformed = Malformed::None;
  int64_t malformed_count = -1;
  bool silent = false;
  size_t hold = 0;
  std::string key;  // if set, any other is answered 401
  bool repeats_key = false;
  bool knows_response_format = true;
  bool has_arguments = false;
  std::string arguments;  // of every call of a tool
  bool obeys = false;     // does what it reads, wherever that stands
  bool has_reply = false;
  std::string reply;
  std::vector<std::pair<std::string, std::string>> replies;  // substring of the last message -> text
};

/// Exits with a message if the command line is wrong.
[[nodiscard]] Options parse_options(int argc, char** argv);

}  // namespace mock
