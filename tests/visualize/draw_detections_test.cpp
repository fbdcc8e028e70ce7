#include "detforge/visualize/draw_detections.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <opencv2/core.hpp>

#include "detforge/base/error.h"
#include "detforge/visualize/palette.h"

namespace detforge {
namespace {

const std::vector<std::string> classes = {"person", "car"};

cv::Vec3b color_of(std::int64_t label) {
  const cv::Scalar color = class_color(label);
  return {static_cast<unsigned char>(color[0]), static_cast<unsigned char>(color[1]), static_cast<unsigned char>(color[2])};
}

bool same(const cv::Mat& a, const cv::Mat& b) { return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0; }

constexpr DrawOptions kBoxesOnly = {.line_width_px = 1, .show_labels = false};

TEST(DrawDetections, DrawsBoxesOnTheirPixels) {
  const cv::Mat image = cv::Mat::zeros(20, 30, CV_8UC3);
  const cv::Mat drawn = draw_detections(image, {{{4, 5, 12, 15}}, {0.9F}, {1}}, classes, kBoxesOnly);
  for (int y = 0; y < 20; ++y) {
    for (int x = 0; x < 30; ++x) {
      const bool in = x >= 4 && x <= 12 && y >= 5 && y <= 15;
      const bool on_edge = in && (x == 4 || x == 12 || y == 5 || y == 15);
      EXPECT_EQ(drawn.at<cv::Vec3b>(y, x), on_edge ? color_of(1) : cv::Vec3b(0, 0, 0)) << x << "," << y;
    }
  }
  EXPECT_EQ(cv::norm(image, cv::NORM_INF), 0) << "the image itself was drawn on";
}

TEST(DrawDetections, PutsTheBestOnTop) {
  const cv::Mat image = cv::Mat::zeros(20, 30, CV_8UC3);
  const cv::Mat drawn = draw_detections(image, {{{4, 5, 12, 15}, {4, 5, 12, 15}}, {0.9F, 0.5F}, {0, 1}}, classes, kBoxesOnly);
  EXPECT_EQ(drawn.at<cv::Vec3b>(5, 4), color_of(0));
}

TEST(DrawDetections, MixesAMasksColourIntoThePixelsBelowIt) {
  const cv::Mat image(20, 30, CV_8UC3, cv::Scalar::all(100));
  Detections detections = {{{0, 0, 1, 0}}, {0.9F}, {1}};
  detections.masks = {rle_from_polygon(std::vector<double>{10, 5, 20, 5, 20, 9, 10, 9}, 20, 30)};
  const cv::Mat drawn = draw_detections(image, detections, classes, kBoxesOnly);
  cv::Vec3b mixed;
  for (int c = 0; c < 3; ++c) mixed[c] = static_cast<unsigned char>(std::nearbyint((100 + color_of(1)[c]) / 2.0));
  for (int y = 1; y < 20; ++y) {
    for (int x = 0; x < 30; ++x) {
      EXPECT_EQ(drawn.at<cv::Vec3b>(y, x), x >= 10 && x < 20 && y >= 5 && y < 9 ? mixed : cv::Vec3b::all(100)) << x << "," << y;
    }
  }
  detections.masks = {rle_from_counts(1, 1, {1})};
  EXPECT_THROW(draw_detections(image, detections, classes), Error);
}

TEST(DrawDetections, PutsABoxAroundAMaskThatHasNone) {
  const cv::Mat image(20, 30, CV_8UC3, cv::Scalar::all(100));
  Detections boxless = {{{0, 0, 0, 0}}, {0.9F}, {1}};
  boxless.masks = {rle_from_polygon(std::vector<double>{10, 5, 20, 5, 20, 9, 10, 9}, 20, 30)};
  Detections boxed = boxless;
  boxed.boxes_xyxy = {{10, 5, 20, 9}};
  EXPECT_TRUE(same(draw_detections(image, boxless, classes), draw_detections(image, boxed, classes)));
}

TEST(DrawDetections, LeavesOutWhatIsBelowTheThreshold) {
  const cv::Mat image = cv::Mat::zeros(20, 30, CV_8UC3);
  const Detections detections = {{{4, 5, 12, 15}}, {0.5F}, {0}};
  EXPECT_TRUE(same(draw_detections(image, detections, classes, {.score_threshold = 0.51}), image));
  EXPECT_FALSE(same(draw_detections(image, detections, classes, {.score_threshold = 0.5}), image));
}

TEST(DrawDetections, PutsALabelInsideTheImage) {
  const cv::Mat image(200, 300, CV_8UC3, cv::Scalar::all(200));
  for (const std::array<float, 4> box : {std::array<float, 4>{-50, -50, 20, 20}, {290, 190, 299, 199}, {100, 100, 150, 150}}) {
    const cv::Mat drawn = draw_detections(image, {{box}, {0.9F}, {0}}, classes);
    const cv::Mat boxes = draw_detections(image, {{box}, {0.9F}, {0}}, classes, {.show_labels = false});
    cv::Mat changed;
    cv::absdiff(drawn, boxes, changed);
    EXPECT_GT(cv::countNonZero(changed.reshape(1)), 200);
  }
}

TEST(DrawDetections, LeavesScoresAwayWhenAsked) {
  const cv::Mat image(200, 300, CV_8UC3, cv::Scalar::all(200));
  const auto drawn = [&](float score, bool show) {
    return draw_detections(image, {{{100, 100, 150, 150}}, {score}, {0}}, classes, {.show_scores = show});
  };
  EXPECT_TRUE(same(drawn(0.4F, false), drawn(0.9F, false)));
  EXPECT_FALSE(same(drawn(0.4F, true), drawn(0.9F, true)));
}

TEST(DrawDetections, TakesAnyBoxAndAnyImage) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Detections detections = {
      {{-1e30F, -1e30F, 1e30F, 1e30F}, {kInfinity, 0, 1, 1}, {5, 5, 1, 1}, {0, 0, 0, 0}, {1000, 1000, 2000, 2000}},
      {0.9F, 0.9F, 0.9F, 0.9F, 0.9F},
      {0, 1, 999, -1, 2}};
  for (const auto& [rows, cols] : {std::pair{1, 1}, {1, 57}, {31, 1}, {64, 65}}) {
    for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4}) {
      const cv::Mat drawn = draw_detections(cv::Mat(rows, cols, type, cv::Scalar::all(7)), detections, classes);
      EXPECT_EQ(drawn.type(), CV_8UC3);
      EXPECT_EQ(drawn.size(), cv::Size(cols, rows));
    }
  }
}

TEST(DrawDetections, RefusesOtherImages) {
  EXPECT_THROW(draw_detections(cv::Mat(), {}, classes), Error);
  EXPECT_THROW(draw_detections(cv::Mat::zeros(2, 2, CV_32FC3), {}, classes), Error);
  EXPECT_THROW(draw_detections(cv::Mat::zeros(2, 2, CV_8UC2), {}, classes), Error);
}

TEST(ClassColor, DiffersBetweenTheClassesOfADataset) {
  for (std::int64_t a = 0; a < 80; ++a) {
    for (std::int64_t b = 0; b < a; ++b) {
      const double distance = cv::norm(class_color(a) - class_color(b));
      EXPECT_GT(distance, a - b < 5 ? 60 : 3) << a << " and " << b;
    }
    EXPECT_EQ(class_color(a), class_color(a));
  }
}

}  // namespace
}  // namespace detforge
