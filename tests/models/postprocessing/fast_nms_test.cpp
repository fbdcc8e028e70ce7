#include "detforge/models/postprocessing/fast_nms.h"

#include <gtest/gtest.h>

namespace detforge {
namespace {

std::vector<std::int64_t> list(const torch::Tensor& tensor) {
  const torch::Tensor all = tensor.to(torch::kLong).contiguous();
  return {all.data_ptr<std::int64_t>(), all.data_ptr<std::int64_t>() + all.numel()};
}

TEST(FastNms, ABoxFallsToAFallenOneToo) {
  // Each overlaps the next by half or more, the first does not touch the third.
  const torch::Tensor boxes = torch::tensor({{0.F, 0.F, 10.F, 1.F}, {3.F, 0.F, 13.F, 1.F}, {6.F, 0.F, 16.F, 1.F}, {50.F, 0.F, 60.F, 1.F}});
  const torch::Tensor scores = torch::tensor({{0.9F, 0.F}, {0.8F, 0.F}, {0.7F, 0.F}, {0.01F, 0.F}});
  const auto kept = fast_nms(boxes, scores, torch::arange(4, torch::kFloat).unsqueeze(1), {.score_thr = 0.05, .iou_thr = 0.5});
  EXPECT_EQ(list(kept.coeffs), (std::vector<std::int64_t>{0}));
}

TEST(FastNms, ClassesDoNotMeetAndTheBestComeFirst) {
  const torch::Tensor boxes = torch::tensor({{0.F, 0.F, 10.F, 1.F}, {0.F, 0.F, 10.F, 1.F}});
  const torch::Tensor scores = torch::tensor({{0.3F, 0.6F, 0.F}, {0.4F, 0.2F, 0.F}}), coeffs = torch::tensor({{0.F}, {1.F}});
  const auto kept = fast_nms(boxes, scores, coeffs, {});
  EXPECT_EQ(list(kept.labels), (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(list(kept.coeffs), (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(fast_nms(boxes, scores, coeffs, {.max_num = 1}).labels.size(0), 1);
}

TEST(FastNms, NothingGivesNothing) {
  EXPECT_EQ(fast_nms(torch::zeros({0, 4}), torch::zeros({0, 3}), torch::zeros({0, 2}), {}).scores.size(0), 0);
}

}  // namespace
}  // namespace detforge
