#include "detforge/ops/deform_roi_pool.h"

#include <gtest/gtest.h>

#include "detforge/ops/roi_align.h"

namespace detforge::ops {
namespace {

torch::Tensor regions() {
  return torch::tensor({0., 3.5, 2.25, 20.75, 17.5, 1., 0.5, 6., 9.25, 30., 0., 10., 10., 11., 29.}, torch::kDouble).view({3, 5});
}

DeformRoIPoolOptions pool_options(std::int64_t sampling_ratio) {
  return {.output_height = 3, .output_width = 2, .spatial_scale = 0.5, .sampling_ratio = sampling_ratio, .gamma = 0.1};
}

TEST(DeformRoIPool, IsRoIAlignWithoutOffsets) {
  torch::manual_seed(0);
  const torch::Tensor input = torch::randn({2, 3, 16, 16}, torch::kDouble);
  for (const std::int64_t sampling_ratio : {0, 2}) {
    const torch::Tensor aligned = roi_align(input, regions(),
                                            {.output_height = 3,
                                             .output_width = 2,
                                             .spatial_scale = 0.5,
                                             .sampling_ratio = sampling_ratio,
                                             .pool_mode = PoolMode::Avg,
                                             .aligned = true});
    EXPECT_TRUE(torch::allclose(deform_roi_pool(input, regions(), {}, pool_options(sampling_ratio)), aligned, 1e-9, 1e-9));
  }
}

TEST(DeformRoIPool, MovesBinsByPartsOfTheRegion) {
  torch::manual_seed(0);
  const torch::Tensor input = torch::randn({1, 2, 32, 32}, torch::kDouble);
  const torch::Tensor region = torch::tensor({0., 16., 20., 36., 40.}, torch::kDouble).view({1, 5});
  torch::Tensor moved = region.clone();
  moved.select(1, 1) += 4;
  moved.select(1, 3) += 4;
  moved.select(1, 2) -= 2;
  moved.select(1, 4) -= 2;
  torch::Tensor offset = torch::empty({1, 2, 3, 2}, torch::kDouble);
  offset.select(1, 0).fill_(2);   // 2 · gamma · 20 px = 4 px to the right
  offset.select(1, 1).fill_(-1);  // 2 px up
  EXPECT_TRUE(torch::allclose(deform_roi_pool(input, region, offset, pool_options(2)), deform_roi_pool(input, moved, {}, pool_options(2))));
}

TEST(DeformRoIPool, HasTheGradientsOfItsDifferences) {
  torch::manual_seed(1);
  torch::Tensor input = torch::randn({2, 2, 16, 16}, torch::kDouble).set_requires_grad(true);
  torch::Tensor offset = torch::randn({3, 2, 3, 2}, torch::kDouble).set_requires_grad(true);
  const torch::Tensor weights = torch::randn({3, 2, 3, 2}, torch::kDouble);
  const auto value = [&] { return (deform_roi_pool(input, regions(), offset, pool_options(2)) * weights).sum(); };
  value().backward();
  const torch::NoGradGuard no_grad;
  for (torch::Tensor* tensor : {&input, &offset}) {
    torch::Tensor flat = tensor->view({-1});
    for (std::int64_t i = 0; i < flat.numel(); i += flat.numel() / 12) {
      constexpr double step = 1e-6;
      flat[i] += step;
      const double above = value().item<double>();
      flat[i] -= 2 * step;
      const double below = value().item<double>();
      flat[i] += step;
      EXPECT_NEAR(tensor->grad().view({-1})[i].item<double>(), (above - below) / (2 * step), 1e-6);
    }
  }
}

TEST(DeformRoIPool, GivesZeroForRegionsWithoutSizeAndNothingForNone) {
  const torch::Tensor input = torch::ones({1, 1, 8, 8});
  const torch::Tensor point = torch::tensor({0.F, 4.F, 4.F, 4.F, 4.F}).view({1, 5});
  EXPECT_EQ(deform_roi_pool(input, point, {}, pool_options(0)).abs().sum().item<float>(), 0);
  EXPECT_EQ(deform_roi_pool(input, torch::empty({0, 5}), {}, pool_options(0)).size(0), 0);
}

}  // namespace
}  // namespace detforge::ops
