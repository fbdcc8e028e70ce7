#include "detforge/postprocess/matrix_nms.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace detforge::postprocess {
namespace {

using Indices = std::vector<std::size_t>;

/// Rows of 8 pixels, the first `pixels` of which are inside.
BitMask row(std::size_t pixels) {
  std::vector<float> values(8, 0);
  for (std::size_t i = 0; i < pixels; ++i) values[i] = 1;
  return {values, 0.5F};
}

TEST(MatrixNms, LowersTheScoreByTheOverlapWithinAClass) {
  const std::vector<BitMask> masks = {row(8), row(4), row(4)};
  const std::vector<float> scores = {0.9F, 0.8F, 0.7F};
  const std::vector<std::int64_t> labels = {0, 0, 1};
  const auto run = [&](const MatrixNms& nms) { return nms.run(masks, labels, scores); };
  const MatrixNms::Kept linear = run({.kernel = MatrixNmsKernel::Linear});
  EXPECT_EQ(linear.masks, (Indices{0, 2, 1}));
  EXPECT_NEAR(linear.scores.at(2), 0.4, 1e-6);
  EXPECT_NEAR(run({.sigma = 2}).scores.at(2), 0.8 * std::exp(-0.5), 1e-6);
  EXPECT_EQ(run({.filter_thr = 0.6, .kernel = MatrixNmsKernel::Linear}).masks.size(), 2U);
  EXPECT_EQ(run({.nms_pre = 1}).masks.size(), 1U);
  EXPECT_EQ(run({.max_num = 1}).masks, (Indices{0}));
}

TEST(MatrixNms, WhatABetterMaskHasSufferedItselfSparesTheWorse) {
  // The second has lost half to the first, so what the third loses to it counts double less.
  const std::vector<BitMask> masks = {row(8), row(4), row(3)};
  const MatrixNms::Kept kept =
      MatrixNms{.kernel = MatrixNmsKernel::Linear}.run(masks, std::vector<std::int64_t>{0, 0, 0}, std::vector<float>{0.9F, 0.8F, 0.7F});
  EXPECT_EQ(kept.masks, (Indices{0, 1, 2}));
  EXPECT_FLOAT_EQ(kept.scores.at(1), 0.8F * 0.5F);
  EXPECT_FLOAT_EQ(kept.scores.at(2), 0.7F * 0.5F);  // (1 - 3/4) / (1 - 1/2) by the second, 1 - 3/8 by the first
}

TEST(MatrixNms, NothingGivesNothing) { EXPECT_TRUE(MatrixNms{}.run({}, {}, {}).masks.empty()); }

TEST(BitMask, CountsAsPixelByPixel) {
  std::mt19937 random(3);
  for (const std::size_t pixels : {0U, 1U, 63U, 64U, 65U, 1000U}) {
    std::vector<float> a(pixels), b(pixels);
    std::size_t in_a = 0, in_both = 0;
    for (std::size_t i = 0; i < pixels; ++i) {
      a[i] = static_cast<float>(random() % 3) / 2;
      b[i] = static_cast<float>(random() % 3) / 2;
      in_a += a[i] > 0.5F;
      in_both += a[i] > 0.5F && b[i] > 0.5F;
    }
    EXPECT_EQ(BitMask(a, 0.5F).area(), in_a);
    EXPECT_EQ(shared_area(BitMask(a, 0.5F), BitMask(b, 0.5F)), in_both);
  }
}

}  // namespace
}  // namespace detforge::postprocess
