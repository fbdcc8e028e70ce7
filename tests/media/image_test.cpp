#include <gtest/gtest.h>
#include <zlib.h>

#include <functional>
#include <opencv2/core.hpp>

#include "detforge/base/error.h"
#include "detforge/media/media.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

/// As a program's `main` does.
[[maybe_unused]] const bool environment_is_set = (set_media_environment(), true);

using testing_support::Folder;

/// Every pixel another, so that turning or swapping shows.
cv::Mat pattern(int rows, int cols, int type = CV_8UC3) {
  cv::Mat image(rows, cols, type);
  cv::randu(image, 0, image.depth() == CV_16U ? 65536 : 256);
  return image;
}

bool same(const cv::Mat& a, const cv::Mat& b) { return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0; }

std::string big_endian(std::uint32_t number) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(number >> shift & 255U);
  return bytes;
}

std::string png_chunk(const std::string& name_and_data) {
  const auto crc = crc32(0, reinterpret_cast<const unsigned char*>(name_and_data.data()), static_cast<uInt>(name_and_data.size()));
  return big_endian(static_cast<std::uint32_t>(name_and_data.size() - 4)) + name_and_data + big_endian(static_cast<std::uint32_t>(crc));
}

/// A JPEG whose camera was held so that EXIF says `orientation`.
std::string with_orientation(const std::string& jpeg, char orientation) {
  using namespace std::string_literals;
  const std::string exif = "Exif\0\0II*\0\10\0\0\0\1\0\x12\1\3\0\1\0\0\0"s + orientation + "\0\0\0\0\0\0\0"s;
  const std::size_t length = exif.size() + 2;
  return jpeg.substr(0, 2) + "\xff\xe1"s + static_cast<char>(length >> 8U) + static_cast<char>(length & 255U) + exif + jpeg.substr(2);
}

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Image, ComesBackAsWritten) {
  for (const auto& [rows, cols] : {std::pair{1, 1}, {1, 7}, {13, 1}, {16, 16}, {17, 33}}) {
    for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4, CV_16UC1, CV_16UC3}) {
      const cv::Mat image = pattern(rows, cols, type);
      EXPECT_TRUE(same(decode_image(encode_image(image, ".png"), ColorMode::Unchanged, "x"), image)) << rows << "x" << cols << " " << type;
    }
  }
}

TEST(Image, BecomesEightBitBgrInColor) {
  const cv::Mat rgba = pattern(5, 3, CV_8UC4), gray = pattern(5, 3, CV_8UC1), deep = pattern(5, 3, CV_16UC1);
  const cv::Mat from_rgba = decode_image(encode_image(rgba, ".png"), ColorMode::Color, "x");
  cv::Mat bgr(5, 3, CV_8UC3);
  cv::mixChannels(rgba, bgr, {0, 0, 1, 1, 2, 2});
  EXPECT_TRUE(same(from_rgba, bgr));

  cv::Mat thrice;
  cv::merge(std::vector<cv::Mat>{gray, gray, gray}, thrice);
  EXPECT_TRUE(same(decode_image(encode_image(gray, ".png"), ColorMode::Color, "x"), thrice));
  EXPECT_TRUE(same(decode_image(encode_image(gray, ".png"), ColorMode::Grayscale, "x"), gray));

  const cv::Mat from_deep = decode_image(encode_image(deep, ".png"), ColorMode::Grayscale, "x");
  ASSERT_EQ(from_deep.type(), CV_8UC1);
  for (int i = 0; i < 15; ++i) EXPECT_NEAR(from_deep.at<unsigned char>(i / 3, i % 3), deep.at<unsigned short>(i / 3, i % 3) / 256.0, 1);
}

TEST(Image, IsTurnedUprightUnlessToldOtherwise) {
  const std::string jpeg = encode_image(pattern(16, 24), ".jpg");
  const cv::Mat plain = decode_image(jpeg, ColorMode::Color, "x");
  cv::Mat transposed, turned;
  cv::transpose(plain, transposed);
  cv::flip(transposed, turned, 1);  // a quarter clockwise
  const std::string rotated = with_orientation(jpeg, 6);
  EXPECT_TRUE(same(decode_image(rotated, ColorMode::Color, "x"), turned));
  EXPECT_TRUE(same(decode_image(rotated, ColorMode::ColorIgnoreOrientation, "x"), plain));
  EXPECT_TRUE(same(decode_image(rotated, ColorMode::Unchanged, "x"), plain));
  EXPECT_EQ(decode_image(rotated, ColorMode::Grayscale, "x").size(), turned.size());
  EXPECT_EQ(decode_image(rotated, ColorMode::GrayscaleIgnoreOrientation, "x").size(), plain.size());
}

TEST(Image, IsRefusedWhenDamaged) {
  const std::string png = encode_image(pattern(31, 31), ".png");
  const std::string wanted = "error: can not decode the image: it is damaged or of an unknown format\n  --> x.png";
  for (const std::string& bytes : {std::string("no image"), png.substr(0, 8), png.substr(0, 40), png.substr(0, png.size() / 2)}) {
    EXPECT_EQ(message_of([&] { decode_image(bytes, ColorMode::Color, "x.png"); }), wanted) << bytes.size();
  }
  EXPECT_EQ(message_of([] { decode_image("", ColorMode::Color, "x.png"); }), "error: the image is empty\n  --> x.png");
  const std::string jpeg = encode_image(pattern(31, 31), ".jpg");
  EXPECT_THROW(decode_image(jpeg.substr(0, 20), ColorMode::Color, "x.jpg"), Error);
}

// libjpeg fills what is missing, and mmcv takes the image.
TEST(Image, KeepsTheBeginningOfATruncatedJpeg) {
  const std::string jpeg = encode_image(pattern(64, 48), ".jpg");
  const cv::Mat whole = decode_image(jpeg, ColorMode::Color, "x.jpg");
  const cv::Mat part = decode_image(jpeg.substr(0, jpeg.size() * 3 / 4), ColorMode::Color, "x.jpg");
  ASSERT_EQ(part.size(), whole.size());
  EXPECT_TRUE(same(part.rowRange(0, 8), whole.rowRange(0, 8)));
  EXPECT_FALSE(same(part, whole));
}

TEST(Image, IsRefusedByItsHeaderWhenTooLarge) {
  const std::string header = "\x89PNG\r\n\x1a\n" +
                             png_chunk("IHDR" + big_endian(60000) + big_endian(60000) + std::string("\10\2\0\0\0", 5)) +
                             png_chunk("IDAT" + std::string(64, '\0')) + png_chunk("IEND");
  EXPECT_EQ(message_of([&] { decode_image(header, ColorMode::Color, "bomb.png"); }),
            "error: the image has too many pixels\n  --> bomb.png\n  = help: OPENCV_IO_MAX_IMAGE_PIXELS sets the limit");
}

TEST(Image, IsReadAndWrittenAsAFile) {
  const Folder folder;
  const cv::Mat image = pattern(9, 5);
  write_image(folder / "a.png", image);
  EXPECT_TRUE(same(read_image(folder / "a.png"), image));
  EXPECT_THROW(read_image(folder / "none.png"), Error);
  EXPECT_THROW(read_image(folder.path()), Error);
  EXPECT_EQ(message_of([&] { write_image(folder / "a.xyz", image); }),
            "error: no image format has the extension '.xyz'\n  --> " + (folder / "a.xyz").string());
  EXPECT_THROW(write_image(folder / "b.png", cv::Mat()), Error);
  EXPECT_THROW(write_image(folder / "noextension", image), Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "b.png"));
}

TEST(Image, APictureInColorKeepsTheNameOfAFormatThatHoldsIt) {
  EXPECT_EQ(color_picture_name("a/b.JPG"), "a/b.JPG");
  EXPECT_EQ(color_picture_name("a/b.pgm"), "a/b.png");
  EXPECT_EQ(color_picture_name("b.tar.gif"), "b.tar.png");
  EXPECT_EQ(color_picture_name("b"), "b.png");
}

}  // namespace
}  // namespace detforge
