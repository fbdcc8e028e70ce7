#include <gtest/gtest.h>

#include <map>
#include <set>

#include "detforge/base/error.h"
#include "detforge/config/config.h"
#include "detforge/models/backbones/backbone.h"
#include "detforge/nn/init/initializer.h"

/// What every registered backbone keeps, without reference data. A new one that has no entry here fails `HasAnEntry`.
namespace detforge {
namespace {

struct Shape {
  std::int64_t channels, height, width;
};

struct Case {
  std::string component;  ///< its Python place
  std::string arguments;
  std::int64_t height, width;  ///< odd wherever the reference takes such sizes
  std::vector<Shape> levels;
  std::string in_channels = "";  ///< how the message names the argument
};

/// What GoogleTest shows of a case.
void PrintTo(const Case& of, std::ostream* out) { *out << of.component; }

// Sizes: a convolution with padding halves 97 × 131 to 49 × 66, 25 × 33, 13 × 17, 7 × 9, 4 × 5; a pool without to 48 × 65, 24 × 32, ….
const std::vector<Shape> bottlenecks = {{256, 25, 33}, {512, 13, 17}, {1024, 7, 9}, {2048, 4, 5}};
const std::vector<Shape> pooled = {{64, 48, 65}, {128, 24, 32}, {256, 12, 16}, {512, 6, 8}, {512, 3, 4}};
const std::string with_argument = " ('in_channels')";

const std::vector<Case> cases = {
    {"mmdet.models.backbones.resnet.ResNet",
     "type='ResNet', depth=18",
     97,
     131,
     {{64, 25, 33}, {128, 13, 17}, {256, 7, 9}, {512, 4, 5}},
     with_argument},
    {"mmdet.models.backbones.resnet.ResNetV1d", "type='ResNetV1d', depth=50", 97, 131, bottlenecks, with_argument},
    {"mmdet.models.backbones.resnext.ResNeXt", "type='ResNeXt', depth=50, groups=32, base_width=4", 97, 131, bottlenecks, with_argument},
    {"mmdet.models.backbones.res2net.Res2Net", "type='Res2Net', depth=50, scales=4, base_width=26", 97, 131, bottlenecks, with_argument},
    {"mmdet.models.backbones.resnest.ResNeSt", "type='ResNeSt', depth=50, radix=2, reduction_factor=4, stem_channels=64", 97, 131,
     bottlenecks, with_argument},
    {"mmdet.models.backbones.regnet.RegNet",
     "type='RegNet', arch='regnetx_400mf'",
     97,
     131,
     {{32, 25, 33}, {64, 13, 17}, {160, 7, 9}, {384, 4, 5}},
     with_argument},
    {"mmdet.models.backbones.detectors_resnet.DetectoRS_ResNet", "type='DetectoRS_ResNet', depth=50, conv_cfg=dict(type='ConvAWS')", 97,
     131, bottlenecks, with_argument},
    {"mmdet.models.backbones.detectors_resnext.DetectoRS_ResNeXt", "type='DetectoRS_ResNeXt', depth=50, groups=32, base_width=4", 97, 131,
     bottlenecks, with_argument},
    {"mmdet.models.backbones.trident_resnet.TridentResNet",
     "type='TridentResNet', depth=50, num_branch=3, test_branch_idx=1, num_stages=3, strides=(1, 2, 2), dilations=(1, 1, 1), "
     "trident_dilations=(1, 2, 3), out_indices=(2,)",
     97,
     131,
     {{1024, 7, 9}},
     with_argument},
    // Its branches are enlarged by factors: Python fails where a size is no multiple of 32.
    {"mmdet.models.backbones.hrnet.HRNet",
     "type='HRNet', extra=dict(stage1=dict(num_modules=1, num_branches=1, block='BOTTLENECK', num_blocks=(1,), num_channels=(16,)), "
     "stage2=dict(num_modules=1, num_branches=2, block='BASIC', num_blocks=(1, 1), num_channels=(8, 16)), "
     "stage3=dict(num_modules=1, num_branches=3, block='BASIC', num_blocks=(1, 1, 1), num_channels=(8, 16, 32)), "
     "stage4=dict(num_modules=1, num_branches=4, block='BASIC', num_blocks=(1, 1, 1, 1), num_channels=(8, 16, 32, 64)))",
     96,
     160,
     {{8, 24, 40}, {16, 12, 20}, {32, 6, 10}, {64, 3, 5}},
     with_argument},
    {"mmdet.models.backbones.hourglass.HourglassNet",
     "type='HourglassNet', downsample_times=2, num_stacks=2, stage_channels=[256, 16, 24], stage_blocks=[1, 1, 1], feat_channel=16",
     96,
     144,
     {{16, 24, 36}, {16, 24, 36}}},
    {"mmdet.models.backbones.darknet.Darknet",
     "type='Darknet', depth=53, out_indices=(3, 4, 5)",
     97,
     131,
     {{256, 13, 17}, {512, 7, 9}, {1024, 4, 5}}},
    // Focus takes every second pixel of both kinds: an even size, whose half may be odd.
    {"mmdet.models.backbones.csp_darknet.CSPDarknet",
     "type='CSPDarknet', deepen_factor=0.33, widen_factor=0.25, out_indices=(2, 3, 4)",
     98,
     130,
     {{64, 13, 17}, {128, 7, 9}, {256, 4, 5}}},
    {"mmdet.models.backbones.cspdarknet.CSPDarknet",
     "type='CSPDarknet', gd=0.33, gw=0.25, out_layers=[9, 6, 4]",
     98,
     130,
     {{64, 13, 17}, {128, 7, 9}, {256, 4, 5}}},
    {"mmdet.models.backbones.mobilenet_v2.MobileNetV2",
     "type='MobileNetV2'",
     97,
     131,
     {{24, 25, 33}, {32, 13, 17}, {96, 7, 9}, {1280, 4, 5}}},
    {"mmdet.models.backbones.efficientnet.EfficientNet",
     "type='EfficientNet', arch='b0', out_indices=(3, 4, 5)",
     97,
     131,
     {{40, 13, 17}, {112, 7, 9}, {320, 4, 5}}},
    {"mmdet.models.backbones.swin.SwinTransformer",
     "type='SwinTransformer', embed_dims=24, depths=(1, 2, 1, 1), num_heads=(1, 2, 3, 4), window_size=4",
     97,
     131,
     {{24, 25, 33}, {48, 13, 17}, {96, 7, 9}, {192, 4, 5}},
     with_argument},
    {"mmdet.models.backbones.pvt.PyramidVisionTransformer",
     "type='PyramidVisionTransformer', num_layers=[1, 1, 1, 1]",
     97,
     131,
     {{64, 24, 32}, {128, 12, 16}, {320, 6, 8}, {512, 3, 4}},
     with_argument},
    {"mmdet.models.backbones.pvt.PyramidVisionTransformerV2",
     "type='PyramidVisionTransformerV2', embed_dims=32, num_layers=[1, 1, 1, 1]",
     97,
     131,
     {{32, 25, 33}, {64, 13, 17}, {160, 7, 9}, {256, 4, 5}},
     with_argument},
    {"mmdet.models.backbones.ssd_vgg.SSDVGG",
     "type='SSDVGG', input_size=300, depth=11, out_feature_indices=(14, 24)",
     300,
     300,
     {{512, 38, 38}, {1024, 19, 19}, {512, 10, 10}, {256, 5, 5}, {256, 3, 3}, {256, 1, 1}}},
    {"mmdet.models.backbones.VGG16", "type='VGG16'", 97, 131, pooled},
    {"mmdet.models.backbones.VGG9", "type='VGG9'", 97, 131, pooled}};

std::shared_ptr<Backbone> build(const Case& of) {
  const auto backbone =
      build_backbone(Config::from_text("value = dict(" + of.arguments + ")", ".py")["value"], {Reference::V2_8, "model.backbone"});
  torch::manual_seed(0);
  nn::initialize_weights(*backbone);
  backbone->eval();
  return backbone;
}

torch::Tensor images(const Case& of, std::int64_t count, std::int64_t channels = 3) {
  torch::manual_seed(1);
  return torch::randn({count, channels, of.height, of.width});
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.diagnostics().front().message;
  }
  return "no error";
}

TEST(EveryBackbone, HasAnEntry) {
  std::set<std::string> registered, tested;
  for (const RegistryBase::Entry* entry : backbones().entries()) registered.insert(entry->info.python);
  for (const Case& one : cases) tested.insert(one.component);
  EXPECT_EQ(registered, tested);
}

class EveryBackbone : public testing::TestWithParam<Case> {
  const torch::NoGradGuard no_grad_;
};

TEST_P(EveryBackbone, GivesItsLevelsAndTheSameEachTime) {
  const auto backbone = build(GetParam());
  const torch::Tensor image = images(GetParam(), 1);
  const nn::Features levels = backbone->forward(image), again = backbone->forward(image);
  ASSERT_EQ(levels.size(), GetParam().levels.size());
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Shape& shape = GetParam().levels[i];
    EXPECT_EQ(levels[i].sizes(), torch::IntArrayRef({1, shape.channels, shape.height, shape.width})) << "level " << i;
    EXPECT_TRUE(torch::isfinite(levels[i]).all().item<bool>()) << "level " << i;
    EXPECT_TRUE(torch::equal(levels[i], again[i])) << "level " << i << " differs from one evaluation to the next";
  }
}

TEST_P(EveryBackbone, GivesABatchWhatItGivesEachImage) {
  const auto backbone = build(GetParam());
  const torch::Tensor batch = images(GetParam(), 2);
  const nn::Features together = backbone->forward(batch);
  for (std::int64_t image = 0; image < 2; ++image) {
    const nn::Features alone = backbone->forward(batch.slice(0, image, image + 1));
    for (std::size_t i = 0; i < alone.size(); ++i) {
      const double scale = alone[i].abs().max().item<double>();
      EXPECT_LE((together[i].slice(0, image, image + 1) - alone[i]).abs().max().item<double>(), 1e-5 * scale) << "level " << i;
    }
  }
}

TEST_P(EveryBackbone, IsItsStateDict) {
  const auto backbone = build(GetParam()), other = build(GetParam());
  for (const auto& item : other->named_parameters()) item.value().mul_(0.5);
  const auto source = nn::state_dict(*backbone), target = nn::state_dict(*other);
  const torch::Tensor image = images(GetParam(), 1);
  const nn::Features levels = backbone->forward(image);
  EXPECT_FALSE(torch::equal(other->forward(image).back(), levels.back())) << "half the weights give the same";
  ASSERT_EQ(source.size(), target.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    EXPECT_EQ(source[i].name, target[i].name);
    torch::Tensor(target[i].tensor).copy_(source[i].tensor);
  }
  const nn::Features copied = other->forward(image);
  for (std::size_t i = 0; i < levels.size(); ++i) EXPECT_TRUE(torch::equal(copied[i], levels[i])) << "level " << i;
}

TEST_P(EveryBackbone, SaysWhichImagesItTakes) {
  const auto backbone = build(GetParam());
  const std::string name = backbone->python_name();
  EXPECT_EQ(message_of([&] { backbone->forward(images(GetParam(), 1, 4)); }),
            name + " takes images of 3 channels" + GetParam().in_channels + ", got 4");
  EXPECT_EQ(message_of([&] { backbone->forward(images(GetParam(), 1)[0]); }),
            name + " takes images [N, C, H, W], got a tensor of 3 dimensions");
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryBackbone, testing::ValuesIn(cases), [](const auto& test) {
  std::string name = test.param.component.substr(std::string("mmdet.models.backbones.").size());
  for (char& letter : name) letter = std::isalnum(static_cast<unsigned char>(letter)) ? letter : '_';
  return name;
});

}  // namespace
}  // namespace detforge
