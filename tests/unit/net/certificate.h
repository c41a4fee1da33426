// A certificate for this machine that nobody vouches for, made anew for each test.
#pragma once

#include <string>

namespace chain::test {

/// Both as PEM. For "localhost" and 127.0.0.1.
struct Certificate {
  std::string certificate;
  std::string key;
};

[[nodiscard]] Certificate make_certificate();

/// A file that holds `text` while this lives.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace chain::test
