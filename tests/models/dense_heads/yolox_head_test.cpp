#include <gtest/gtest.h>

#include <map>

#include "detforge/models/dense_heads/parts/dense_head.h"
#include "detforge/models/inference/detect_images.h"

namespace detforge {
namespace {

std::shared_ptr<DenseHead> small_head(bool dcn_on_last_conv) {
  const Value config =
      Value::dict({{"type", "YOLOXHead"},
                   {"num_classes", 3},
                   {"in_channels", 4},
                   {"feat_channels", 6},
                   {"strides", Value::list({8, 16})},
                   {"dcn_on_last_conv", dcn_on_last_conv},
                   {"test_cfg", Value::dict({{"score_thr", 0.1}, {"nms", Value::dict({{"type", "nms"}, {"iou_threshold", 0.65}})}})}});
  auto head = build_head<DenseHead>(config, {}, "dense head");
  init_random_weights(*head, 3);
  head->eval();
  return head;
}

TEST(YOLOXHead, ADeformableLastConvolutionThatDoesNotDeformIsAPlainOne) {
  const auto plain = small_head(false), deformable = small_head(true);
  std::map<std::string, torch::Tensor> weights;
  for (const nn::NamedTensor& entry : nn::state_dict(*plain)) weights.emplace(entry.name, entry.tensor);
  const torch::NoGradGuard no_grad;
  std::size_t offsets = 0, deformed = 0;
  for (const nn::NamedTensor& entry : nn::state_dict(*deformable)) {
    if (entry.name.find(".conv_offset.") != std::string::npos) {
      entry.tensor.zero_();
      ++offsets;
      continue;
    }
    entry.tensor.copy_(weights.at(entry.name));
    // Of the two convolutions in each stack, the last. Its samples weigh sigmoid(0), which is a half.
    if (entry.name.ends_with("_convs.0.1.conv.weight") || entry.name.ends_with("_convs.1.1.conv.weight")) {
      entry.tensor.mul_(2);
      ++deformed;
    }
  }
  EXPECT_EQ(deformed, 4U);
  EXPECT_EQ(offsets, 2 * deformed) << "only the last convolutions find offsets";

  torch::manual_seed(5);
  const nn::Features features = {torch::randn({2, 4, 7, 5}), torch::randn({2, 4, 3, 2})};
  const HeadOutputs wanted = plain->forward(features), found = deformable->forward(features);
  ASSERT_EQ(found.size(), 3U);
  for (std::size_t kind = 0; kind < found.size(); ++kind) {
    for (std::size_t level = 0; level < features.size(); ++level) {
      EXPECT_TRUE(torch::allclose(found[kind][level], wanted[kind][level], 1e-4, 1e-5)) << kind << ' ' << level;
    }
  }
}

TEST(YOLOXHead, MergesViewsInTheOriginalImage) {
  const torch::NoGradGuard no_grad;
  const auto head = small_head(false);
  torch::manual_seed(5);
  const nn::Features features = {torch::randn({1, 4, 8, 8}), torch::randn({1, 4, 4, 4})};
  ImageMeta meta;
  meta.img_shape = {.height = 64, .width = 64};
  meta.scale_factor = {2, 2, 2, 2};
  const Detections alone = head->predict(head->forward(features), {&meta, 1}, /*rescale=*/true).front();
  ASSERT_GT(alone.size(), 0U);

  const std::vector<nn::Features> twice = {features, features};
  const Detections merged = head->aug_predict(twice, std::vector<ImageMeta>{meta, meta}, /*rescale=*/true);
  EXPECT_EQ(merged.boxes_xyxy, alone.boxes_xyxy) << "what both views show is found once";
  EXPECT_EQ(merged.scores, alone.scores);

  meta.flip = true;
  meta.flip_direction = "horizontal";
  const Detections mirrored = head->aug_predict(std::vector<nn::Features>{features}, {&meta, 1}, /*rescale=*/true);
  ASSERT_EQ(mirrored.size(), alone.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_NEAR(mirrored.boxes_xyxy[i][0], 32 - alone.boxes_xyxy[i][2], 1e-4);
    EXPECT_NEAR(mirrored.boxes_xyxy[i][2], 32 - alone.boxes_xyxy[i][0], 1e-4);
    EXPECT_EQ(mirrored.labels[i], alone.labels[i]);
  }
}

}  // namespace
}  // namespace detforge
