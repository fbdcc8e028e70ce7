#include "detforge/models/roi_heads/merge_augs.h"

#include <gtest/gtest.h>

namespace detforge {
namespace {

std::vector<ImageMeta> plain_and_mirrored() {
  ImageMeta meta;
  meta.img_shape = {40, 80};
  meta.scale_factor = {2, 2, 2, 2};
  std::vector<ImageMeta> metas(2, meta);
  metas[1].flip = true;
  metas[1].flip_direction = "horizontal";
  return metas;
}

TEST(MergeAugs, MeansBoxesOfTheOriginalImageAndTheirScores) {
  const ScoredBoxes plain{torch::tensor({10.F, 4.F, 30.F, 8.F}).view({1, 4}), torch::tensor({0.2F, 0.8F}).view({1, 2}), {}};
  const ScoredBoxes mirrored{torch::tensor({50.F, 4.F, 66.F, 8.F}).view({1, 4}), torch::tensor({0.4F, 0.6F}).view({1, 2}), {}};
  const std::vector<ScoredBoxes> views = {plain, mirrored};
  const ScoredBoxes merged = merge_aug_bboxes(views, plain_and_mirrored());
  EXPECT_TRUE(torch::allclose(merged.boxes, torch::tensor({6.F, 2.F, 15.F, 4.F}).view({1, 4})));
  EXPECT_TRUE(torch::allclose(merged.scores, torch::tensor({0.3F, 0.7F}).view({1, 2})));
}

TEST(MergeAugs, TurnsMasksBackBeforeTheMean) {
  const torch::Tensor mask = torch::tensor({0.F, 1.F, 2.F, 3.F}).view({1, 2, 2});
  std::vector<ImageMeta> metas = plain_and_mirrored();
  for (const auto& [direction, flipped] : std::vector<std::pair<std::string, torch::Tensor>>{
           {"horizontal", mask.flip(2)}, {"vertical", mask.flip(1)}, {"diagonal", mask.flip({1, 2})}}) {
    metas[1].flip_direction = direction;
    const std::vector<torch::Tensor> views = {mask, flipped};
    EXPECT_TRUE(torch::equal(merge_aug_masks(views, metas), mask)) << direction;
  }
}

}  // namespace
}  // namespace detforge
