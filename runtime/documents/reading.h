// Files of a project, read as a whole. Internal to runtime/documents.
#pragma once

#include <cstdint>
#include <string>

namespace chain::access {
class File;
class ProjectFiles;
}  // namespace chain::access

namespace chain::documents {

/// What came of reading: the bytes, or why there are none.
struct Reading {
  std::string bytes;
  std::string why;    // a clause; empty if all went well
  bool keep = false;  // it may well go better next time
};

/// Nothing but a regular file is read, and none of more than `limit` bytes.
[[nodiscard]] Reading read_file(const access::ProjectFiles& files, const std::string& path, uint64_t limit);

/// A regular file that is open for reading; not `open()`, and why, if there is none.
[[nodiscard]] access::File open_file(const access::ProjectFiles& files, const std::string& path,
                                     Reading& reading, uint64_t& size);

}  // namespace chain::documents
