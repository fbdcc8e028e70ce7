#include "detforge/kernels/nms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

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

/// Boxes of a few sizes all over the place, so that many overlap.
struct Crowd {
  std::vector<Box> boxes;
  std::vector<float> scores;

  explicit Crowd(std::size_t count, std::uint32_t seed = 1) {
    std::mt19937 random(seed);
    const auto uniform = [&] { return static_cast<float>(random() % 100000) / 100000.0F; };
    for (std::size_t i = 0; i < count; ++i) {
      const float x = 100 * uniform(), y = 100 * uniform(), size = 5 + 20 * uniform();
      boxes.push_back({x, y, x + size, y + size});
      scores.push_back(uniform());
    }
  }
};

/// The definition: of the boxes in order of their scores, those that overlap no kept one.
std::vector<std::int64_t> slow_nms(const std::vector<Box>& boxes, const std::vector<float>& scores, float threshold) {
  std::vector<std::int64_t> kept;
  for (const std::int64_t i : order_by_score(scores)) {
    const auto falls_to = [&](std::int64_t k) {
      return iou(boxes[static_cast<std::size_t>(k)], boxes[static_cast<std::size_t>(i)]) > threshold;
    };
    if (std::none_of(kept.begin(), kept.end(), falls_to)) kept.push_back(i);
  }
  return kept;
}

TEST(Nms, AgreesWithItsDefinitionWhateverTheNumber) {
  for (const std::size_t count : {0, 1, 31, 32, 33, 64, 127, 1000}) {
    const Crowd crowd(count);
    for (const float threshold : {0.0F, 0.3F, 0.7F, 1.0F}) {
      EXPECT_EQ(nms(crowd.boxes, crowd.scores, threshold), slow_nms(crowd.boxes, crowd.scores, threshold)) << count;
    }
  }
}

TEST(NmsMatch, EveryBoxIsInOneGroupWithABetterOneThatItOverlaps) {
  const Crowd crowd(200);
  std::vector<int> seen(crowd.boxes.size(), 0);
  for (const auto& group : nms_match(crowd.boxes, crowd.scores, 0.4F)) {
    for (const std::int64_t index : group) {
      ++seen[static_cast<std::size_t>(index)];
      EXPECT_LE(crowd.scores[static_cast<std::size_t>(index)], crowd.scores[static_cast<std::size_t>(group.front())]);
      EXPECT_GE(iou(crowd.boxes[static_cast<std::size_t>(index)], crowd.boxes[static_cast<std::size_t>(group.front())]), 0.4F);
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), 200);
}

TEST(NmsMatch, AnIouEqualToTheThresholdFalls) {
  const std::vector<Box> boxes = {{0, 0, 2, 1}, {0, 0, 1, 1}};
  EXPECT_EQ(nms_match(boxes, std::vector<float>{0.9F, 0.8F}, 0.5F), (std::vector<std::vector<std::int64_t>>{{0, 1}}));
}

TEST(SoftNms, MultipliesTheScoreByWhatTheMethodSays) {
  const std::vector<Box> boxes = {{0, 0, 2, 1}, {0, 0, 1, 1}, {8, 8, 9, 9}};
  const std::vector<float> scores = {0.9F, 0.8F, 0.1F};
  const auto second = [&](SoftNmsOptions options) { return soft_nms(boxes, scores, options).scores.at(1); };
  EXPECT_FLOAT_EQ(second({.iou_threshold = 0.5F, .method = SoftNmsMethod::Linear}), 0.8F * 0.5F);
  EXPECT_FLOAT_EQ(second({.iou_threshold = 0.6F, .method = SoftNmsMethod::Linear}), 0.8F);
  EXPECT_FLOAT_EQ(second({.iou_threshold = 0.6F, .sigma = 0.5F, .method = SoftNmsMethod::Gaussian}), 0.8F * std::exp(-0.5F));
  EXPECT_FLOAT_EQ(second({.iou_threshold = 0.5F, .method = SoftNmsMethod::Naive}), 0.1F);
}

TEST(SoftNms, DropsWhatFallsBelowTheSmallestScoreAndSortsTheRest) {
  const Crowd crowd(100);
  const NmsResult all = soft_nms(crowd.boxes, crowd.scores, {.min_score = 0}),
                  some = soft_nms(crowd.boxes, crowd.scores, {.min_score = 0.2F});
  EXPECT_EQ(all.indices.size(), 100U);
  EXPECT_TRUE(std::is_sorted(all.scores.rbegin(), all.scores.rend()));
  EXPECT_EQ(some.indices.size(),
            static_cast<std::size_t>(std::count_if(all.scores.begin(), all.scores.end(), [](float s) { return s >= 0.2F; })));
  EXPECT_TRUE(soft_nms({}, {}).indices.empty());
}

TEST(BatchedNms, ClassesDoNotSuppressEachOtherUnlessAskedTo) {
  const std::vector<Box> boxes = {{0, 0, 10, 10}, {0, 0, 10, 10}, {0, 0, 10, 10}};
  const std::vector<float> scores = {0.7F, 0.9F, 0.8F};
  const std::vector<std::int64_t> labels = {0, 0, 1};
  const auto kept = [&](const NmsOptions& options) { return batched_nms(boxes, scores, labels, options).indices; };
  EXPECT_EQ(kept({}), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(kept({.class_agnostic = true}), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(kept({.max_num = 1}), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(kept({.score_threshold = 0.85}), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(kept({.type = NmsType::NmsMatch}), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(batched_nms({}, {}, {}, {}).indices.empty());
}

TEST(BatchedNms, SoftensTheScoresWithinAClass) {
  const std::vector<Box> boxes = {{0, 0, 2, 1}, {0, 0, 1, 1}, {0, 0, 1, 1}};
  const std::vector<std::int64_t> labels = {0, 0, 1};
  const NmsResult kept = batched_nms(boxes, std::vector<float>{0.9F, 0.8F, 0.5F}, labels, {.type = NmsType::SoftNms, .iou_threshold = 0.3});
  EXPECT_EQ(kept.indices, (std::vector<std::int64_t>{0, 2, 1}));
  EXPECT_NEAR(kept.scores.at(2), 0.4, 1e-6);
}

TEST(BatchedNms, EqualScoresOfDifferentClassesKeepTheirOrder) {
  const std::vector<Box> boxes = {{0, 0, 1, 1}, {2, 2, 3, 3}, {4, 4, 5, 5}};
  const std::vector<float> scores = {0.5F, 0.5F, 0.5F};
  EXPECT_EQ(batched_nms(boxes, scores, std::vector<std::int64_t>{2, 0, 1}, {}).indices, (std::vector<std::int64_t>{0, 1, 2}));
}

/// mmcv's `batched_nms` as it reads: NMS of all boxes at once, each class moved by the largest coordinate and 1.
std::vector<std::int64_t> nms_of_moved(std::vector<Box> boxes, const std::vector<float>& scores, const std::vector<std::int64_t>& labels,
                                       float threshold) {
  float largest = boxes.front().front();
  for (const Box& box : boxes) largest = std::max(largest, *std::max_element(box.begin(), box.end()));
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (float& coordinate : boxes[i]) coordinate += static_cast<float>(labels[i]) * (largest + 1);
  }
  return slow_nms(boxes, scores, threshold);
}

TEST(BatchedNms, BoxesFarLeftOfTheImageMeetThoseOfTheClassBefore) {
  // The second class moves by 10 + 1: its box from -11 on lies where the first one's does.
  const std::vector<Box> boxes = {{0, 0, 10, 10}, {-11, -11, -1, -1}};
  const std::vector<float> scores = {0.9F, 0.8F};
  const auto kept = [&](std::int64_t split_thr) {
    return batched_nms(boxes, scores, std::vector<std::int64_t>{0, 1}, {.split_thr = split_thr}).indices;
  };
  EXPECT_EQ(kept(10000), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(kept(3), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(kept(2), (std::vector<std::int64_t>{0, 1}));
}

TEST(BatchedNms, WithNothingButNegativeCoordinatesClassesMoveTheOtherWayOrNotAtAll) {
  const std::vector<float> scores = {0.9F, 0.8F};
  const std::vector<std::int64_t> labels = {0, 1};
  EXPECT_EQ(batched_nms(std::vector<Box>{{-9, -9, -1, -1}, {-9, -9, -1, -1}}, scores, labels, {}).indices, (std::vector<std::int64_t>{0}));
  EXPECT_EQ(batched_nms(std::vector<Box>{{-9, -9, -3, -3}, {-7, -7, -1, -3}}, scores, labels, {}).indices,
            (std::vector<std::int64_t>{0, 1}));
}

TEST(BatchedNms, AgreesWithNmsOfTheMovedBoxesWhereverTheyLie) {
  for (const float moved : {0.0F, 0.5F, 1.0F, 1.5F, 60.0F, 100.0F, 200.0F}) {
    for (const std::int64_t classes : {1, 2, 7}) {
      Crowd crowd(400, static_cast<std::uint32_t>(classes));
      for (Box& box : crowd.boxes) {
        for (float& coordinate : box) coordinate -= moved;
      }
      std::vector<std::int64_t> labels;
      for (std::size_t i = 0; i < crowd.boxes.size(); ++i) labels.push_back(static_cast<std::int64_t>(i * 31) % classes);
      EXPECT_EQ(batched_nms(crowd.boxes, crowd.scores, labels, {.iou_threshold = 0.3}).indices,
                nms_of_moved(crowd.boxes, crowd.scores, labels, 0.3F))
          << moved << " px to the left, " << classes << " classes";
    }
  }
}

TEST(BatchedNms, FromTheSplitOnEachClassIsDoneAloneEvenIfClassAgnostic) {
  const std::vector<Box> boxes = {{0, 0, 10, 10}, {0, 0, 10, 10}, {0, 0, 10, 10}};
  const std::vector<float> scores = {0.7F, 0.9F, 0.8F};
  const std::vector<std::int64_t> labels = {0, 0, 1};
  EXPECT_EQ(batched_nms(boxes, scores, labels, {.class_agnostic = true, .split_thr = 4}).indices, (std::vector<std::int64_t>{1}));
  EXPECT_EQ(batched_nms(boxes, scores, labels, {.class_agnostic = true, .split_thr = 3}).indices, (std::vector<std::int64_t>{1, 2}));
}

TEST(BatchedNms, OnlyTheBestBoxOfAllStaysBelowTheSmallestScore) {
  const std::vector<Box> boxes = {{0, 0, 1, 1}, {4, 4, 5, 5}};
  const std::vector<float> scores = {0.2F, 0.1F};
  EXPECT_EQ(batched_nms(boxes, scores, std::vector<std::int64_t>{0, 1}, {.type = NmsType::SoftNms, .min_score = 0.5}).indices,
            (std::vector<std::int64_t>{0}));
}

}  // namespace
}  // namespace detforge::kernels
