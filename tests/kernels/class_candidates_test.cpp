#include "detforge/kernels/class_candidates.h"

#include <gtest/gtest.h>

#include <limits>

namespace detforge::kernels {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

TEST(ClassCandidates, LeaveOutTheBackgroundAndWhatIsNotAboveTheThreshold) {
  const std::vector<float> scores = {0.5F, 0.25F, 0.9F, 0.75F, nan, 0.1F};
  const std::vector<Box> boxes = {{0, 0, 1, 1}, {2, 2, 3, 3}};
  Candidates found;
  collect_candidates({.num_classes = 2, .scores = scores, .boxes = boxes, .factors = {}}, {.score_thr = 0.25}, found);
  EXPECT_EQ(found.scores, (std::vector<float>{0.5F, 0.75F}));
  EXPECT_EQ(found.labels, (std::vector<std::int64_t>{0, 0}));
  EXPECT_EQ(found.boxes, boxes);
}

TEST(ClassCandidates, HaveTheirOwnBoxWhereEachClassHasOne) {
  const std::vector<float> scores = {0.1F, 0.8F, 0.0F};
  const std::vector<Box> boxes = {{0, 0, 1, 1}, {2, 2, 3, 3}};
  Candidates found;
  collect_candidates({.num_classes = 2, .scores = scores, .boxes = boxes, .factors = {}}, {.score_thr = 0.25}, found);
  EXPECT_EQ(found.boxes, std::vector<Box>{boxes[1]});
  EXPECT_EQ(found.labels, std::vector<std::int64_t>{1});
}

TEST(ClassCandidates, MultiplyByFactorsBeforeOrAfterTheThreshold) {
  const std::vector<float> scores = {0.5F, 0.0F, 0.6F, 0.0F, 0.7F, 0.0F};
  const std::vector<Box> boxes(3);
  const std::vector<float> factors = {0.25F, 1.0F, nan};
  const ClassScores predictions{.num_classes = 1, .scores = scores, .boxes = boxes, .factors = factors};
  Candidates after, before;
  collect_candidates(predictions, {.score_thr = 0.3}, after);
  collect_candidates(predictions, {.score_thr = 0.3, .factors_come_first = true}, before);
  EXPECT_EQ(after.scores, (std::vector<float>{0.125F, 0.6F}));
  EXPECT_EQ(before.scores, (std::vector<float>{0.6F}));
}

TEST(ClassCandidates, OfNoBoxesAreNone) {
  Candidates found;
  collect_candidates({.num_classes = 3, .scores = {}, .boxes = {}, .factors = {}}, {.score_thr = 0}, found);
  EXPECT_TRUE(found.scores.empty());
}

}  // namespace
}  // namespace detforge::kernels
