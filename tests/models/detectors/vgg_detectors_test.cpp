#include <gtest/gtest.h>

#include "detforge/apps/weights.h"
#include "detforge/models/training/losses.h"
#include "detforge/nn/init/initializer.h"
#include "tests/support/paths.h"

/// Our configs of detectors on VGG16 and VGG9 build, and learn an image by heart.
namespace detforge {
namespace {

struct Case {
  const char* config;
  std::int64_t size;  ///< of the square image, px
  const char* backbone;
};

void PrintTo(const Case& of, std::ostream* out) { *out << of.config; }

class VggDetectors : public testing::TestWithParam<Case> {};

TEST_P(VggDetectors, LowerTheirLosses) {
  Config config = Config::from_file(source_dir() / "configs/vgg" / GetParam().config);
  config["model"]["pretrained"] = nullptr;
  const auto model = build_model(config, Reference::V2_27);
  EXPECT_NE(nn::repr(*model).find(std::string("(backbone): ") + GetParam().backbone + "("), std::string::npos);
  torch::manual_seed(3);
  nn::initialize_weights(*model);
  model->train();

  const std::int64_t size = GetParam().size;
  Targets targets;
  ImageMeta meta;
  meta.img_shape = meta.pad_shape = meta.batch_input_shape = {static_cast<int>(size), static_cast<int>(size)};
  targets.metas = {meta, meta};
  const torch::Tensor boxes = torch::tensor({{10.0F, 12.0F, 70.0F, 90.0F}, {40.0F, 20.0F, 110.0F, 64.0F}});
  targets.gt_bboxes = {boxes, boxes};
  targets.gt_labels = {torch::tensor({3, 17}, torch::kLong), torch::tensor({3, 17}, torch::kLong)};
  const torch::Tensor images = torch::randn({2, 3, size, size});

  std::vector<torch::Tensor> learning;
  for (const torch::Tensor& parameter : model->parameters()) {
    if (parameter.requires_grad()) learning.push_back(parameter);
  }
  torch::optim::SGD optimizer(learning, 1e-3);
  std::vector<double> losses;
  for (int step = 0; step < 4; ++step) {
    optimizer.zero_grad();
    const torch::Tensor loss = parse_losses(model->loss(images, targets)).loss;
    loss.backward();
    torch::nn::utils::clip_grad_norm_(learning, 10);
    optimizer.step();
    losses.push_back(loss.item<double>());
    ASSERT_TRUE(std::isfinite(losses.back()));
  }
  EXPECT_LT(losses.back(), losses.front());
}

INSTANTIATE_TEST_SUITE_P(Configs, VggDetectors,
                         testing::Values(Case{"retinanet_vgg16_fpn_1x_coco.py", 128, "VGG16"},
                                         Case{"retinanet_vgg9_fpn_1x_coco.py", 128, "VGG9"}, Case{"ssd_vgg16_300_coco.py", 300, "VGG16"},
                                         Case{"ssd_vgg9_300_coco.py", 300, "VGG9"}),
                         [](const auto& test) {
                           const std::string config = test.param.config;
                           return config.substr(0, config.find('.'));
                         });

}  // namespace
}  // namespace detforge
