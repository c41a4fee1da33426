#include "runtime/documents/image.h"

#include <algorithm>

#include "runtime/value/characters.h"
#include "runtime/value/utf8.h"

namespace chain::documents {
namespace {

constexpr size_t kMostWords = 1000;  // bytes of one value
constexpr size_t kMostParts = 4096;  // of a file, that are looked at
constexpr uint32_t kMostTags = 256;  // of a directory of Exif

/// Numbers of a file, which ends somewhere.
class Bytes {
 public:
  Bytes(std::string_view bytes, bool little) : bytes_(bytes), little_(little) {}
  /// Of `count` bytes at `at`; 0 behind the end.
  [[nodiscard]] uint32_t number(size_t at, uint32_t count) const {
    uint32_t result = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const size_t place = at + (little_ ? count - 1 - i : i);
      result = result << 8 | (place < bytes_.size() ? static_cast<unsigned char>(bytes_[place]) : 0);
    }
    return result;
  }
  [[nodiscard]] std::string_view part(size_t at, size_t size) const {
    return at < bytes_.size() ? bytes_.substr(at, size) : std::string_view();
  }
  [[nodiscard]] size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  bool little_;
};

/// Latin-1, as PNG's tEXt has it, where it is no UTF-8.
std::string as_text(std::string_view bytes) {
  bytes = bytes.substr(0, std::min(bytes.find('\0'), bytes.size()));
  const bool utf8 = value::find_invalid_utf8(bytes) == std::string_view::npos;
  std::string text;
  for (size_t i = 0; i < bytes.size() && text.size() < kMostWords;) {
    char encoded[4];
    const uint32_t length = utf8 ? value::utf8_length(bytes.substr(i)) : 1;
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (utf8 || byte < 0x80) {
      text.append(bytes.substr(i, length));
    } else {
      text.append(encoded, value::encode_utf8(byte, encoded));
    }
    i += length;
  }
  return std::string(value::trimmed(text));
}

void add(ImageInfo& info, std::string_view name, std::string_view bytes) {
  std::string text = as_text(bytes);
  const bool known = std::ranges::any_of(info.words, [&](const auto& each) { return each.first == name; });
  if (!text.empty() && !known) info.words.emplace_back(name, std::move(text));
}

// ---- PNG -------------------------------------------------------------------------------------

void add_png_text(ImageInfo& info, std::string_view keyword, std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"Title", "title"},
                                                                      {"Description", "description"},
                                                                      {"Author", "author"},
                                                                      {"Comment", "comment"},
                                                                      {"Creation Time", "date"}};
  for (const auto& [word, name] : kNames) {
    if (word == keyword) add(info, name, text);
  }
}

/// keyword NUL compressed method language NUL translated NUL text
std::string_view international_text(std::string_view rest) {
  if (rest.size() < 2 || rest[0] != 0) return {};  // compressed
  rest.remove_prefix(2);
  for (int i = 0; i < 2; ++i) {
    const size_t end = rest.find('\0');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  return rest;
}

void read_png(std::string_view bytes, ImageInfo& info) {
  const Bytes file(bytes, false);
  info.width = file.number(16, 4);
  info.height = file.number(20, 4);
  size_t at = 8;
  for (size_t count = 0; count < kMostParts && at + 12 <= bytes.size(); ++count) {
    const uint32_t size = file.number(at, 4);
    const std::string_view kind = file.part(at + 4, 4), data = file.part(at + 8, size);
    const size_t end = data.find('\0');
    if (end != std::string_view::npos && (kind == "tEXt" || kind == "iTXt")) {
      const std::string_view rest = data.substr(end + 1);
      add_png_text(info, data.substr(0, end), kind == "tEXt" ? rest : international_text(rest));
    }
    at += size_t{size} + 12;
  }
}

// ---- JPEG ------------------------------------------------------------------------------------

/// A directory of TIFF, with what its tags say in letters.
void read_exif(std::string_view tiff, ImageInfo& info) {
  constexpr std::pair<uint32_t, std::string_view> kTags[] = {
      {0x010E, "description"}, {0x013B, "author"}, {0x0132, "date"}};
  const bool little = tiff.starts_with("II");
  if (!little && !tiff.starts_with("MM")) return;
  const Bytes file(tiff, little);
  const size_t directory = file.number(4, 4);
  const uint32_t count = std::min(file.number(directory, 2), kMostTags);
  for (uint32_t i = 0; i < count; ++i) {
    const size_t entry = directory + 2 + size_t{i} * 12;
    const uint32_t tag = file.number(entry, 2), size = file.number(entry + 4, 4);
    if (file.number(entry + 2, 2) != 2) continue;  // letters
    for (const auto& [known, name] : kTags) {
      if (known == tag) add(info, name, file.part(size <= 4 ? entry + 8 : file.number(entry + 8, 4), size));
    }
  }
}

void read_jpeg(std::string_view bytes, ImageInfo& info) {
  const Bytes file(bytes, false);
  size_t at = 2;
  for (size_t count = 0; count < kMostParts && at + 4 <= bytes.size(); ++count) {
    if (bytes[at] != '\xFF') return;
    const uint32_t marker = file.number(at + 1, 1), size = file.number(at + 2, 2);
    if (marker == 0xFF) {  // it may be filled up
      ++at;
      continue;
    }
    if (marker == 0xDA || marker == 0xD9 || size < 2) return;  // the picture itself
    const std::string_view data = file.part(at + 4, size - 2);
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame && info.width == 0) {
      info.height = file.number(at + 5, 2);
      info.width = file.number(at + 7, 2);
    }
    if (marker == 0xFE) add(info, "comment", data);
    if (marker == 0xE1 && data.starts_with(std::string_view("Exif\0\0", 6))) read_exif(data.substr(6), info);
    at += size_t{size} + 2;
  }
}

// ---- WebP ------------------------------------------------------------------------------------

void read_webp(std::string_view bytes, ImageInfo& info) {
  const Bytes file(bytes, true);
  size_t at = 12;
  for (size_t count = 0; count < kMostParts && at + 8 <= bytes.size(); ++count) {
    const std::string_view kind = file.part(at, 4);
    const uint32_t size = file.number(at + 4, 4);
    const size_t data = at + 8;
    if (kind == "VP8X") {
      info.width = file.number(data + 4, 3) + 1;
      info.height = file.number(data + 7, 3) + 1;
    } else if (kind == "VP8 " && info.width == 0) {
      info.width = file.number(data + 6, 2) & 0x3FFF;
      info.height = file.number(data + 8, 2) & 0x3FFF;
    } else if (kind == "VP8L" && info.width == 0) {
      const uint32_t packed = file.number(data + 1, 4);
      info.width = (packed & 0x3FFF) + 1;
      info.height = (packed >> 14 & 0x3FFF) + 1;
    } else if (kind == "EXIF") {
      read_exif(file.part(data, size), info);
    }
    at = data + size + size % 2;
  }
}

}  // namespace

std::optional<ImageInfo> image_info(std::string_view bytes) {
  ImageInfo info;
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) {
    info.type = "image/png";
    read_png(bytes, info);
  } else if (bytes.starts_with("\xFF\xD8\xFF")) {
    info.type = "image/jpeg";
    read_jpeg(bytes, info);
  } else if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) {
    info.type = "image/gif";
    info.width = Bytes(bytes, true).number(6, 2);
    info.height = Bytes(bytes, true).number(8, 2);
  } else if (bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP") {
    info.type = "image/webp";
    read_webp(bytes, info);
  } else {
    return std::nullopt;
  }
  return info;
}

}  // namespace chain::documents
