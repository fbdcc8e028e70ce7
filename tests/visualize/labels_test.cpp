#include "detforge/visualize/labels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <random>

#include "detforge/visualize/draw_detections.h"
#include "detforge/visualize/palette.h"

namespace detforge {
namespace {

bool is_inside(const cv::Rect& ground, const cv::Size& picture) { return (ground & cv::Rect({0, 0}, picture)) == ground; }

std::size_t overlapping_pairs(const std::vector<cv::Rect>& grounds) {
  std::size_t pairs = 0;
  for (std::size_t i = 0; i < grounds.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) pairs += (grounds[i] & grounds[j]).empty() ? 0 : 1;
  }
  return pairs;
}

TEST(PlaceLabels, PutsThemAboveTheirBoxes) {
  const std::vector<cv::Rect> boxes = {{100, 100, 80, 60}};
  EXPECT_EQ(place_labels({640, 480}, boxes, std::vector<cv::Size>{{50, 20}}), (std::vector<cv::Rect>{{100, 80, 50, 20}}));
}

TEST(PlaceLabels, KeepsThemInsideThePicture) {
  const cv::Size picture(320, 240);
  std::mt19937 random(5);
  std::uniform_int_distribution<int> place(-200, 400), side(1, 300);
  for (int i = 0; i < 500; ++i) {
    const std::vector<cv::Rect> boxes = {{place(random), place(random), side(random), side(random)}};
    const auto grounds = place_labels(picture, boxes, std::vector<cv::Size>{{1 + i % 320, 1 + i % 240}});
    EXPECT_TRUE(is_inside(grounds[0], picture)) << boxes[0] << " " << grounds[0];
  }
  const std::vector<cv::Rect> boxes = {{100, 100, 5, 5}};
  EXPECT_EQ(place_labels(picture, boxes, std::vector<cv::Size>{{500, 20}})[0].x, 0) << "too wide: its begin is seen";
}

TEST(PlaceLabels, KeepsThemOffEachOtherWhereThereIsRoom) {
  // Five boxes of one place: above, inside and below there is room for all.
  const std::vector<cv::Rect> boxes(5, cv::Rect(100, 100, 200, 120));
  EXPECT_EQ(overlapping_pairs(place_labels({640, 480}, boxes, std::vector<cv::Size>(5, {60, 20}))), 0U);
  // Boxes beside each other whose labels are wider than they are.
  std::vector<cv::Rect> row;
  for (int i = 0; i < 6; ++i) row.emplace_back(40 * i, 100, 38, 100);
  EXPECT_EQ(overlapping_pairs(place_labels({640, 480}, row, std::vector<cv::Size>(6, {70, 20}))), 0U);
}

TEST(PlaceLabels, AreAtTheirBoxWhateverCrowdsThere) {
  const std::vector<cv::Rect> boxes(30, cv::Rect(100, 100, 40, 40));
  for (const cv::Rect& ground : place_labels({640, 480}, boxes, std::vector<cv::Size>(30, {60, 20}))) {
    EXPECT_FALSE((ground & cv::Rect(99, 99, 42, 42)).empty()) << ground;
  }
}

/// Contrast by the WCAG's definition, from its own formulas.
double contrast(const cv::Scalar& a, const cv::Scalar& b) {
  const auto luminance = [](const cv::Scalar& bgr) {
    double sum = 0;
    const double weights[] = {0.0722, 0.7152, 0.2126};
    for (int c = 0; c < 3; ++c) {
      const double s = bgr[c] / 255;
      sum += weights[c] * (s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4));
    }
    return sum;
  };
  const double one = luminance(a), other = luminance(b);
  return (std::max(one, other) + 0.05) / (std::min(one, other) + 0.05);
}

TEST(TextColor, StandsOutFromEveryClass) {
  EXPECT_EQ(text_color({0, 255, 255}), cv::Scalar::all(0)) << "black on yellow";
  EXPECT_EQ(text_color({128, 0, 0}), cv::Scalar::all(255)) << "white on dark blue";
  for (std::int64_t label = 0; label < 200; ++label) {
    EXPECT_GE(contrast(class_color(label), text_color(class_color(label))), 4.5) << label;
  }
}

TEST(DrawLabel, IsOpaqueAndStaysOnItsGround) {
  cv::Mat picture(100, 200, CV_8UC3, cv::Scalar(10, 20, 30));
  const LabelFont font = label_font(0.5);
  const cv::Rect ground({30, 40}, label_size("car|0.87", font));
  const cv::Scalar color(0, 200, 255);
  draw_label(picture, "car|0.87", ground, color, font);
  std::size_t dark = 0;
  for (int y = 0; y < picture.rows; ++y) {
    for (int x = 0; x < picture.cols; ++x) {
      const cv::Vec3b pixel = picture.at<cv::Vec3b>(y, x);
      if (!ground.contains({x, y})) {
        ASSERT_EQ(pixel, cv::Vec3b(10, 20, 30)) << x << "," << y;
        continue;
      }
      // Between the ground's colour and black: the channels keep their ratio.
      ASSERT_NEAR(pixel[1] / 200.0, pixel[2] / 255.0, 0.02) << x << "," << y;
      ASSERT_EQ(pixel[0], 0);
      dark += pixel[2] < 60 ? 1 : 0;
    }
  }
  EXPECT_GT(dark, 60U) << "the letters";
}

TEST(DrawDetections, WritesLargerInLargerPictures) {
  const auto height_of_ground = [](int width) {
    const cv::Mat image(width * 3 / 4, width, CV_8UC3, cv::Scalar::all(0));
    const auto at = [&](double share) { return static_cast<float>(share * width); };
    const Detections one = {{{at(0.3), at(0.3), at(0.6), at(0.6)}}, {0.9F}, {1}};
    const std::vector<std::string> names = {"person", "car"};
    const cv::Mat drawn = draw_detections(image, one, names);
    const cv::Mat boxes = draw_detections(image, one, names, {.show_labels = false});
    cv::Mat changed, rows;
    cv::absdiff(drawn, boxes, changed);
    cv::reduce(changed.reshape(1), rows, 1, cv::REDUCE_MAX);
    return cv::countNonZero(rows);
  };
  EXPECT_GE(height_of_ground(320), 12);
  EXPECT_GE(height_of_ground(640), 12);
  EXPECT_GE(height_of_ground(4000), 60);
  EXPECT_LE(height_of_ground(4000), 160);
}

}  // namespace
}  // namespace detforge
