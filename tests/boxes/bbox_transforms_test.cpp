#include "detforge/boxes/bbox_transforms.h"

#include <limits>

#include "detforge/base/error.h"
#include "tests/boxes/boxes.h"

namespace detforge {
namespace {

using testing::boxes;
using testing::expect_close;

TEST(ClipBoxes, LimitsEachAxisAndKeepsNaN) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const torch::Tensor clipped = clip_boxes(boxes({{-3, 5, 70, 90}, {10, nan, 20, 30}}), {50, 60});
  expect_close(clipped[0], torch::tensor({0.F, 5.F, 60.F, 50.F}), 0);
  EXPECT_TRUE(std::isnan(clipped[1][1].item<float>()));
  EXPECT_EQ(clip_boxes(torch::zeros({0, 8}), {50, 60}).sizes(), (std::vector<std::int64_t>{0, 8}));
}

TEST(BboxTransforms, CentreAndSizeAreTheInverseOfCorners) {
  const torch::Tensor corners = boxes({{1, 2, 5, 12}, {0, 0, 3, 1}});
  expect_close(bbox_xyxy_to_cxcywh(corners), boxes({{3, 7, 4, 10}, {1.5F, 0.5F, 3, 1}}), 0);
  expect_close(bbox_cxcywh_to_xyxy(bbox_xyxy_to_cxcywh(corners)), corners, 0);
}

TEST(BboxTransforms, RescaleKeepsTheCentre) { expect_close(bbox_rescale(boxes({{2, 2, 6, 10}}), 1.5), boxes({{1, 0, 7, 12}}), 0); }

TEST(BboxFlip, MirrorsTheAxesOfItsDirection) {
  const torch::Tensor box = boxes({{1, 2, 5, 12}});
  const ImageSize size{20, 30};
  expect_close(bbox_flip(box, size, "horizontal"), boxes({{25, 2, 29, 12}}), 0);
  expect_close(bbox_flip(box, size, "vertical"), boxes({{1, 8, 5, 18}}), 0);
  expect_close(bbox_flip(box, size, "diagonal"), boxes({{25, 8, 29, 18}}), 0);
  const torch::Tensor two = torch::cat({box, box + 1}, 1);
  expect_close(bbox_flip(two, size, "horizontal").slice(1, 4, 8), bbox_flip(box + 1, size, "horizontal"), 0);
  EXPECT_THROW(bbox_flip(box, size, "sideways"), Error);
}

TEST(BboxMapping, GoesToTheInputAndBack) {
  ImageMeta meta;
  meta.img_shape = {40, 60};
  meta.scale_factor = {2, 4, 2, 4};
  meta.flip = true;
  meta.flip_direction = "horizontal";
  const torch::Tensor box = boxes({{1, 2, 5, 8}});
  expect_close(bbox_mapping(box, meta), boxes({{50, 8, 58, 32}}), 0);
  expect_close(bbox_mapping_back(bbox_mapping(box, meta), meta), box, 0);
}

}  // namespace
}  // namespace detforge
