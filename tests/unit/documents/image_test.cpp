#include "runtime/documents/image.h"

#include <catch2/catch.hpp>

#include <string>

using namespace chain::documents;

namespace {

using Words = decltype(ImageInfo::words);

std::string big(uint32_t number, int bytes) {
  std::string result;
  for (int i = bytes - 1; i >= 0; --i) result += static_cast<char>(number >> (8 * i) & 0xFF);
  return result;
}
std::string little(uint32_t number, int bytes) {
  std::string result = big(number, bytes);
  return {result.rbegin(), result.rend()};
}

std::string png(const std::string& chunks) {
  const auto header = "IHDR" + big(640, 4) + big(480, 4) + std::string("\x08\x02\0\0\0", 5);
  return "\x89PNG\r\n\x1A\n" + big(13, 4) + header + "crc " + chunks;
}
std::string chunk(const std::string& kind, const std::string& data) {
  return big(static_cast<uint32_t>(data.size()), 4) + kind + data + "crc ";
}
std::string segment(char marker, const std::string& data) {
  return std::string("\xFF") + marker + big(static_cast<uint32_t>(data.size()) + 2, 2) + data;
}

/// Of TIFF, with one tag that holds letters.
std::string exif(const std::string& text) {
  return "II*" + std::string(1, '\0') + little(8, 4) + little(1, 2) + little(0x010E, 2) + little(2, 2) +
         little(static_cast<uint32_t>(text.size()), 4) + little(22, 4) + text;
}

}  // namespace

TEST_CASE("images say what they are, how large, and what is written in them") {
  using namespace std::string_literals;
  const auto of_png = image_info(
      png(chunk("tEXt", "Title\0Caf\xE9 at noon"s) + chunk("iTXt", "Description\0\0\0ko\0\0해변"s) +
          chunk("iTXt", "Author\0\1\0\0\0compressed"s) + chunk("tEXt", "Software\0x"s)));
  REQUIRE(of_png);
  CHECK(of_png->type == "image/png");
  CHECK((of_png->width == 640 && of_png->height == 480));
  CHECK(of_png->words == Words{{"title", "Café at noon"}, {"description", "해변"}});

  const auto of_jpeg =
      image_info("\xFF\xD8" + segment('\xE1', "Exif\0\0"s + exif("A red boat")) + segment('\xFE', "by hand") +
                 segment('\xC0', "\x08" + big(300, 2) + big(400, 2) + "rest") + "\xFF\xDA");
  REQUIRE(of_jpeg);
  CHECK(of_jpeg->type == "image/jpeg");
  CHECK((of_jpeg->width == 400 && of_jpeg->height == 300));
  CHECK(of_jpeg->words == Words{{"description", "A red boat"}, {"comment", "by hand"}});

  const auto of_gif = image_info("GIF89a" + little(7, 2) + little(9, 2));
  REQUIRE(of_gif);
  CHECK((of_gif->width == 7 && of_gif->height == 9));

  const std::string part = "VP8X" + little(10, 4) + std::string(4, '\0') + little(99, 3) + little(49, 3);
  const auto of_webp =
      image_info("RIFF" + little(4, 4) + "WEBP" + part + "EXIF" +
                 little(static_cast<uint32_t>(exif("Sea view").size()), 4) + exif("Sea view"));
  REQUIRE(of_webp);
  CHECK((of_webp->width == 100 && of_webp->height == 50));
  CHECK(of_webp->words == Words{{"description", "Sea view"}});
}

TEST_CASE("what is cut off or damaged is passed over") {
  using namespace std::string_literals;
  CHECK_FALSE(image_info(""));
  CHECK_FALSE(image_info("RIFF....WAVE"));
  CHECK_FALSE(image_info("<svg/>"));
  const std::string whole = png(chunk("tEXt", "Title\0x"s)) + "\xFF\xFF\xFF\xFFtEXt";
  for (size_t size = 8; size < whole.size(); ++size) CHECK(image_info(whole.substr(0, size)));
  const std::string photo = "\xFF\xD8\xFF" + segment('\xE1', "Exif\0\0"s + exif("text"));
  for (size_t size = 3; size < photo.size(); ++size) CHECK(image_info(photo.substr(0, size)));
  std::string endless = "\xFF\xD8\xFF\xE1\0\x20"s + "Exif\0\0"s + "MM\0*\xFF\xFF\xFF\xFF"s;
  CHECK(image_info(endless)->words.empty());
}
