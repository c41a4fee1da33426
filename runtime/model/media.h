// What a request's media hold: read from the project's folder or a data URI when the request is written, not
// before, and checked against what they are declared to be.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/model/media_type.h"
#include "runtime/program/types.h"

namespace chain::access {
struct Policy;
class ProjectFiles;
}  // namespace chain::access

namespace chain::model {

inline constexpr uint64_t kMostMediumBytes = uint64_t{20} << 20;   // of one medium
inline constexpr uint64_t kMostRequestMedia = uint64_t{50} << 20;  // of all in a request

/// One medium as it is sent: its bytes, or the https URL where the provider fetches it.
struct Medium {
  MediumKind kind = MediumKind::File;
  const MediaType* type = nullptr;  // null for a URL that does not tell
  std::string bytes;
  std::string url;   // empty if there are bytes
  std::string name;  // of the file, without its folders: "cup.jpg"
  std::string note;  // where a request is shown: what is written instead of the bytes
};

/// Reads media. Nothing that it opens lies outside of the project's folder.
class MediaReader {
 public:
  /// Without a policy no path can be read. Its `folder` is the project's; what it denies is not read.
  explicit MediaReader(std::shared_ptr<const access::Policy> policy);
  ~MediaReader();

  /// `source` is a path, an https URL or a data URI. Nothing, and why in `failure`, if it cannot be sent.
  [[nodiscard]] std::optional<Medium> read(MediumKind kind, std::string_view source, Failure& failure) const;

 private:
  [[nodiscard]] bool read_path(Medium& medium, std::string_view path, Failure& failure) const;
  /// The provider may fetch it: its address can carry text from anywhere to its host.
  [[nodiscard]] bool may_fetch(MediumKind kind, std::string_view url, Failure& failure) const;
  /// `--deny` forbids reading it.
  [[nodiscard]] bool denied(const std::string& path, Failure& failure) const;

  std::shared_ptr<const access::Policy> policy_;
  mutable std::unique_ptr<const access::ProjectFiles> files_;  // once something is read
};

/// The media of one call, in the order of its messages. A file that changes meanwhile, or a stand-in that is
/// asked, makes no difference: they are read once.
class CallMedia {
 public:
  /// What `messages` point at and `reader` must live until `read`.
  CallMedia(const std::vector<Message>& messages, const program::TypeTable& types, const MediaReader& reader);

  /// The first time reads all. Why that failed, or null.
  [[nodiscard]] const Failure* read();
  [[nodiscard]] const std::vector<Medium>& media() const { return media_; }
  /// The same for who wants to see the request: with a note instead of the bytes.
  [[nodiscard]] std::vector<Medium> shown() const;

 private:
  struct Source {
    MediumKind kind;
    std::string_view text;
  };

  const MediaReader& reader_;
  std::vector<Source> sources_;
  bool read_ = false;
  std::vector<Medium> media_;
  std::optional<Failure> failure_;
};

/// What `type` of a medium is.
[[nodiscard]] MediumKind medium_kind(const program::TypeTable& types, program::TypeId type);

/// `source` for a sentence: `cup.jpg`, with its data left out if it holds them.
[[nodiscard]] std::string shown_source(std::string_view source);

/// Appends the bytes as base64; the note if there is one.
void append_data(std::string& body, const Medium& medium);
/// The same as a data URI.
void append_data_uri(std::string& body, const Medium& medium);
/// Its URL, or a data URI, as a JSON string.
void append_location(std::string& body, const Medium& medium);
/// "manual.pdf", for providers that want a name.
[[nodiscard]] std::string file_name(const Medium& medium);

}  // namespace chain::model
