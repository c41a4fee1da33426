// What media hold: read, told apart and refused.
#include "runtime/model/media.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "runtime/access/policy.h"
#include "runtime/value/base64.h"
#include "tests/unit/access/temporary.h"
#include "tests/unit/net/samples.h"

using namespace chain;
using model::CallMedia;
using model::Failure;
using model::Medium;
using model::MediumKind;

namespace {

struct Folder {
  access::test::Temporary place;
  std::shared_ptr<access::Policy> policy = std::make_shared<access::Policy>();
  model::MediaReader reader{policy};

  Folder() {
    policy->folder = (place.path() / "p").string();
    policy->allow = {{program::CapabilityKind::Host, "example.com"}};
    place.file("p/cup.png", samples::png());
    place.file("secret.png", samples::png());
  }

  std::optional<Medium> read(MediumKind kind, std::string_view source) {
    failure = {};
    return reader.read(kind, source, failure);
  }
  /// Why it cannot be read.
  std::string why(MediumKind kind, std::string_view source) {
    CHECK_FALSE(read(kind, source));
    CHECK(failure.final);
    return failure.message;
  }

  Failure failure;
};

bool mentions(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

std::string data_uri(std::string_view type, std::string_view bytes) {
  std::string uri = "data:" + std::string(type) + ";base64,";
  value::append_base64(uri, bytes);
  return uri;
}

}  // namespace

TEST_CASE("what bytes are is told from how they begin") {
  const std::pair<std::string, std::string_view> known[] = {
      {samples::png(), "image/png"},
      {"\xFF\xD8\xFF\xE0....", "image/jpeg"},
      {"GIF87a...", "image/gif"},
      {"GIF89a...", "image/gif"},
      {"RIFF....WEBPVP8 ", "image/webp"},
      {samples::wav(), "audio/wav"},
      {"ID3\x04....", "audio/mpeg"},
      {"\xFF\xFB\x90\x64....", "audio/mpeg"},
      {"OggS....", "audio/ogg"},
      {"fLaC....", "audio/flac"},
      {samples::mp4(), "video/mp4"},
      {"\x1A\x45\xDF\xA3....\x42\x82\x84webm...", "video/webm"},
      {std::string("\0\0\0\x14", 4) + "ftypqt  ....", "video/quicktime"},
      {"%PDF-1.7\n\xE2\xE3", "application/pdf"},
      {"안녕, \tworld\r\n", "text/plain"},
      {"\xEF\xBB\xBFtext with a mark", "text/plain"},
      {"RIFF....AVI LIST", "text/plain"},  // by chance all letters
  };
  for (const auto& [bytes, mime] : known) {
    CAPTURE(mime);
    REQUIRE(model::media_type_of(bytes) != nullptr);
    CHECK(model::media_type_of(bytes)->mime == mime);
  }
  const std::string unknown[] = {
      "",
      "\xFF\xFE"
      "a",
      std::string("text\0", 5),
      "\x1B[31mred",
      "caf\xE9",
      "\x89PNG",
      "\xFF\xFB",
      "\xFF\xEB\x90\x64",  // no such version of MPEG
      "\x1A\x45\xDF\xA3....\x42\x82\x88matroska",
      std::string("\0\0\0\x14", 4) + "ftypheic....",
      std::string("\0\0\0\x14", 4) + "ftypM4A ....",
  };
  for (const std::string& bytes : unknown) CHECK(model::media_type_of(bytes) == nullptr);
}

TEST_CASE("a path is read beneath the project's folder, as it is written there or from the root") {
  Folder folder;
  folder.place.link("p/link.png", "cup.png");
  for (const std::string& path : {std::string("cup.png"), std::string("./cup.png"), std::string("link.png"),
                                  folder.policy->folder + "/cup.png"}) {
    CAPTURE(path);
    const std::optional<Medium> medium = folder.read(MediumKind::Image, path);
    REQUIRE(medium);
    CHECK(medium->bytes == samples::png());
    CHECK(medium->type->mime == "image/png");
    CHECK(medium->url.empty());
  }
  CHECK(folder.read(MediumKind::Image, "cup.png")->name == "cup.png");
}

TEST_CASE("what lies elsewhere, or is no file, is not read") {
  Folder folder;
  folder.place.link("p/out.png", "../secret.png");
  folder.place.link("p/far.png", (folder.place.path() / "secret.png").string());
  for (const std::string& path :
       {std::string("../secret.png"), std::string("out.png"), std::string("far.png"),
        (folder.place.path() / "secret.png").string(), folder.policy->folder + "/../secret.png"}) {
    CAPTURE(path);
    CHECK(mentions(folder.why(MediumKind::Image, path), "lies outside of the project's folder"));
    CHECK(folder.failure.kind == abi::ErrorKind::InvalidValue);
  }
  CHECK(mentions(folder.why(MediumKind::Image, "no.png"), "the image `no.png` is not there; paths begin at"));
  CHECK(folder.failure.kind == abi::ErrorKind::NotFound);
  CHECK(mentions(folder.why(MediumKind::Image, std::string_view("cup.png\0x", 9)), "is not there"));

  std::filesystem::create_directories(folder.place.path() / "p/folder");
  CHECK(mentions(folder.why(MediumKind::Image, "folder"), "cannot read `folder`: it is a folder"));
  REQUIRE(mkfifo((folder.place.path() / "p/pipe").c_str(), 0600) == 0);
  CHECK(mentions(folder.why(MediumKind::Image, "pipe"),
                 "cannot read `pipe`: it is not a file"));  // nor waited for
  // Names need not be UTF-8; what is said of them is.
  CHECK(mentions(folder.why(MediumKind::Image, "caf\xE9\n.png"),
                 "the image `caf\xEF\xBF\xBD .png` is not there"));
  folder.place.file("p/caf\xE9.png", samples::png());
  CHECK(folder.read(MediumKind::Image, "caf\xE9.png"));

  model::MediaReader nowhere{nullptr};
  CHECK_FALSE(nowhere.read(MediumKind::Image, "cup.png", folder.failure));
  CHECK(mentions(folder.failure.message, "this run has no project's folder"));
}

TEST_CASE("what --deny forbids is not read, by whatever name") {
  Folder folder;
  folder.place.file("p/private/cup.png", samples::png());
  folder.place.link("p/alias.png", "private/cup.png");
  folder.policy->deny = {{program::CapabilityKind::Read, folder.policy->folder + "/private"}};
  for (const char* path : {"private/cup.png", "./private/../private/cup.png", "alias.png"}) {
    CHECK(mentions(folder.why(MediumKind::Image, path), "`--deny read="));
    CHECK(folder.failure.kind == abi::ErrorKind::Denied);
  }
  CHECK(folder.read(MediumKind::Image, "cup.png"));
}

TEST_CASE("bytes have to be what they are declared to be") {
  Folder folder;
  folder.place.file("p/manual.pdf", samples::pdf());
  folder.place.file("p/manual.png", samples::pdf());
  folder.place.file("p/notes.txt", "notes");
  folder.place.file("p/odd.png", std::string("\x01\x02\x03", 3));
  folder.place.file("p/empty.png", "");
  CHECK(folder.read(MediumKind::File, "manual.png")->type->mime == "application/pdf");
  CHECK(folder.read(MediumKind::File, "notes.txt")->type->mime == "text/plain");
  CHECK(folder.why(MediumKind::Image, "manual.png") ==
        "the image `manual.png` is a PDF; declare it as `file`, or convert it to PNG, JPEG, GIF or WebP");
  CHECK(folder.why(MediumKind::File, "cup.png") ==
        "the file `cup.png` is a PNG image; declare it as `image`, or convert it to a PDF or text in UTF-8");
  CHECK(folder.why(MediumKind::Audio, "notes.txt") ==
        "the audio `notes.txt` is text; convert it to WAV, MP3, Ogg or FLAC");
  CHECK(folder.why(MediumKind::Image, "odd.png") ==
        "the image `odd.png` is of a type that is not known here; convert it to PNG, JPEG, GIF or WebP");
  CHECK(folder.why(MediumKind::Image, "empty.png") == "the image `empty.png` is empty");
}

TEST_CASE("20 MiB are the most of one, 50 MiB of a request") {
  Folder folder;
  folder.place.file("p/large.png", samples::png());
  std::filesystem::resize_file(folder.place.path() / "p/large.png", model::kMostMediumBytes);
  REQUIRE(folder.read(MediumKind::Image, "large.png"));
  folder.place.file("p/huge.png", samples::png());
  std::filesystem::resize_file(folder.place.path() / "p/huge.png",
                               uint64_t{1} << 36);  // all but its beginning is a hole
  CHECK(mentions(folder.why(MediumKind::Image, "huge.png"), "the image `huge.png` is larger than 20 MiB"));

  program::TypeTable types;
  model::Message message;
  for (int i = 0; i < 3; ++i)
    message.media.push_back({0, types.image_type, value::Text(std::string_view("large.png"))});
  CallMedia media({message}, types, folder.reader);
  REQUIRE(media.read() != nullptr);
  CHECK(mentions(media.read()->message, "brings the request's media above 50 MiB"));
  CHECK(media.media().empty());
}

TEST_CASE("a data URI is decoded, and looked at as a file is") {
  Folder folder;
  for (const std::string& uri :
       {data_uri("image/png", samples::png()), data_uri("IMAGE/PNG", samples::png()),
        data_uri("", samples::png()), "DATA:image/png;BASE64," + data_uri("", samples::png()).substr(13)}) {
    const std::optional<Medium> medium = folder.read(MediumKind::Image, uri);
    REQUIRE(medium);
    CHECK(medium->bytes == samples::png());
    CHECK(medium->type->mime == "image/png");
    CHECK(model::file_name(*medium) == "file.png");
  }
  CHECK(folder.read(MediumKind::File, "data:,two%20words%0A")->bytes == "two words\n");
  CHECK(folder.read(MediumKind::File, "data:text/plain;base64,dHdvIHdvcmRz")->bytes == "two words");
  const std::string png = data_uri("image/png", samples::png());
  for (const std::string& uri :
       {std::string("data:"), std::string("data:image/png;base64"), std::string("data:,%2"),
        std::string("data:,%zz"), png.substr(0, png.find('=') - 1), png + "x",
        std::string("data:;base64,a b")})
    CHECK(mentions(folder.why(MediumKind::Image, uri), "is no data URI"));
  CHECK(mentions(folder.why(MediumKind::Image, "data:image/png;base64,"), "is empty"));
  CHECK(mentions(folder.why(MediumKind::Image, data_uri("image/png", samples::pdf())), "is a PDF"));
  // What it holds is not part of the message.
  CHECK(folder.why(MediumKind::Audio, data_uri("audio/wav", std::string(5000, '\x01'))).size() < 200);
  CHECK(mentions(folder.why(MediumKind::Image, "data:image/png;base64," + std::string(30 << 20, 'A')),
                 "is larger than 20 MiB"));
  CHECK(mentions(folder.why(MediumKind::Image, "data:image/png;base64," + std::string(100 << 20, 'A')),
                 "is larger than 20 MiB"));
}

TEST_CASE("an https URL is left to the provider, and other URLs are refused") {
  Folder folder;
  const std::optional<Medium> medium =
      folder.read(MediumKind::Image, "https://example.com/a/cup.JPEG?size=2#x");
  REQUIRE(medium);
  CHECK(medium->url == "https://example.com/a/cup.JPEG?size=2#x");
  CHECK(medium->type->mime == "image/jpeg");
  CHECK(medium->bytes.empty());
  CHECK(folder.read(MediumKind::File, "HTTPS://example.com")->type == nullptr);
  CHECK(folder.read(MediumKind::Video, "https://example.com/cup.jpg")->type == nullptr);
  CHECK(
      mentions(folder.why(MediumKind::Image, "http://example.com/cup.jpg"), "cannot be had by way of http"));
  CHECK(mentions(folder.why(MediumKind::Image, "file:///etc/passwd"), "cannot be had by way of file"));
  CHECK(mentions(folder.why(MediumKind::Image, "https://"), "without a host"));
  CHECK(mentions(folder.why(MediumKind::Image, "https:///cup.jpg"), "without a host"));
  CHECK(mentions(folder.why(MediumKind::Image, "https://me:word@example.com/cup.jpg"), "a name or password"));
  CHECK(mentions(folder.why(MediumKind::Image, "https://other.example.com/cup.jpg"),
                 "`--allow host=other.example.com` does"));
  CHECK(mentions(folder.why(MediumKind::Image, "https://OTHER.example.com:8443/cup.jpg"),
                 "`--allow host=other.example.com:8443` does"));
  CHECK(mentions(folder.why(MediumKind::Image, "https://ex%61mple.com/cup.jpg"), "not written plainly"));
  folder.policy->deny = {{program::CapabilityKind::Host, "example.com"}};
  CHECK(mentions(folder.why(MediumKind::Image, "https://example.com/cup.jpg"),
                 "`--deny host=example.com` forbids it"));
  folder.policy->deny.clear();
  CHECK(mentions(folder.why(MediumKind::Image, "https://example.com/a cup.jpg"), "is no URL"));
  CHECK(mentions(folder.why(MediumKind::Image, "https://example.com\\@b/cup.jpg"), "is no URL"));
}

TEST_CASE("a request is shown without the bytes of its media") {
  Folder folder;
  program::TypeTable types;
  model::Message message;
  message.media = {{0, types.image_type, value::Text(std::string_view("cup.png"))},
                   {0, types.image_type, value::Text(std::string_view("https://example.com/a.png"))}};
  CallMedia media({message}, types, folder.reader);
  REQUIRE(media.read() == nullptr);
  const std::vector<Medium> shown = media.shown();
  REQUIRE(shown.size() == 2);
  CHECK(shown[0].bytes.empty());
  CHECK(mentions(shown[0].note, "[70 bytes, sha256 "));
  CHECK(shown[1].note.empty());
  // Read once: what happens to the file is of no account any more.
  std::filesystem::remove(folder.place.path() / "p/cup.png");
  CHECK(media.read() == nullptr);
  CHECK(media.media()[0].bytes == samples::png());
}
