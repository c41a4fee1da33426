// An index of passages in a folder that goes with its test.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "runtime/retrieve/words.h"
#include "runtime/store/passage_file.h"
#include "tests/unit/access/temporary.h"

namespace chain::retrieve::test {

class Passages {
 public:
  Passages() : file_(open()) {}

  [[nodiscard]] std::string path() const { return (place_.path() / "passages.db").string(); }
  /// Another connection, as of another process.
  [[nodiscard]] std::unique_ptr<store::PassageFile> open() const {
    std::string error;
    auto file = store::open_passages(path(), words, error);
    INFO(error);
    REQUIRE(file);
    return file;
  }
  store::PassageFile& operator*() { return *file_; }
  store::PassageFile* operator->() { return file_.get(); }

  /// Brings the log into the file.
  void close() { file_.reset(); }

  void begin() {
    std::string error;
    REQUIRE(file_->begin(0, error));
  }
  void commit() {
    std::string error;
    const bool committed = file_->commit(error);
    INFO(error);
    REQUIRE(committed);
  }
  /// In a transaction of its own.
  void put(const std::string& id, const std::vector<std::string>& texts) {
    begin();
    file_->put(document(id), rows(id, texts));
    commit();
  }

  static store::DocumentRow document(const std::string& id) {
    return {.id = id, .source = id, .title = "", .digest = "digest of " + id, .hash = "hash of " + id};
  }
  /// One behind the other in the source, with a byte between. Equal texts have equal hashes.
  static std::vector<store::PassageRow> rows(const std::string& id, const std::vector<std::string>& texts) {
    std::vector<store::PassageRow> rows;
    uint64_t at = 0;
    for (const std::string& text : texts) {
      const auto number = static_cast<uint32_t>(rows.size());
      rows.push_back({.name = id + "#" + std::to_string(number + 1),
                      .text = text,
                      .number = number,
                      .begin = at,
                      .end = at + text.size(),
                      .line = number + 1,
                      .hash = "hash of " + text});
      at += text.size() + 1;
    }
    return rows;
  }

 private:
  access::test::Temporary place_;
  std::unique_ptr<store::PassageFile> file_;
};

/// The names of what was found, best first.
inline std::vector<std::string> names(store::PassageFile& file, const std::vector<store::WordHit>& hits) {
  std::vector<std::string> all;
  for (const store::WordHit& hit : hits) {
    const auto passage = file.passage(hit.id);
    all.push_back(passage ? passage->name : "?");
  }
  return all;
}

}  // namespace chain::retrieve::test
