#include "detforge/models/training/gaussian_target.h"

#include <gtest/gtest.h>

#include <cmath>

namespace detforge {
namespace {

double iou_of_shifted(double height, double width, double first, double second) {
  // The right box's corners, and those of one whose corners lie off by `first` and `second` on both axes.
  const double inner_h = std::min(height, height + second) - std::max(0.0, first);
  const double inner_w = std::min(width, width + second) - std::max(0.0, first);
  const double area = (height + second - first) * (width + second - first);
  return inner_h * inner_w / (height * width + area - inner_h * inner_w);
}

TEST(GaussianTarget, CornersWithinTheRadiusMakeBoxesThatOverlapEnough) {
  for (const auto& [height, width] : {std::pair(10.0, 20.0), std::pair(64.0, 64.0), std::pair(3.0, 90.0)}) {
    for (const double overlap : {0.3, 0.7}) {
      const double radius = gaussian_radius(height, width, overlap);
      double worst = 1;
      for (const double first : {-radius, radius}) {
        for (const double second : {-radius, radius}) worst = std::min(worst, iou_of_shifted(height, width, first, second));
      }
      EXPECT_NEAR(worst, overlap, 1e-9) << height << "x" << width;
    }
  }
}

TEST(GaussianTarget, IsOneInItsMiddleAndKeepsWhatIsHigher) {
  const torch::Tensor map = torch::zeros({7, 9});
  draw_gaussian(map, 0, 6, 2);  // in a corner of the map, which cuts it
  EXPECT_EQ(map[6][0].item<float>(), 1);
  EXPECT_NEAR(map[6][1].item<float>(), std::exp(-0.5 / std::pow(5.0 / 6, 2)), 1e-6);
  EXPECT_EQ(map[6][3].item<float>(), 0) << "beyond the radius";
  draw_gaussian(map, 1, 6, 2);
  EXPECT_EQ(map[6][0].item<float>(), 1);
  EXPECT_EQ(map[6][1].item<float>(), 1);
  draw_gaussian(map, 8, 0, 0);
  EXPECT_EQ(map[0][8].item<float>(), 1);
  EXPECT_EQ(map[0][7].item<float>(), 0);
}

}  // namespace
}  // namespace detforge
