#include <gtest/gtest.h>

#include <limits>

#include "tests/models/roi_heads/small_heads.h"

/// Every RoI head at the borders of what it can be given: the loss is a finite number or the message a clear one.
namespace detforge {
namespace {

class RoIHeads : public testing::TestWithParam<small::HeadCase> {
 protected:
  std::shared_ptr<RoIHead> head_ = small::build(GetParam());
};

void expect_finite(const Losses& losses, bool may_be_empty = false) {
  for (const Losses::Entry& entry : losses.entries()) {
    for (const torch::Tensor& value : entry.values) EXPECT_TRUE(torch::isfinite(value).all().item<bool>()) << entry.name;
  }
  if (losses.entries().empty()) {
    EXPECT_TRUE(may_be_empty);
    return;
  }
  const torch::Tensor loss = parse_losses(losses).loss;
  if (loss.requires_grad()) loss.backward();
}

void expect_finite_gradients(const nn::Module& head) {
  for (const torch::Tensor& parameter : head.parameters()) {
    if (!parameter.grad().defined()) continue;
    EXPECT_TRUE(torch::isfinite(parameter.grad()).all().item<bool>());
  }
}

TEST_P(RoIHeads, LearnFromObjectsAndBackground) {
  head_->train();
  expect_finite(head_->loss(small::features(2), small::proposals(2, 6), small::targets(2, 2)));
  expect_finite_gradients(*head_);
}

TEST_P(RoIHeads, LearnFromBackgroundAlone) {
  head_->train();
  expect_finite(head_->loss(small::features(2), small::proposals(2, 6), small::targets(2, 0)));
  expect_finite_gradients(*head_);
}

/// The boxes a thousand pixels to the right of and below the image.
Proposals moved_outside(Proposals boxes) {
  for (torch::Tensor& image : boxes) {
    image = image.clone();
    image.slice(1, 0, 4) += 1000;
  }
  return boxes;
}

TEST_P(RoIHeads, LearnFromBoxesOutsideOfTheImage) {
  head_->train();
  const Proposals outside = moved_outside(small::proposals(2, 6));
  expect_finite(head_->loss(small::features(2), outside, small::targets(2, 2)));
  Targets targets = small::targets(2, 2);
  targets.gt_bboxes = moved_outside(targets.gt_bboxes);
  expect_finite(head_->loss(small::features(2), outside, targets));
  expect_finite_gradients(*head_);
}

TEST_P(RoIHeads, KeepWhatTheyFindOutsideWithinTheImage) {
  if (GetParam().name == "Grid") return;  // as in Python it means to, see docs/quirks.md
  const torch::NoGradGuard no_grad;
  head_->eval();
  const auto found = head_->predict(small::features(1), moved_outside(small::proposals(1, 6)), small::metas(1), /*rescale=*/false);
  const ImageSize size = small::metas(1).front().img_shape;
  for (const BoxXyxy& box : found.at(0).boxes_xyxy) {
    for (std::size_t k = 0; k < box.size(); ++k) {
      EXPECT_GE(box[k], 0);
      EXPECT_LE(box[k], static_cast<float>(k % 2 == 0 ? size.width : size.height));
    }
  }
}

TEST_P(RoIHeads, LearnNothingFromNoProposals) {
  head_->train();
  expect_finite(head_->loss(small::features(1), small::proposals(1, 0), small::targets(1, 0)), /*may_be_empty=*/true);
}

TEST_P(RoIHeads, LearnFromTheObjectsThemselvesWithoutProposals) {
  head_->train();
  expect_finite(head_->loss(small::features(2), small::proposals(2, 0), small::targets(2, 2)));
}

TEST_P(RoIHeads, FindNothingInNoProposals) {
  const torch::NoGradGuard no_grad;
  head_->eval();
  const auto found = head_->predict(small::features(2), small::proposals(2, 0), small::metas(2), /*rescale=*/true);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].size(), 0U);
  EXPECT_TRUE(found[0].masks.empty());
}

TEST_P(RoIHeads, FindNothingInAnEmptyBatch) {
  const torch::NoGradGuard no_grad;
  head_->eval();
  EXPECT_TRUE(head_->predict(small::features(0), {}, {}, /*rescale=*/true).empty());
}

TEST_P(RoIHeads, FindNothingWhereFeaturesAreNotANumber) {
  const torch::NoGradGuard no_grad;
  head_->eval();
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  try {
    const auto found = head_->predict(small::features(1, nan), small::proposals(1, 4), small::metas(1), /*rescale=*/true);
    EXPECT_EQ(found.at(0).size(), 0U);
  } catch (const Error& error) {
    // The second stage of a cascade would have to look at boxes that are not a number.
    EXPECT_TRUE(GetParam().is_cascade) << error.what();
    EXPECT_EQ(error.message(), "RoIAlign: region 0 has the coordinate nan");
  }
}

TEST_P(RoIHeads, AnImageWithoutProposalsLeavesItsNeighbourAlone) {
  const torch::NoGradGuard no_grad;
  head_->eval();
  Proposals proposals = small::proposals(2, 4);
  const auto both = head_->predict(small::features(2), proposals, small::metas(2), /*rescale=*/true);
  proposals[0] = proposals[0].slice(0, 0, 0);
  const auto second = head_->predict(small::features(2), proposals, small::metas(2), /*rescale=*/true);
  EXPECT_EQ(second.at(0).size(), 0U);
  ASSERT_EQ(second.at(1).size(), both.at(1).size());
  EXPECT_GT(both.at(1).size(), 0U);
  for (std::size_t i = 0; i < both[1].size(); ++i) EXPECT_NEAR(second[1].scores[i], both[1].scores[i], 1e-5);
}

TEST_P(RoIHeads, DrawAMaskOfTheOriginalImageForEachDetection) {
  const torch::NoGradGuard no_grad;
  head_->eval();
  for (const bool rescale : {true, false}) {
    const auto found = head_->predict(small::features(1), small::proposals(1, 4), small::metas(1), rescale).at(0);
    ASSERT_EQ(found.masks.size(), GetParam().has_masks ? found.size() : 0U);
    for (const Rle& mask : found.masks) EXPECT_EQ(mask.height, rescale ? 32U : 64U);
  }
}

TEST_P(RoIHeads, SeeTheSameInAViewAndItsMirrorImage) {
  const torch::NoGradGuard no_grad;
  head_->eval();
  nn::Features view = small::features(1), mirrored;
  for (const torch::Tensor& level : view) mirrored.push_back(level.flip(3));
  std::vector<ImageMeta> metas = small::metas(2);
  metas[1].flip = true;
  metas[1].flip_direction = "horizontal";
  const std::vector<nn::Features> views = {view, mirrored};
  const Detections found = head_->aug_predict(views, small::proposals(1, 4)[0].slice(1, 0, 4) / 2, metas, /*rescale=*/true);
  EXPECT_EQ(found.masks.size(), GetParam().has_masks ? found.size() : 0U);
  for (const float score : found.scores) EXPECT_TRUE(std::isfinite(score));
}

TEST_P(RoIHeads, TellOfEveryStage) {
  const torch::NoGradGuard no_grad;
  head_->eval();
  const torch::Tensor rois = torch::cat({torch::zeros({3, 1}), small::proposals(1, 3)[0].slice(1, 0, 4)}, 1);
  const auto outputs = head_->roi_outputs(small::features(1), rois, /*max_masks=*/2);
  ASSERT_FALSE(outputs.empty());
  EXPECT_EQ(outputs.front().name, GetParam().is_cascade ? "bbox0.cls_score" : "bbox.cls_score");
  EXPECT_EQ(outputs.front().tensor.sizes(), (std::vector<std::int64_t>{3, 4}));
  for (const RoIOutput& output : outputs) {
    if (output.name.find("mask_pred") == std::string::npos) continue;
    EXPECT_EQ(output.tensor.size(0), 2) << output.name;
  }
}

TEST_P(RoIHeads, SayWhichCfgIsMissing) {
  const auto head = small::build(GetParam(), /*with_cfgs=*/false);
  const auto message = [](const auto& action) {
    try {
      action();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message([&] { head->loss(small::features(1), small::proposals(1, 2), small::targets(1, 1)); }).find("'train_cfg.rcnn'"),
            std::string::npos);
  EXPECT_NE(message([&] { head->predict(small::features(1), small::proposals(1, 2), small::metas(1), true); }).find("'test_cfg.rcnn'"),
            std::string::npos);
}

TEST_P(RoIHeads, SayThatMasksAreMissing) {
  if (!GetParam().has_masks) return;
  Targets targets = small::targets(2, 2);
  targets.gt_masks.clear();
  EXPECT_THROW(head_->loss(small::features(2), small::proposals(2, 6), targets), Error);
  targets = small::targets(2, 2);
  targets.gt_masks[0] = BitmapMasks(ImageSize{64, 64});
  EXPECT_THROW(head_->loss(small::features(2), small::proposals(2, 6), targets), Error);
}

TEST_P(RoIHeads, LearnFromMasksWithoutPolygons) {
  if (!GetParam().has_masks) return;
  Targets targets = small::targets(2, 2);
  for (InstanceMasks& masks : targets.gt_masks) masks = PolygonMasks({Polygons(), Polygons()}, {64, 64});
  head_->train();
  expect_finite(head_->loss(small::features(2), small::proposals(2, 6), targets));
}

INSTANTIATE_TEST_SUITE_P(All, RoIHeads, testing::ValuesIn(small::head_cases()), [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace detforge
