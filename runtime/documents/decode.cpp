#include "runtime/documents/decode.h"

#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "runtime/value/utf8.h"

namespace chain::documents {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr size_t kSample = size_t{64} << 10;
constexpr int32_t kNearly = 20;  // of ICU's confidence, which goes to 100
/// Every character of a decoded text may need an origin of 16 bytes.
constexpr uint64_t kMostDecoded = uint64_t{16} << 20;

struct Magic {
  std::string_view bytes;
  std::string_view kind;
};
constexpr Magic kMagics[] = {
    {"\x89PNG", "a PNG image"},
    {"\xFF\xD8\xFF", "a JPEG image"},
    {"GIF8", "a GIF image"},
    {"PK\x03\x04", "a ZIP archive (or an office document, which is one)"},
    {"\x1F\x8B", "a gzip archive"},
    {"BZh", "a bzip2 archive"},
    {"\xFD"
     "7zXZ",
     "an xz archive"},
    {"7z\xBC\xAF", "a 7z archive"},
    {"\x28\xB5\x2F\xFD", "a zstd archive"},
    {"\x7F"
     "ELF",
     "an executable"},
    {"\xCA\xFE\xBA\xBE", "compiled code"},
    {"!<arch>", "a library"},
    {"SQLite format 3", "an SQLite database"},
    {"OggS", "an audio file"},
    {"ID3", "an audio file"},
    {"fLaC", "an audio file"},
    {"\xD0\xCF\x11\xE0", "an office document of the old format"},
    {"RIFF", "a media file"},
    {"\x1A\x45\xDF\xA3", "a video file"},
    {"wOFF", "a font"},
    {"wOF2", "a font"},
    {"%PDF-", "a PDF"},
};

/// Where zeros stand in a text of two bytes a character, most of which are of ASCII.
struct Zeros {
  size_t even = 0, odd = 0;
};
Zeros zeros_of(std::string_view bytes) {
  Zeros zeros;
  const size_t size = std::min(bytes.size(), kSample);
  for (size_t i = 0; i < size; ++i) {
    if (bytes[i] == '\0') ++(i % 2 == 0 ? zeros.even : zeros.odd);
  }
  return zeros;
}

char16_t unit_at(std::string_view bytes, size_t at, bool little) {
  const auto low = static_cast<unsigned char>(bytes[at + (little ? 0 : 1)]);
  const auto high = static_cast<unsigned char>(bytes[at + (little ? 1 : 0)]);
  return static_cast<char16_t>(high << 8 | low);
}

/// Whether the units in front are text: no lone surrogates, few control characters.
bool looks_like_utf16(std::string_view bytes, bool little) {
  const size_t size = std::min(bytes.size(), kSample) & ~size_t{1};
  size_t odd_ones = 0;
  for (size_t at = 0; at < size; at += 2) {
    const char16_t unit = unit_at(bytes, at, little);
    if (U16_IS_TRAIL(unit)) return false;
    if (U16_IS_LEAD(unit)) {
      at += 2;
      if (at < size && !U16_IS_TRAIL(unit_at(bytes, at, little))) return false;
    }
    if (unit < 0x20 && unit != '\n' && unit != '\r' && unit != '\t') ++odd_ones;
  }
  return size > 0 && odd_ones * 50 <= size;
}

/// "UTF-16LE" or "UTF-16BE" without a mark; null if it is neither.
const char* utf16_without_mark(std::string_view bytes) {
  const Zeros zeros = zeros_of(bytes);
  const size_t sample = std::min(bytes.size(), kSample);
  if ((zeros.even + zeros.odd) * 100 < sample || zeros.even + zeros.odd < 2) return nullptr;
  // Half of what has but ASCII's letters are zeros; a few of them are only zeros in a text of single bytes.
  const bool ascii = std::ranges::none_of(bytes.substr(0, sample), [](char c) { return (c & 0x80) != 0; });
  if (ascii && (zeros.even + zeros.odd) * 4 < sample) return nullptr;
  if (zeros.odd > zeros.even * 10 && looks_like_utf16(bytes, true)) return "UTF-16LE";
  if (zeros.even > zeros.odd * 10 && looks_like_utf16(bytes, false)) return "UTF-16BE";
  return nullptr;
}

/// Well-formed sequences of several bytes, and bytes that belong to none.
struct Utf8Counts {
  size_t good = 0, bad = 0;
};
Utf8Counts count_utf8(std::string_view bytes) {
  Utf8Counts counts;
  while (!bytes.empty()) {
    const uint32_t length = value::utf8_length(bytes);
    if (length == 0) ++counts.bad;
    if (length > 1) ++counts.good;
    bytes.remove_prefix(std::max<uint32_t>(length, 1));
  }
  return counts;
}

/// Whether two-byte characters are Hangul, all but a few: the same bytes are Chinese in GB 2312, whose most
/// common characters are spread over twice as many leading bytes. ICU often takes one for the other.
bool looks_like_hangul(std::string_view bytes) {
  size_t hangul = 0, others = 0;
  const size_t size = std::min(bytes.size(), kSample);
  for (size_t i = 0; i + 1 < size; ++i) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    const auto trail = static_cast<unsigned char>(bytes[i + 1]);
    if (lead < 0x80) continue;
    ++(lead >= 0xB0 && lead <= 0xC8 && trail >= 0xA1 ? hangul : others);
    ++i;
  }
  return hangul >= 2 && others * 8 <= hangul;
}

std::string guessed(std::string_view bytes) {
  if (looks_like_hangul(bytes)) return "windows-949";
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UCharsetDetector, decltype(&ucsdet_close)> detector(ucsdet_open(&status),
                                                                            ucsdet_close);
  const std::string_view sample = bytes.substr(0, kSample);
  ucsdet_setText(detector.get(), sample.data(), static_cast<int32_t>(sample.size()), &status);
  int32_t count = 0;
  const UCharsetMatch** matches = ucsdet_detectAll(detector.get(), &count, &status);
  if (U_FAILURE(status) || count == 0) return "windows-1252";
  const std::string name = ucsdet_getName(matches[0], &status);
  const int32_t best = ucsdet_getConfidence(matches[0], &status);
  if (U_FAILURE(status) || name.starts_with("UTF-")) return "windows-1252";
  // Short texts of Western Europe look like those of its neighbours.
  for (int32_t i = 0; i < count && ucsdet_getConfidence(matches[i], &status) + kNearly >= best; ++i) {
    const std::string_view other = ucsdet_getName(matches[i], &status);
    const bool single_byte = name.starts_with("ISO-8859-") || name.starts_with("windows-125");
    if (single_byte && (other == "ISO-8859-1" || other == "windows-1252")) return "windows-1252";
  }
  if (name == "EUC-KR") return "windows-949";
  if (name == "Shift_JIS") return "windows-31j";
  return name;
}

/// Writes what `decode` gives, without passing the limit.
class Output {
 public:
  explicit Output(uint64_t most) : most_(most) {}
  [[nodiscard]] bool full() const { return builder_.size() > most_; }
  void code_point(uint32_t c, uint64_t source, uint64_t length) {
    char bytes[4];
    const uint32_t size = value::encode_utf8(c == 0 ? ' ' : c, bytes);
    builder_.put({bytes, size}, source, length);
  }
  TextBuilder& builder() { return builder_; }
  uint64_t replaced = 0, first_replaced = 0;  // of UTF-8

 private:
  uint64_t most_;
  TextBuilder builder_;
};

void decode_utf8(std::string_view bytes, uint64_t at, Output& output) {
  while (at < bytes.size() && !output.full()) {
    const std::string_view rest = bytes.substr(at);
    const size_t good = std::min(value::find_invalid_utf8(rest), rest.size());
    std::string piece(rest.substr(0, good));
    std::ranges::replace(piece, '\0', ' ');
    if (!piece.empty()) output.builder().copy(piece, at);
    at += good;
    if (good == rest.size()) break;
    if (output.replaced++ == 0) output.first_replaced = at;
    output.builder().put(kReplacement, at++, 1);
  }
}

void decode_utf16(std::string_view bytes, uint64_t at, bool little, Output& output) {
  while (at + 1 < bytes.size() && !output.full()) {
    const char16_t unit = unit_at(bytes, at, little);
    const bool pair =
        U16_IS_LEAD(unit) && at + 3 < bytes.size() && U16_IS_TRAIL(unit_at(bytes, at + 2, little));
    const uint32_t c = pair ? U16_GET_SUPPLEMENTARY(unit, unit_at(bytes, at + 2, little)) : unit;
    output.code_point(c, at, pair ? 4 : 2);
    at += pair ? 4 : 2;
  }
}

/// False if ICU knows no such encoding.
bool decode_named(std::string_view bytes, uint64_t mark, const std::string& name, Output& output) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open(name.c_str(), &status),
                                                                     ucnv_close);
  if (U_FAILURE(status) || !converter) return false;
  const char* at = bytes.data() + mark;
  const char* const end = bytes.data() + bytes.size();
  while (at < end && !output.full()) {
    const char* const begin = at;
    status = U_ZERO_ERROR;
    UChar32 c = ucnv_getNextUChar(converter.get(), &at, end, &status);
    if (status == U_INDEX_OUTOFBOUNDS_ERROR) break;
    if (U_FAILURE(status)) {
      c = 0xFFFD;
      if (at == begin) ++at;
    }
    output.code_point(static_cast<uint32_t>(c), static_cast<uint64_t>(begin - bytes.data()),
                      static_cast<uint64_t>(at - begin));
  }
  return true;
}

/// The encoding, and bytes of its mark.
std::pair<std::string, size_t> encoding_of(std::string_view bytes, std::string_view declared) {
  if (bytes.starts_with("\xEF\xBB\xBF")) return {"UTF-8", 3};
  if (bytes.starts_with(std::string_view("\xFF\xFE\0\0", 4))) return {"UTF-32LE", 4};
  if (bytes.starts_with("\xFF\xFE")) return {"UTF-16LE", 2};
  if (bytes.starts_with("\xFE\xFF")) return {"UTF-16BE", 2};
  if (declared == "UTF-8") return {"UTF-8", 0};
  if (const char* utf16 = utf16_without_mark(bytes)) return {utf16, 0};
  const Utf8Counts counts = count_utf8(bytes);
  // A file with a broken character is no other encoding yet, unless somebody has said that it is.
  if (counts.bad <= (declared.empty() ? counts.good : counts.good / 4)) return {"UTF-8", 0};
  if (!declared.empty()) return {std::string(declared), 0};
  return {guessed(bytes), 0};
}

}  // namespace

std::string binary_kind(std::string_view bytes) {
  for (const Magic& magic : kMagics) {
    if (bytes.starts_with(magic.bytes)) return std::string(magic.kind);
  }
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF") || utf16_without_mark(bytes)) return {};
  const std::string_view sample = bytes.substr(0, kSample);
  const auto control = std::ranges::count_if(sample, [](char c) {
    constexpr std::string_view kUsual = "\t\n\v\f\r\b\x1B";
    return static_cast<unsigned char>(c) < 0x20 && kUsual.find(c) == std::string_view::npos;
  });
  return static_cast<size_t>(control) * 20 > sample.size() ? "binary" : "";
}

bool decode(std::string_view bytes, std::string_view declared, uint64_t most, Decoded& decoded,
            std::string& error) {
  auto [name, mark] = encoding_of(bytes, declared);
  const bool utf8 = name == "UTF-8";
  const uint64_t limit = utf8 ? most : std::min(most, kMostDecoded);
  Output output(limit);
  if (utf8) {
    decode_utf8(bytes, mark, output);
  } else if (name == "UTF-16LE" || name == "UTF-16BE") {
    decode_utf16(bytes, mark, name == "UTF-16LE", output);
  } else if (!decode_named(bytes, mark, name, output)) {
    name = guessed(bytes);
    if (!decode_named(bytes, mark, name, output)) decode_utf8(bytes, mark, output);
  }
  if (output.full()) {
    error = "its text has more than " + std::to_string(limit) + " bytes; split it";
    return false;
  }
  decoded.replaced = output.replaced;
  decoded.first_replaced = output.first_replaced;
  decoded.encoding = std::move(name);
  decoded.origins = output.builder().take_origins();
  decoded.text = output.builder().take_text();
  return true;
}

}  // namespace chain::documents
