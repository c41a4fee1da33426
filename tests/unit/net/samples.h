// The smallest files of some types; all but the first are no more than how such files begin.
#pragma once

#include <string>

#include "runtime/value/base64.h"

namespace chain::samples {

inline constexpr const char* kPng =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
inline constexpr const char* kPdf = "JVBERi0xLjQK";
inline constexpr const char* kWav = "UklGRiQAAABXQVZF";
inline constexpr const char* kMp4 = "AAAAFGZ0eXBpc29tAAACAGlzb20=";

inline std::string png() {
  return *value::parse_base64(kPng);
}
inline std::string pdf() {
  return *value::parse_base64(kPdf);
}
inline std::string wav() {
  return *value::parse_base64(kWav);
}
inline std::string mp4() {
  return *value::parse_base64(kMp4);
}

}  // namespace chain::samples
