#include "detforge/postprocess/fast_nms.h"

#include <gtest/gtest.h>

namespace detforge::postprocess {
namespace {

using kernels::Box;
using Indices = std::vector<std::size_t>;

TEST(FastNms, ABoxFallsToAFallenOneToo) {
  // Each overlaps the next by half or more, the first does not touch the third.
  const std::vector<Box> boxes = {{0, 0, 10, 1}, {3, 0, 13, 1}, {6, 0, 16, 1}, {50, 0, 60, 1}};
  const std::vector<float> scores = {0.9F, 0, 0.8F, 0, 0.7F, 0, 0.01F, 0};
  EXPECT_EQ((FastNms{.score_thr = 0.05, .iou_thr = 0.5}.run(boxes, scores).boxes), (Indices{0}));
}

TEST(FastNms, ClassesDoNotMeetAndTheBestComeFirst) {
  const std::vector<Box> boxes = {{0, 0, 10, 1}, {0, 0, 10, 1}};
  const std::vector<float> scores = {0.3F, 0.6F, 0, 0.4F, 0.2F, 0};
  const FastNms::Kept kept = FastNms{}.run(boxes, scores);
  EXPECT_EQ(kept.labels, (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(kept.boxes, (Indices{0, 1}));
  EXPECT_EQ(kept.scores, (std::vector<float>{0.6F, 0.4F}));
  EXPECT_EQ((FastNms{.max_num = 1}.run(boxes, scores).boxes), (Indices{0}));
}

TEST(FastNms, LooksAtTheBestOfEachClass) {
  const std::vector<Box> boxes = {{0, 0, 1, 1}, {2, 0, 3, 1}, {4, 0, 5, 1}};
  const std::vector<float> scores = {0.5F, 0, 0.5F, 0, 0.9F, 0};
  EXPECT_EQ((FastNms{.top_k = 2}.run(boxes, scores).boxes), (Indices{2, 0}));
}

TEST(FastNms, NothingGivesNothing) { EXPECT_TRUE(FastNms{}.run({}, {}).boxes.empty()); }

}  // namespace
}  // namespace detforge::postprocess
