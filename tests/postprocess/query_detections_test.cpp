#include "detforge/postprocess/query_detections.h"

#include <gtest/gtest.h>

#include <cmath>

namespace detforge::postprocess {
namespace {

ImageMeta image(std::int64_t height, std::int64_t width) {
  ImageMeta meta;
  meta.img_shape = {height, width};
  meta.scale_factor = {2, 4, 2, 4};
  return meta;
}

const std::vector<float> boxes = {0.5F, 0.5F, 0.5F, 0.5F, 0.0F, 1.0F, 0.5F, 0.5F};

TEST(QueryDetections, WithASigmoidTheBestPairsOfQueryAndClassAreFound) {
  const std::vector<float> logits = {1, 3, 2, 3};
  const QueryDetections best{.num_classes = 2, .uses_sigmoid = true, .keeps_every_query = false, .max_count = 3};
  const Detections found = best.run({logits, boxes}, image(80, 40), false);
  EXPECT_EQ(found.labels, (std::vector<std::int64_t>{1, 1, 0}));
  EXPECT_FLOAT_EQ(found.scores.at(2), 1 / (1 + std::exp(-2.0F)));
  EXPECT_EQ(found.boxes_xyxy, (std::vector<BoxXyxy>{{10, 20, 30, 60}, {0, 60, 10, 80}, {0, 60, 10, 80}}));
}

TEST(QueryDetections, WithASoftmaxEachQueryShowsItsBestClassThatIsNoBackground) {
  const std::vector<float> logits = {1, 0, 9, 0, 2, 0};
  QueryDetections detections{.num_classes = 2, .uses_sigmoid = false, .keeps_every_query = false, .max_count = std::nullopt};
  const Detections found = detections.run({logits, boxes}, image(80, 40), true);
  EXPECT_EQ(found.labels, (std::vector<std::int64_t>{1, 0}));
  EXPECT_FLOAT_EQ(found.scores.at(0), std::exp(2.0F) / (std::exp(2.0F) + 2));
  EXPECT_EQ(found.boxes_xyxy.at(1), (BoxXyxy{5, 5, 15, 15}));
  detections.keeps_every_query = true;
  EXPECT_EQ(detections.run({logits, boxes}, image(80, 40), true).labels, (std::vector<std::int64_t>{0, 1}));
}

}  // namespace
}  // namespace detforge::postprocess
