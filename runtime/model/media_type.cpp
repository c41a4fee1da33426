#include "runtime/model/media_type.h"

#include <algorithm>

#include "runtime/value/utf8.h"

namespace chain::model {

namespace {

bool has(std::string_view bytes, size_t at, std::string_view what) {
  return bytes.size() >= at + what.size() && bytes.substr(at, what.size()) == what;
}

bool is_png(std::string_view bytes) {
  return has(bytes, 0, "\x89PNG\r\n\x1a\n");
}
bool is_jpeg(std::string_view bytes) {
  return has(bytes, 0, "\xFF\xD8\xFF");
}
bool is_gif(std::string_view bytes) {
  return has(bytes, 0, "GIF87a") || has(bytes, 0, "GIF89a");
}
bool is_webp(std::string_view bytes) {
  return has(bytes, 0, "RIFF") && has(bytes, 8, "WEBP");
}
bool is_wav(std::string_view bytes) {
  return has(bytes, 0, "RIFF") && has(bytes, 8, "WAVE");
}
/// An ID3 tag, or a frame of MPEG layer III (ISO 11172-3, 2.4.2.3).
bool is_mp3(std::string_view bytes) {
  if (has(bytes, 0, "ID3")) return true;
  if (bytes.size() < 4 || static_cast<uint8_t>(bytes[0]) != 0xFF) return false;
  const auto second = static_cast<uint8_t>(bytes[1]);
  const auto third = static_cast<uint8_t>(bytes[2]);
  const bool sync = (second & 0xE0) == 0xE0, reserved = (second & 0x18) == 0x08;
  return sync && !reserved && (second & 0x06) == 0x02 && (third & 0xF0) != 0xF0 && (third & 0x0C) != 0x0C;
}
bool is_ogg(std::string_view bytes) {
  return has(bytes, 0, "OggS");
}
bool is_flac(std::string_view bytes) {
  return has(bytes, 0, "fLaC");
}
/// Sound alone (M4A) and pictures (HEIC, AVIF) are in such boxes too; the brand tells (ISO 14496-12, 4.3).
bool is_mp4(std::string_view bytes) {
  if (!has(bytes, 4, "ftyp")) return false;
  for (const std::string_view brand : {"iso", "mp4", "avc1", "M4V", "dash", "MSNV"}) {
    if (has(bytes, 8, brand)) return true;
  }
  return false;
}
bool is_mov(std::string_view bytes) {
  return has(bytes, 4, "ftypqt  ");
}
/// Matroska is written the same way, under another document type.
bool is_webm(std::string_view bytes) {
  return has(bytes, 0, "\x1A\x45\xDF\xA3") && bytes.substr(0, 64).find("webm") != std::string_view::npos;
}
bool is_pdf(std::string_view bytes) {
  return has(bytes, 0, "%PDF-");
}
bool is_text(std::string_view bytes) {
  const auto control = [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return (byte < 0x20 && std::string_view("\t\n\r\f").find(c) == std::string_view::npos) || byte == 0x7F;
  };
  return !bytes.empty() && std::none_of(bytes.begin(), bytes.end(), control) &&
         value::find_invalid_utf8(bytes) == std::string_view::npos;
}

struct Row {
  MediaType type;
  bool (*is)(std::string_view bytes);
};

constexpr Row kRows[] = {
    {{MediumKind::Image, "image/png", "PNG images", "a PNG image", "png"}, &is_png},
    {{MediumKind::Image, "image/jpeg", "JPEG images", "a JPEG image", "jpg"}, &is_jpeg},
    {{MediumKind::Image, "image/gif", "GIF images", "a GIF image", "gif"}, &is_gif},
    {{MediumKind::Image, "image/webp", "WebP images", "a WebP image", "webp"}, &is_webp},
    {{MediumKind::Audio, "audio/wav", "WAV audio", "WAV audio", "wav"}, &is_wav},
    {{MediumKind::Audio, "audio/mpeg", "MP3 audio", "MP3 audio", "mp3"}, &is_mp3},
    {{MediumKind::Audio, "audio/ogg", "Ogg audio", "Ogg audio", "ogg"}, &is_ogg},
    {{MediumKind::Audio, "audio/flac", "FLAC audio", "FLAC audio", "flac"}, &is_flac},
    {{MediumKind::Video, "video/mp4", "MP4 video", "an MP4 video", "mp4"}, &is_mp4},
    {{MediumKind::Video, "video/webm", "WebM video", "a WebM video", "webm"}, &is_webm},
    {{MediumKind::Video, "video/quicktime", "QuickTime video", "a QuickTime video", "mov"}, &is_mov},
    {{MediumKind::File, "application/pdf", "PDFs", "a PDF", "pdf"}, &is_pdf},
    {{MediumKind::File, "text/plain", "text files", "text", "txt"}, &is_text},  // last: any may be text
};

bool ends_with(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() &&
         std::equal(ending.begin(), ending.end(), text.end() - static_cast<std::ptrdiff_t>(ending.size()),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b); });
}

}  // namespace

std::string_view to_string(MediumKind kind) {
  switch (kind) {
    case MediumKind::Image: return "image";
    case MediumKind::Audio: return "audio";
    case MediumKind::Video: return "video";
    case MediumKind::File: return "file";
  }
  return "";
}

const MediaType* media_type_of(std::string_view bytes) {
  for (const Row& row : kRows) {
    if (row.is(bytes)) return &row.type;
  }
  return nullptr;
}

const MediaType* media_type_of_name(std::string_view path, MediumKind kind) {
  for (const Row& row : kRows) {
    const bool jpeg = row.type.extension == "jpg" && ends_with(path, ".jpeg");
    if (row.type.kind == kind && (jpeg || ends_with(path, "." + std::string(row.type.extension))))
      return &row.type;
  }
  return nullptr;
}

std::string_view media_types(MediumKind kind) {
  switch (kind) {
    case MediumKind::Image: return "PNG, JPEG, GIF or WebP";
    case MediumKind::Audio: return "WAV, MP3, Ogg or FLAC";
    case MediumKind::Video: return "MP4, WebM or QuickTime";
    case MediumKind::File: return "a PDF or text in UTF-8";
  }
  return "";
}

}  // namespace chain::model
