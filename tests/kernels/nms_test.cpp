#include "detforge/kernels/nms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace detforge::kernels {
namespace {

float iou(const Box& a, const Box& b) {
  const float width = std::max(0.0F, std::min(a[2], b[2]) - std::max(a[0], b[0]));
  const float height = std::max(0.0F, std::min(a[3], b[3]) - std::max(a[1], b[1]));
  const auto area = [](const Box& box) { return (box[2] - box[0]) * (box[3] - box[1]); };
  return width * height / (area(a) + area(b) - width * height);
}

/// All boxes with corners on a 4×4 lattice.
std::vector<Box> lattice() {
  std::vector<Box> boxes;
  for (int x1 = 0; x1 < 4; ++x1) {
    for (int y1 = 0; y1 < 4; ++y1) {
      for (int x2 = x1 + 1; x2 < 4; ++x2) {
        for (int y2 = y1 + 1; y2 < 4; ++y2) {
          boxes.push_back({static_cast<float>(x1), static_cast<float>(y1), static_cast<float>(x2), static_cast<float>(y2)});
        }
      }
    }
  }
  return boxes;
}

TEST(Nms, DecidesEveryPairOnALatticeByItsIou) {
  for (const Box& a : lattice()) {
    for (const Box& b : lattice()) {
      const std::vector<Box> boxes = {a, b};
      const std::vector<float> scores = {0.5F, 0.9F};
      const std::vector<std::int64_t> both = {1, 0}, best = {1};
      EXPECT_EQ(nms(boxes, scores, 0.5F), iou(a, b) > 0.5F ? best : both);
    }
  }
}

TEST(Nms, EqualScoresKeepTheirOrder) {
  const std::vector<Box> boxes = {{0, 0, 1, 1}, {5, 5, 6, 6}, {0, 0, 1, 1}};
  const std::vector<float> scores = {0.5F, 0.5F, 0.5F};
  EXPECT_EQ(nms(boxes, scores, 0.5F), (std::vector<std::int64_t>{0, 1}));
}

TEST(Nms, AnIouEqualToTheThresholdIsKept) {
  const std::vector<Box> boxes = {{0, 0, 2, 1}, {0, 0, 1, 1}};
  const std::vector<float> scores = {0.9F, 0.8F};
  EXPECT_EQ(nms(boxes, scores, 0.5F).size(), 2U);
  EXPECT_EQ(nms(boxes, scores, 0.499F).size(), 1U);
}

TEST(Nms, NothingGivesNothing) { EXPECT_TRUE(nms({}, {}, 0.5F).empty()); }

TEST(Nms, ScoresThatAreNoNumbersComeLast) {
  const std::vector<float> scores = {std::numeric_limits<float>::quiet_NaN(), 0.1F, 0.9F};
  EXPECT_EQ(order_by_score(scores), (std::vector<std::int64_t>{2, 1, 0}));
}

TEST(BatchedNms, ClassesDoNotSuppressEachOtherUnlessAskedTo) {
  const std::vector<Box> boxes = {{0, 0, 10, 10}, {0, 0, 10, 10}, {0, 0, 10, 10}};
  const std::vector<float> scores = {0.7F, 0.9F, 0.8F};
  const std::vector<std::int64_t> labels = {0, 0, 1};
  EXPECT_EQ(batched_nms(boxes, scores, labels, {}), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(batched_nms(boxes, scores, labels, {.class_agnostic = true}), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(batched_nms(boxes, scores, labels, {.max_num = 1}), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(batched_nms(boxes, scores, labels, {.score_threshold = 0.85}), (std::vector<std::int64_t>{1}));
  EXPECT_TRUE(batched_nms({}, {}, {}, {}).empty());
}

}  // namespace
}  // namespace detforge::kernels
