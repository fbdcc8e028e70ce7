#include "detforge/data/interchange/yolo_line.h"

#include <gtest/gtest.h>

/// What a line of YOLO's text files means, and which lines mean nothing.
namespace detforge {
namespace {

constexpr ImageSize size{48, 64};

std::string error_of(const std::string& line) {
  try {
    parse_yolo_line(line, size, 2, {});
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(YoloLine, IsABoxAlsoWithAScore) {
  const YoloLine plain = parse_yolo_line("1.0\t0.5 0.5  0.25 0.25 ", size, 2, {});
  EXPECT_EQ(plain.object.label, 1U);
  EXPECT_EQ(plain.object.box, (BoxXywh{24, 18, 16, 12}));
  EXPECT_FALSE(plain.has_score);
  const YoloLine scored = parse_yolo_line("0 0.5 0.5 0.25 0.25 0.91", size, 2, {});
  EXPECT_EQ(scored.object.box, plain.object.box);
  EXPECT_TRUE(scored.has_score);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(scored.object.mask));
}

TEST(YoloLine, IsAPolygon) {
  const YoloLine line = parse_yolo_line("0 0.125 0.25 0.5 0.25 0.5 0.5", size, 2, {});
  EXPECT_EQ(line.object.box, (BoxXywh{8, 12, 24, 12}));
  EXPECT_EQ(std::get<Polygons>(line.object.mask), (Polygons{{8, 12, 32, 12, 32, 24}}));
  EXPECT_FALSE(line.has_key_points);
}

TEST(YoloLine, WithKeyPointsIsTheirBox) {
  const auto is_box = [](const YoloLine& line) {
    return line.has_key_points && line.object.box == BoxXywh{24, 18, 16, 12} && std::holds_alternative<std::monostate>(line.object.mask);
  };
  EXPECT_TRUE(is_box(parse_yolo_line("0 0.5 0.5 0.25 0.25 0.4 0.4 2 0.6 0.6 2", size, 2, {})));
  EXPECT_TRUE(is_box(parse_yolo_line("0 0.5 0.5 0.25 0.25 0.4 0.4 1 0 0 0", size, 2, {})));
  EXPECT_TRUE(is_box(parse_yolo_line("0 0.5 0.5 0.25 0.25 0.4 0.4 0.6 0.6", size, 2, KeyPointShape{2, 2}))) << "as the YAML says";
  EXPECT_FALSE(parse_yolo_line("0 0.5 0.5 0.25 0.25 0.4 0.4 0.6 0.6", size, 2, {}).has_key_points) << "a polygon of four points";
  EXPECT_FALSE(parse_yolo_line("0 0 0 1 0 1 1 0 1 0 0", size, 2, {}).has_key_points) << "the whole image, closed";
}

TEST(YoloLine, OfWrongNumbersIsRefused) {
  EXPECT_EQ(error_of("2 0.5 0.5 0.2 0.2"), "the label is that of no class");
  EXPECT_EQ(error_of("-1 0.5 0.5 0.2 0.2"), "the label is that of no class");
  EXPECT_EQ(error_of("0.5 0.5 0.5 0.2 0.2"), "the label is no whole number");
  EXPECT_EQ(error_of("0 1.5 0.5 0.2 0.2"), "1.5 is no share of the image, which goes from 0 to 1");
  EXPECT_EQ(error_of("0 32 24 16 12"), "32 is no share of the image, which goes from 0 to 1");
  EXPECT_EQ(error_of("0 0.1 0.1 0.5 0.1 0.5 24"), "24 is no share of the image, which goes from 0 to 1");
  EXPECT_EQ(error_of("0 0.5 0.5 -0.2 0.2"), "-0.2 is no share of the image, which goes from 0 to 1");
  EXPECT_EQ(error_of("0 0.5 0.5 0 0.2"), "the box has no width or no height");
  EXPECT_EQ(error_of("0 nan 0.5 0.2 0.2"), "'nan' is no share of the image");
  EXPECT_EQ(error_of("0 0,5 0.5 0.2 0.2"), "'0,5' is no number");
  EXPECT_EQ(error_of("0 0.5 0.5 0.2\xC2\xA0"
                     "0.2"),
            "'0.2\\u00a00.2' is no number");
  EXPECT_EQ(error_of("0 0.5 0.5 0.2"), "an object is 'label x y width height', or a label and a polygon");
  EXPECT_EQ(error_of("0 1.005 0.5 0.2 0.2"), "no error") << "tools round";
}

}  // namespace
}  // namespace detforge
