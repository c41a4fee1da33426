#include "runtime/model/media.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "runtime/access/policy.h"
#include "runtime/access/project_files.h"
#include "runtime/http/printable.h"
#include "runtime/model/data_uri.h"
#include "runtime/model/json_writer.h"
#include "runtime/value/base64.h"
#include "runtime/value/digest.h"
#include "runtime/value/media_source.h"

namespace chain::model {

namespace {

constexpr std::string_view kWayOut = "give a path in the project's folder, an https URL or a data URI";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// "http" of "http://..."; empty if there is none.
std::string_view scheme_of(std::string_view source) {
  const std::string_view scheme = source.substr(0, source.find("://"));
  if (scheme.size() == source.size()) return {};
  for (const char c : scheme) {
    const char small = lower(c);
    if ((small < 'a' || small > 'z') && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') return {};
  }
  return scheme;
}

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string mebibytes(uint64_t bytes) {
  return fmt::format("{} MiB", bytes >> 20);
}

/// `the image `cup.jpg` WHAT`; no other model could do better.
bool fail(Failure& failure, MediumKind kind, std::string_view source, const std::string& what,
          abi::ErrorKind why = abi::ErrorKind::InvalidValue) {
  failure = {why, fmt::format("the {} {} {}", to_string(kind), shown_source(source), what)};
  failure.final = true;
  return false;
}

bool fail_too_large(Failure& failure, MediumKind kind, std::string_view source) {
  return fail(failure, kind, source,
              fmt::format("is larger than {}, the most that is sent of one; make it smaller, or give an "
                          "https URL where the provider can fetch it",
                          mebibytes(kMostMediumBytes)));
}

/// Whether the bytes are what they are declared to be; if so, as what they are sent.
bool settle(Medium& medium, std::string_view source, Failure& failure) {
  const auto no = [&](const std::string& what) { return fail(failure, medium.kind, source, what); };
  if (medium.bytes.empty()) return no("is empty");
  medium.type = media_type_of(medium.bytes);
  const std::string_view wanted = media_types(medium.kind);
  if (medium.type == nullptr)
    return no(fmt::format("is of a type that is not known here; convert it to {}", wanted));
  if (medium.type->kind == medium.kind) return true;
  if (medium.type->mime == "text/plain") return no(fmt::format("is text; convert it to {}", wanted));
  return no(fmt::format("is {}; declare it as `{}`, or convert it to {}", medium.type->one,
                        to_string(medium.type->kind), wanted));
}

bool take_data_uri(Medium& medium, std::string_view source, Failure& failure) {
  switch (read_data_uri(source, kMostMediumBytes, medium.bytes)) {
    case DataUri::Read: break;
    case DataUri::TooLarge: return fail_too_large(failure, medium.kind, source);
    case DataUri::Malformed:
      return fail(failure, medium.kind, source,
                  "is no data URI: it must read data:TYPE;base64,DATA with whole base64");
  }
  return settle(medium, source, failure);
}

bool take_url(Medium& medium, std::string_view url, Failure& failure) {
  for (const char c : url) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte <= 0x20 || byte == 0x7F || c == '\\' || c == '"')
      return fail(failure, medium.kind, url,
                  "is no URL: white space, `\\` and `\"` are written as %20, %5C and %22");
  }
  const std::string_view rest = url.substr(url.find("://") + 3);
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.empty()) return fail(failure, medium.kind, url, "is a URL without a host");
  // It goes to the provider, and into logs on the way.
  if (host.find('@') != std::string_view::npos)
    return fail(failure, medium.kind, url, "has a name or password before its host, which are not sent");
  const std::string_view path = rest.substr(host.size(), rest.find_first_of("?#") - host.size());
  medium.url = url;
  medium.name = last_part(path);
  medium.type = media_type_of_name(path, medium.kind);
  return true;
}

}  // namespace

MediumKind medium_kind(const program::TypeTable& types, program::TypeId type) {
  for (const MediumKind kind : {MediumKind::Image, MediumKind::Audio, MediumKind::Video}) {
    if (types[type].name == to_string(kind)) return kind;
  }
  return MediumKind::File;
}

std::string shown_source(std::string_view source) {
  if (value::media_place(source) == value::MediaPlace::Data)
    return fmt::format("`{}`", http::printable(source, 40));
  return fmt::format("`{}`", http::printable(source, 200));
}

void append_data(std::string& body, const Medium& medium) {
  if (!medium.note.empty()) {
    body += medium.note;
  } else {
    value::append_base64(body, medium.bytes);
  }
}

void append_data_uri(std::string& body, const Medium& medium) {
  body.append("data:").append(medium.type->mime).append(";base64,");
  append_data(body, medium);
}

void append_location(std::string& body, const Medium& medium) {
  if (!medium.url.empty()) return append_json_string(body, medium.url);
  body += '"';
  append_data_uri(body, medium);
  body += '"';
}

std::string file_name(const Medium& medium) {
  return medium.name.empty() ? fmt::format("file.{}", medium.type->extension) : medium.name;
}

MediaReader::MediaReader(std::shared_ptr<const access::Policy> policy) : policy_(std::move(policy)) {}
MediaReader::~MediaReader() = default;

std::optional<Medium> MediaReader::read(MediumKind kind, std::string_view source, Failure& failure) const {
  Medium medium;
  medium.kind = kind;
  bool fine = false;
  const std::string_view scheme = scheme_of(source);
  const value::MediaPlace place = value::media_place(source);
  if (place == value::MediaPlace::Data) {
    fine = take_data_uri(medium, source, failure);
  } else if (place == value::MediaPlace::Url) {
    fine = take_url(medium, source, failure) && may_fetch(kind, source, failure);
  } else if (!scheme.empty()) {
    fine = fail(failure, kind, source,
                fmt::format("cannot be had by way of {}; {}", http::printable(scheme, 20), kWayOut));
  } else {
    fine = read_path(medium, source, failure);
  }
  return fine ? std::optional(std::move(medium)) : std::nullopt;
}

bool MediaReader::may_fetch(MediumKind kind, std::string_view url, Failure& failure) const {
  std::string_view authority = url.substr(std::string_view("https://").size());
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const std::string_view host = authority.substr(0, authority.find(':'));
  // Whoever fetches it may read what is not plain otherwise than we do.
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  const std::string_view port = authority.substr(std::min(authority.size(), host.size() + 1));
  const bool digits = std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  if (host.empty() || !std::ranges::all_of(host, plain) || !digits)
    return fail(failure, kind, url,
                "has a host that is not written plainly, as in https://example.com/cup.jpg");
  program::Capability need;
  need.kind = program::CapabilityKind::Host;
  for (const char c : authority) need.value += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const access::Verdict verdict = policy_ ? policy_->judge(need) : access::Verdict::Missing;
  const bool refused = verdict == access::Verdict::Missing || verdict == access::Verdict::Denied;
  if (!refused) return true;
  const access::Rule* rule = verdict == access::Verdict::Denied ? policy_->denies(need) : nullptr;
  failure = {
      abi::ErrorKind::Denied,
      rule ? fmt::format("{} may not be fetched: `--deny host={}` forbids it", shown_source(url),
                         http::printable(rule->pattern))
           : fmt::format("{} would be fetched by the model's provider from a host that nobody has allowed: "
                         "`--allow host={}` does",
                         shown_source(url), need.value)};
  failure.final = true;
  return false;
}

bool MediaReader::denied(const std::string& path, Failure& failure) const {
  if (policy_->deny.empty()) return false;
  std::error_code error;
  const std::filesystem::path real =
      std::filesystem::weakly_canonical(std::filesystem::path(policy_->folder) / path, error);
  program::Capability need;
  need.kind = program::CapabilityKind::Read;
  need.value = error ? path : real.string();
  const access::Rule* rule = policy_->denies(need);
  if (rule == nullptr) return false;
  failure = {abi::ErrorKind::Denied, fmt::format("{} may not be read: `--deny read={}` forbids it",
                                                 shown_source(path), http::printable(rule->pattern))};
  failure.final = true;
  return true;
}

bool MediaReader::read_path(Medium& medium, std::string_view path, Failure& failure) const {
  const std::string_view source = path;
  const auto no = [&](const std::string& what, abi::ErrorKind why = abi::ErrorKind::InvalidValue) {
    return fail(failure, medium.kind, source, what, why);
  };
  if (!policy_ || policy_->folder.empty())
    return no(
        "is a path, and this run has no project's folder to read it from; give an https URL or a data URI");
  const std::string folder = policy_->folder + '/';
  if (path.starts_with(folder)) path.remove_prefix(folder.size());
  if (denied(std::string(path), failure)) return false;
  if (!files_) files_ = std::make_unique<const access::ProjectFiles>(policy_->folder);
  std::string error;
  std::optional<std::string> bytes = files_->read_start(path, kMostMediumBytes + 1, error);
  if (!bytes) {
    const int why = files_->open(path, O_PATH).error;
    if (why == ENOENT)
      return no(fmt::format("is not there; paths begin at the project's folder, {}",
                            http::printable(policy_->folder)),
                abi::ErrorKind::NotFound);
    if (why == EXDEV)
      return no(
          fmt::format("lies outside of the project's folder, {}; copy it there, or give an https URL or a "
                      "data URI",
                      http::printable(policy_->folder)));
    // "cannot read `cup.jpg`: it is a folder"
    failure = {abi::ErrorKind::InvalidValue, http::printable(error)};
    failure.final = true;
    return false;
  }
  if (bytes->size() > kMostMediumBytes) return fail_too_large(failure, medium.kind, source);
  medium.bytes = std::move(*bytes);
  medium.name = last_part(path);
  return settle(medium, source, failure);
}

CallMedia::CallMedia(const std::vector<Message>& messages, const program::TypeTable& types,
                     const MediaReader& reader)
    : reader_(reader) {
  for (const Message& message : messages) {
    for (const abi::Attachment& each : message.media)
      sources_.push_back({medium_kind(types, each.type), each.source.view()});
  }
}

const Failure* CallMedia::read() {
  if (!std::exchange(read_, true)) {
    uint64_t total = 0;
    for (const Source& source : sources_) {
      Failure failure;
      std::optional<Medium> medium = reader_.read(source.kind, source.text, failure);
      if (medium && (total += medium->bytes.size()) > kMostRequestMedia) {
        (void)fail(failure, source.kind, source.text,
                   fmt::format("brings the request's media above {}, the most that is sent in one; show "
                               "fewer or smaller ones",
                               mebibytes(kMostRequestMedia)));
        medium.reset();
      }
      if (!medium) {
        failure_ = std::move(failure);
        media_.clear();
        break;
      }
      media_.push_back(*std::move(medium));
    }
  }
  return failure_ ? &*failure_ : nullptr;
}

std::vector<Medium> CallMedia::shown() const {
  std::vector<Medium> shown;
  for (const Medium& medium : media_) {
    Medium& copy = shown.emplace_back();
    copy.kind = medium.kind;
    copy.type = medium.type;
    copy.url = medium.url;
    copy.name = medium.name;
    if (medium.url.empty())
      copy.note =
          fmt::format("[{} bytes, sha256 {}]", medium.bytes.size(), value::hex(value::sha256(medium.bytes)));
  }
  return shown;
}

}  // namespace chain::model
