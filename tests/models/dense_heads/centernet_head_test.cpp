#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/models/dense_heads/parts/dense_head.h"

namespace detforge {
namespace {

std::shared_ptr<DenseHead> small_head(const std::string& nms = "None") {
  const std::string text =
      "head = dict(type='CenterNetHead', in_channel=4, feat_channel=4, num_classes=3, test_cfg=dict(topk=5, "
      "local_maximum_kernel=3, max_per_img=4, nms_cfg=" +
      nms + "))\n";
  auto head = build_head<DenseHead>(Config::from_text(text, ".py").root()["head"], {Reference::V2_27, "model.bbox_head"}, "dense head");
  torch::manual_seed(3);
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : head->parameters()) parameter.uniform_(-0.5, 0.5);
  return head;
}

ImageMeta meta_of(bool flip) {
  ImageMeta meta;
  meta.img_shape = meta.pad_shape = meta.batch_input_shape = {.height = 32, .width = 48};
  meta.scale_factor = {2, 2, 2, 2};
  meta.border = {2, 30, 4, 44};
  meta.flip = flip;
  if (flip) meta.flip_direction = "horizontal";
  return meta;
}

TEST(CenterNetHead, AveragesTheMapsOfAViewAndItsFlippedOne) {
  const torch::NoGradGuard no_grad;
  const auto head = small_head();
  const nn::Features view = {torch::randn({1, 4, 8, 12})};
  // A head of 3×3 convolutions does not see a mirrored image mirrored: with the view itself in the place of its mirror image's maps the
  // average must be of a map and its mirror image, which is symmetric.
  const std::vector<nn::Features> views = {view, view};
  const Detections found = head->aug_predict(views, std::vector<ImageMeta>{meta_of(false), meta_of(true)}, /*rescale=*/false);
  ASSERT_EQ(found.size(), 5U) << "max_per_img counts only where there is NMS";
  EXPECT_FLOAT_EQ(found.scores[0], found.scores[1]) << "peaks come in mirrored pairs";

  const Detections one = head->predict(head->forward(view), std::vector<ImageMeta>{meta_of(false)}, /*rescale=*/false).front();
  const Detections original = head->predict(head->forward(view), std::vector<ImageMeta>{meta_of(false)}, /*rescale=*/true).front();
  ASSERT_EQ(one.size(), 5U);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_FLOAT_EQ(original.boxes_xyxy[0][k] * 2, one.boxes_xyxy[0][k]);
}

TEST(CenterNetHead, ComparesWhatViewsShowWhereItIsAskedTo) {
  const torch::NoGradGuard no_grad;
  const auto head = small_head("dict(type='soft_nms', iou_threshold=0.5, method='gaussian')");
  const nn::Features view = {torch::randn({1, 4, 8, 12})};
  const std::vector<nn::Features> views = {view, view};
  EXPECT_LE(head->aug_predict(views, std::vector<ImageMeta>{meta_of(false), meta_of(true)}, /*rescale=*/false).size(), 4U);
}

TEST(CenterNetHead, SaysWhichViewsItMerges) {
  const torch::NoGradGuard no_grad;
  const auto head = small_head();
  const nn::Features view = {torch::randn({1, 4, 8, 12})};
  EXPECT_THROW(head->aug_predict(std::vector<nn::Features>{view}, std::vector<ImageMeta>{meta_of(false)}, true), Error);
  EXPECT_THROW(head->aug_predict(std::vector<nn::Features>{view, view}, std::vector<ImageMeta>{meta_of(false), meta_of(false)}, true),
               Error);
  EXPECT_THROW(head->forward({view[0], view[0]}), Error) << "it has one level";
}

TEST(CenterNetHead, LosesFiniteAmountsWithoutObjectsAndOutsideOfTheImage) {
  const auto head = small_head();
  for (const torch::Tensor& boxes : {torch::zeros({0, 4}), torch::tensor({{-90.0F, -80.0F, 200.0F, 300.0F}}),
                                     torch::tensor({{60.0F, 40.0F, 60.0F, 40.0F}}), torch::tensor({{-9.0F, -9.0F, -4.0F, -4.0F}})}) {
    Targets targets;
    targets.metas = {meta_of(false)};
    targets.gt_bboxes = {boxes};
    targets.gt_labels = {torch::ones({boxes.size(0)}, torch::kLong)};
    const ParsedLosses parsed = parse_losses(head->forward_train({torch::randn({1, 4, 8, 12})}, targets));
    EXPECT_TRUE(std::isfinite(parsed.loss.item<double>())) << boxes;
    parsed.loss.backward();
    for (const torch::Tensor& parameter : head->parameters()) EXPECT_TRUE(torch::isfinite(parameter.grad()).all().item<bool>());
  }
}

}  // namespace
}  // namespace detforge
