// The tables of an index of passages. Private to passage_file.cpp and passage_writes.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/store/database.h"
#include "runtime/store/passage_file.h"
#include "runtime/store/passage_words.h"

namespace chain::store {

class PassageTables final : public PassageFile {
 public:
  PassageTables(std::unique_ptr<Database> database, Words words);
  ~PassageTables() override;

  /// Makes what is not there yet. False if that failed.
  [[nodiscard]] bool attach();
  [[nodiscard]] std::string why() const { return database_->why(); }

  bool only_reads() const override { return database_->only_reads(); }
  int64_t generation() override;
  std::string setting(std::string_view name) override;
  PassageCounts counts() override;
  std::optional<PassageRow> passage(int64_t id) override;
  std::optional<PassageRow> passage_at(std::string_view document, uint32_t number) override;
  std::vector<WordHit> find_words(std::string_view query, size_t top,
                                  const std::vector<int64_t>* among) override;
  std::vector<int64_t> ids_where(const std::vector<std::pair<std::string, std::string>>& meta) override;
  void each_vector(const std::function<void(int64_t id, std::span<const float> vector)>& each) override;
  std::vector<float> vector_of(int64_t id) override;
  bool has_vector(std::string_view embedder, std::string_view hash) override;
  std::vector<DocumentRow> documents() override;

  bool begin(int64_t wait_ns, std::string& error) override;
  void set(std::string_view name, std::string_view value) override;
  std::optional<DocumentRow> document(std::string_view id) override;
  std::vector<std::string> documents_of(std::string_view source) override;
  void put(const DocumentRow& document, const std::vector<PassageRow>& passages) override;
  void move(const DocumentRow& document, const std::vector<PassageRow>& passages) override;
  void drop(std::string_view document) override;
  std::vector<std::pair<std::string, std::string>> without_vector(std::string_view embedder,
                                                                  size_t most) override;
  void put_vector(std::string_view embedder, std::string_view hash, std::span<const float> vector) override;
  void use_embedder(std::string_view embedder) override;
  bool commit(std::string& error) override;
  void rollback() override;
  bool failed(std::string& why) const override;

 private:
  /// One state of the file for several statements.
  class Reading {
   public:
    explicit Reading(PassageTables& tables);
    ~Reading();
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    PassageTables& tables_;
    bool began_;
  };

  /// Notes why, the first time.
  bool fail();
  bool check(bool done) { return done || fail(); }
  /// One number, or 0.
  int64_t number_of(std::string_view sql);
  std::optional<PassageRow> read(Statement& statement);
  std::vector<std::pair<std::string, std::string>> meta_of(int64_t document);
  std::vector<int64_t> all_ids();
  /// Until the next call.
  const std::vector<int64_t>& ids_with(const std::pair<std::string, std::string>& condition);

  // passage_writes.cpp
  /// Fills the table of words anew if they were cut by another function.
  void renew_words();
  /// 0 if there is none.
  int64_t document_number(std::string_view id);
  void put_passage(int64_t document, const std::string& title, const PassageRow& passage);
  /// Enters it if it is new.
  int64_t embedder_number(std::string_view embedder);
  void drop_unused_vectors();
  void end_writing();

  std::unique_ptr<Database> database_;
  PassageWords words_;
  Statement passage_, passage_at_, meta_, vector_, has_vector_;            // reading
  Statement document_, put_document_, put_meta_, put_passage_, put_text_;  // writing
  Statement move_document_, move_passage_, texts_of_, drop_document_, vector_for_, put_vector_, link_vector_;

  /// Passages whose documents have a name and a value, of one state of the file.
  std::map<std::pair<std::string, std::string>, std::vector<int64_t>> filtered_;
  int64_t filtered_state_ = -1;

  bool writing_ = false;
  bool changed_ = false;   // since `begin`, passages or vectors
  bool trimming_ = false;  // since `begin`, vectors may have come out of use
  int64_t next_id_ = 0;    // of passages; 0 if it is not known
  int64_t embedder_ = 0;   // whose vectors passages have, while writing; 0 for nobody's
  std::string embedder_name_;
  std::string failure_;
};

}  // namespace chain::store
