// Where the documents of a build go: compared with what is there, cut, embedded, and written in groups.
// Private to build.cpp.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "runtime/retrieve/build.h"
#include "runtime/store/passage_file.h"

namespace chain::retrieve {

class BuildSink final : public documents::Sink {
 public:
  /// `file` may be null if it is not there yet and nothing is to be written.
  BuildSink(const IndexSettings& settings, store::PassageFile* file, Embedder& embedder,
            const BuildOptions& options, BuildReport& report);

  bool known(std::string_view source, std::string_view digest) override;
  void document(documents::Document document, std::string_view digest) override;
  void skipped(std::string source, std::string why, bool keep) override;
  void noted(std::string source, std::string what) override;
  void empty() override { report_.empty = true; }
  void progress(uint64_t done, uint64_t total) override;

  /// Everything is read: writes what is left, and drops the documents that are gone. False, and `error`, if
  /// something went wrong here or before.
  [[nodiscard]] bool finish(std::string& error);
  /// The same at an early end: nothing is dropped.
  void end_early();

 private:
  using Name = std::array<uint64_t, 2>;  // the beginning of a SHA-256
  struct NameHash {
    size_t operator()(const Name& name) const { return name[0]; }
  };
  struct Known {
    Name content;  // of a document: DocumentRow::hash
    Name place;    // in its source: DocumentRow::place
    Name origin;   // of the file that it comes from: DocumentRow::digest
    bool seen = false;
    uint64_t line = 0;  // where it was seen
  };
  struct Pending {
    store::DocumentRow row;
    std::vector<store::PassageRow> passages;
    std::string image;   // the bytes of one, whose vector is made of it
    bool moved = false;  // nothing of it has changed but its place
  };
  /// Of a file whose documents are all there.
  struct Marker {
    std::string source;
    std::string value;
  };

  void read_known();
  void skip(std::string source, std::string why);
  void end_file();
  /// Another document had its id, on this line.
  void skip_twin(const documents::Document& document, uint64_t line);
  void add(documents::Document document, store::DocumentRow row, bool moved);
  [[nodiscard]] bool flush();
  [[nodiscard]] bool embed_missing();
  /// Texts, or images.
  [[nodiscard]] bool embed(std::span<const std::string> hashes, std::span<const std::string> inputs,
                           bool images);
  [[nodiscard]] bool embed_images();
  /// Whether the passage's vector is still to be made, and nobody has asked for it.
  [[nodiscard]] bool wanted(std::string_view hash, std::unordered_set<std::string_view>& asked);
  [[nodiscard]] bool write_pending();
  [[nodiscard]] bool drop_unseen();
  [[nodiscard]] std::string content() const;
  bool transaction(const std::function<void()>& write);
  bool fail(std::string why);
  void tell();
  [[nodiscard]] bool stopped() const;

  const IndexSettings& settings_;
  store::PassageFile* file_;
  Embedder& embedder_;
  const BuildOptions& options_;
  BuildReport& report_;
  BuildProgress progress_;
  std::string failure_;  // why nothing more is done

  std::unordered_map<std::string, Known> known_;            // by the document's id
  std::unordered_map<Name, uint64_t, NameHash> of_origin_;  // documents that are there
  std::unordered_set<Name, NameHash> whole_;                // origins whose documents all stay
  std::vector<std::string> kept_folders_;                   // that could not be read now

  // The file that is being read:
  std::string source_, digest_;
  uint64_t documents_ = 0;  // of it, so far
  bool complete_ = false;   // nothing of it was skipped

  std::vector<Pending> pending_;
  std::vector<Marker> markers_;
  size_t pending_bytes_ = 0, pending_passages_ = 0;
};

}  // namespace chain::retrieve
