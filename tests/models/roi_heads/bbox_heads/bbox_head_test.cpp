#include "detforge/models/roi_heads/bbox_heads/bbox_head.h"

#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/models/inference/detect_images.h"

namespace detforge {
namespace {

std::shared_ptr<RoIBBoxHead> head(const std::string& config) {
  auto built = build_head<RoIBBoxHead>(Config::from_text("head = " + config, ".py")["head"], {Reference::V2_27, "bbox_head"}, "box head");
  init_random_weights(*built, 2);
  return built;
}

const std::string two_classes = "dict(type='BBoxHead', in_channels=4, roi_feat_size=2, num_classes=2)";
const std::string plain_deltas =
    "dict(type='BBoxHead', in_channels=4, roi_feat_size=2, num_classes=2, bbox_coder=dict(type='DeltaXYWHBBoxCoder', target_means=[0., 0., "
    "0., "
    "0.], target_stds=[1., 1., 1., 1.]))";

/// One positive, an object itself, one that is none, and a background.
SamplingResult sample() {
  SamplingResult result;
  result.pos_bboxes = torch::tensor({0.F, 0.F, 10.F, 10.F, 20.F, 20.F, 40.F, 40.F}).view({2, 4});
  result.neg_bboxes = torch::tensor({5.F, 5.F, 9.F, 9.F}).view({1, 4});
  result.pos_is_gt = torch::tensor({1, 0}, torch::kByte);
  result.pos_gt_bboxes = torch::tensor({0.F, 0.F, 10.F, 10.F, 22.F, 20.F, 42.F, 40.F}).view({2, 4});
  result.pos_gt_labels = torch::tensor({1, 0}, torch::kLong);
  result.pos_assigned_gt_inds = torch::tensor({0, 1}, torch::kLong);
  result.num_gts = 2;
  return result;
}

ImageMeta meta() {
  ImageMeta of_image;
  of_image.img_shape = {50, 60};
  return of_image;
}

TEST(BBoxHead, TargetsArePositivesFirstAndBackgroundOfFullWeight) {
  const std::vector<SamplingResult> samples = {sample(), sample()};
  const BBoxTargets targets = head(plain_deltas)->get_targets(samples, /*pos_weight=*/3);
  EXPECT_TRUE(torch::equal(targets.labels, torch::tensor({1, 0, 2, 1, 0, 2}, torch::kLong)));
  EXPECT_TRUE(torch::equal(targets.label_weights, torch::tensor({3.F, 3.F, 1.F, 3.F, 3.F, 1.F})));
  const torch::Tensor deltas = torch::tensor({0.F, 0.F, 0.F, 0.F, 0.1F, 0.F, 0.F, 0.F, 0.F, 0.F, 0.F, 0.F}).view({3, 4});
  EXPECT_TRUE(torch::allclose(targets.bbox_targets[0], torch::cat({deltas, deltas})));
  EXPECT_EQ(targets.bbox_weights[0].sum().item<float>(), 16);
}

TEST(BBoxHead, RegressesEachBoxByItsOwnClass) {
  BBoxOutputs outputs;
  // Two boxes; the first class moves by the width, the second by the height.
  outputs.bbox_pred = {torch::tensor({1.F, 0.F, 0.F, 0.F, 0.F, 1.F, 0.F, 0.F}).view({1, 8}).repeat({2, 1})};
  const torch::Tensor boxes = torch::tensor({0.F, 0.F, 10.F, 20.F}).view({1, 4}).repeat({2, 1});
  const torch::Tensor moved = head(plain_deltas)->regress_by_class(boxes, torch::tensor({0, 1}, torch::kLong), outputs, meta());
  EXPECT_TRUE(torch::allclose(moved, torch::tensor({10.F, 0.F, 20.F, 20.F, 0.F, 20.F, 10.F, 40.F}).view({2, 4})));
}

TEST(BBoxHead, RefinesWithoutTheObjectsThemselves) {
  const std::vector<SamplingResult> samples = {sample(), sample()};
  std::vector<ImageMeta> metas(2, meta());
  metas[1].img_shape = {30, 30};
  BBoxOutputs outputs;
  outputs.bbox_pred = {torch::zeros({6, 8})};
  const torch::Tensor rois = torch::cat({torch::zeros({6, 1}), torch::cat({samples[0].bboxes(), samples[1].bboxes()})}, 1);
  const auto refined = head(plain_deltas)->refine_bboxes(rois, torch::zeros({6}, torch::kLong), outputs, samples, metas);
  ASSERT_EQ(refined.size(), 2U);
  EXPECT_TRUE(torch::allclose(refined[0], torch::tensor({20.F, 20.F, 40.F, 40.F, 5.F, 5.F, 9.F, 9.F}).view({2, 4})));
  EXPECT_TRUE(torch::allclose(refined[1], torch::tensor({20.F, 20.F, 30.F, 30.F, 5.F, 5.F, 9.F, 9.F}).view({2, 4})));
}

TEST(BBoxHead, GivesBoxesAndClassesAsAsked) {
  const torch::Tensor feats = torch::randn({3, 4, 2, 2});
  const BBoxOutputs classes = head("dict(type='BBoxHead', in_channels=4, roi_feat_size=2, num_classes=2, with_reg=False)")->forward(feats);
  EXPECT_EQ(classes.cls_score.sizes(), (std::vector<std::int64_t>{3, 3}));
  EXPECT_TRUE(classes.bbox_pred.empty());
  const BBoxOutputs boxes =
      head("dict(type='BBoxHead', in_channels=4, roi_feat_size=2, num_classes=2, with_cls=False, reg_class_agnostic=True)")->forward(feats);
  EXPECT_FALSE(boxes.cls_score.defined());
  EXPECT_EQ(boxes.bbox_pred.at(0).sizes(), (std::vector<std::int64_t>{3, 4}));
  const auto pooled = head("dict(type='BBoxHead', in_channels=4, roi_feat_size=2, num_classes=2, with_avg_pool=True)");
  EXPECT_TRUE(torch::allclose(pooled->forward(feats).cls_score,
                              pooled->forward(feats.mean({2, 3}, /*keepdim=*/true).expand({3, 4, 2, 2}).contiguous()).cls_score));
}

TEST(BBoxHead, SpecialLossesDecideHowManyScoresThereAre) {
  const auto seesaw = head(
      "dict(type='Shared2FCBBoxHead', in_channels=4, roi_feat_size=2, fc_out_channels=8, num_classes=2, "
      "cls_predictor_cfg=dict(type='NormedLinear', tempearture=20), loss_cls=dict(type='SeesawLoss', num_classes=2))");
  const torch::Tensor rois = torch::tensor({0.F, 0.F, 0.F, 10.F, 10.F}).view({1, 5}).repeat({3, 1});
  const BBoxOutputs outputs = seesaw->forward(torch::randn({3, 4, 2, 2}));
  EXPECT_EQ(outputs.cls_score.size(1), 4);
  EXPECT_EQ(seesaw->get_bboxes(rois, outputs, meta()).scores.size(1), 3);
  EXPECT_EQ(seesaw->comparable_scores(outputs.cls_score).size(1), 3);
  const std::vector<SamplingResult> samples = {sample()};
  const Losses losses = seesaw->loss(outputs, rois, seesaw->get_targets(samples, -1));
  for (const char* name : {"loss_cls_objectness", "loss_cls_classes", "acc_objectness", "acc_classes", "loss_bbox"}) {
    EXPECT_NE(losses.find(name), nullptr) << name;
  }
  EXPECT_EQ(losses.find("loss_cls"), nullptr);
}

TEST(BBoxHead, TellsSamplersTheLossOfEachRegion) {
  const auto built = head(two_classes);
  const BBoxOutputs outputs = built->forward(torch::randn({4, 4, 2, 2}));
  const torch::Tensor labels = torch::tensor({0, 1, 2, 0}, torch::kLong);
  const Judgement judged = built->judge(outputs, labels, "loss_cls");
  EXPECT_TRUE(torch::allclose(judged.losses, torch::cross_entropy_loss(outputs.cls_score, labels, {}, at::Reduction::None)));
  EXPECT_THROW(built->judge(outputs, labels, "loss_other"), Error);
}

TEST(ConvFCBBoxHead, SaysWhichLayersContradictEachOther) {
  const auto message = [](const std::string& arguments) {
    try {
      head("dict(type='ConvFCBBoxHead', " + arguments + ")");
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  EXPECT_NE(message("").find("'num_shared_fcs'"), std::string::npos);
  EXPECT_NE(message("num_shared_fcs=1, num_cls_convs=1").find("must be 0 where a branch has convolutions"), std::string::npos);
  EXPECT_NE(message("num_shared_fcs=1, with_cls=False, num_cls_fcs=1").find("with_cls"), std::string::npos);
  EXPECT_NE(message("num_shared_fcs=1, with_reg=False, num_reg_fcs=1").find("with_reg"), std::string::npos);
}

TEST(ConvFCBBoxHead, BranchesOfAnyDepthFit) {
  const torch::Tensor feats = torch::randn({2, 4, 2, 2});
  for (const char* layers :
       {"num_shared_convs=1, num_shared_fcs=1", "num_cls_convs=1, num_reg_fcs=2", "num_cls_fcs=1, num_reg_convs=2, num_reg_fcs=1",
        "num_shared_fcs=1, num_cls_fcs=1", "num_shared_convs=1, num_cls_convs=1, with_avg_pool=True"}) {
    const auto built =
        head(std::string("dict(type='ConvFCBBoxHead', in_channels=4, roi_feat_size=2, conv_out_channels=6, fc_out_channels=8, "
                         "num_classes=2, ") +
             layers + ")");
    const BBoxOutputs outputs = built->forward(feats);
    EXPECT_EQ(outputs.cls_score.sizes(), (std::vector<std::int64_t>{2, 3})) << layers;
    EXPECT_EQ(outputs.bbox_pred.at(0).sizes(), (std::vector<std::int64_t>{2, 8})) << layers;
  }
}

}  // namespace
}  // namespace detforge
