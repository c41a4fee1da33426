// Files of a project, read as a whole, and databases that may be asked. For runtime/documents and
// runtime/datasets.
#pragma once

#include <cstdint>
#include <string>

namespace chain::access {
class File;
class ProjectFiles;
struct Policy;
}  // namespace chain::access
namespace chain::store {
struct PostgresPlace;
}

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

/// Where a file under the project's folder is, absolutely; empty and `error` if there is none.
[[nodiscard]] std::string real_path(const access::ProjectFiles* files, const std::string& path,
                                    std::string& error);

/// Whether the hosts of a connection may be asked; what is denied is, wherever it stands.
[[nodiscard]] bool may_ask(const store::PostgresPlace& place, const access::Policy* policy,
                           std::string& error);

}  // namespace chain::documents
