// The file that an index is kept in: numbers one after the other as the machine has them, and a checksum
// (XXH64) of all at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace chain::vectors {

class Checksum;

/// Writes to a new file beside `path`, mode 0600, which takes its place with `finish`; without that nothing
/// stays.
class FileWriter {
 public:
  explicit FileWriter(std::string path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void bytes(const void* from, size_t size);
  template <class Number>
  void number(Number value) {
    static_assert(std::is_arithmetic_v<Number>);
    bytes(&value, sizeof(value));
  }
  template <class Item>
  void items(const std::vector<Item>& items) {
    static_assert(std::is_trivially_copyable_v<Item>);
    bytes(items.data(), items.size() * sizeof(Item));
  }
  /// False and `error`, one sentence with the way out, if any of it failed.
  [[nodiscard]] bool finish(std::string& error);

 private:
  void write(const char* from, size_t size);

  std::string path_, fresh_;
  int file_;
  int failure_ = 0;  // errno of the first one
  std::vector<char> buffer_;
  std::unique_ptr<Checksum> checksum_;
};

/// Reads what FileWriter wrote. Once something is wrong, all that follows fails; nothing is allocated for
/// more than the file has.
class FileReader {
 public:
  explicit FileReader(const std::string& path);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  /// Of the file, but for the checksum.
  [[nodiscard]] uint64_t left() const { return good_ ? left_ : 0; }
  [[nodiscard]] bool bytes(void* to, size_t size);
  template <class Number>
  [[nodiscard]] bool number(Number& value) {
    static_assert(std::is_arithmetic_v<Number>);
    return bytes(&value, sizeof(value));
  }
  template <class Item>
  [[nodiscard]] bool items(std::vector<Item>& items, uint64_t count) {
    static_assert(std::is_trivially_copyable_v<Item>);
    if (count > left() / sizeof(Item)) return good_ = false;
    items.resize(count);
    return bytes(items.data(), count * sizeof(Item));
  }
  /// Whether all of it was read and is as it was written.
  [[nodiscard]] bool ends_well();

 private:
  bool read(char* to, size_t size);

  int file_;
  bool good_ = false;
  uint64_t left_ = 0;
  std::unique_ptr<Checksum> checksum_;
};

}  // namespace chain::vectors
