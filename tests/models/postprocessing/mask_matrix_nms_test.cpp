#include "detforge/models/postprocessing/mask_matrix_nms.h"

#include <gtest/gtest.h>

#include <cmath>

namespace detforge {
namespace {

std::vector<std::int64_t> list(const torch::Tensor& tensor) {
  const torch::Tensor all = tensor.to(torch::kLong).contiguous();
  return {all.data_ptr<std::int64_t>(), all.data_ptr<std::int64_t>() + all.numel()};
}

TEST(MaskMatrixNms, LowersTheScoreByTheOverlapWithinAClass) {
  torch::Tensor masks = torch::zeros({3, 2, 4});
  masks[0].fill_(1);
  masks[1].slice(1, 0, 2).fill_(1);
  masks[2].slice(1, 0, 2).fill_(1);
  const torch::Tensor scores = torch::tensor({0.9F, 0.8F, 0.7F}), labels = torch::tensor({0, 0, 1}, torch::kLong);
  const auto linear = mask_matrix_nms(masks, labels, scores, {.kernel = MatrixNmsKernel::Linear});
  EXPECT_EQ(list(linear.kept), (std::vector<std::int64_t>{0, 2, 1}));
  EXPECT_NEAR(linear.scores[2].item<float>(), 0.4F, 1e-6);
  const auto gaussian = mask_matrix_nms(masks, labels, scores, {.sigma = 2});
  EXPECT_NEAR(gaussian.scores[2].item<float>(), 0.8 * std::exp(-0.5), 1e-6);
  EXPECT_EQ(mask_matrix_nms(masks, labels, scores, {.filter_thr = 0.6, .kernel = MatrixNmsKernel::Linear}).kept.size(0), 2);
  EXPECT_EQ(mask_matrix_nms(masks, labels, scores, {.nms_pre = 1}).kept.size(0), 1);
}

TEST(MaskMatrixNms, NothingGivesNothing) {
  const auto none = mask_matrix_nms(torch::zeros({0, 4, 4}), torch::zeros({0}, torch::kLong), torch::zeros({0}), {});
  EXPECT_EQ(none.masks.sizes().vec(), (std::vector<std::int64_t>{0, 4, 4}));
  const auto filtered = mask_matrix_nms(torch::ones({1, 4, 4}), torch::zeros({1}, torch::kLong), torch::zeros({1}), {.filter_thr = 0.5});
  EXPECT_EQ(filtered.masks.size(0), 0);
}

}  // namespace
}  // namespace detforge
