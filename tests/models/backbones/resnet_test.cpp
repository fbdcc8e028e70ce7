#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/models/backbones/backbone.h"
#include "detforge/nn/init/initializer.h"

namespace detforge {
namespace {

std::shared_ptr<Backbone> build(const std::string& config, Reference reference = Reference::V2_8) {
  return build_backbone(Config::from_text("value = " + config, ".py")["value"], {reference, "model.backbone"});
}

std::string message_of(const std::string& config) {
  try {
    build(config);
  } catch (const Error& error) {
    return error.diagnostics().front().message;
  }
  return "no error";
}

torch::Tensor parameter(const torch::nn::Module& module, const std::string& name) { return module.named_parameters()[name]; }

/// Smaller than any real one, for tests of what is around the blocks.
std::string small(const std::string& rest) { return "dict(type='ResNet', depth=50, base_channels=4, stem_channels=8, " + rest + ")"; }

TEST(ResNet, GivesOutTheLevelsOfItsOutIndices) {
  const torch::NoGradGuard no_grad;
  const auto backbone = build(small("out_indices=(3, 0), num_stages=4"));
  nn::initialize_weights(*backbone);
  const nn::Features features = backbone->forward(torch::randn({1, 3, 65, 96}));
  ASSERT_EQ(features.size(), 2U);
  EXPECT_EQ(features[0].sizes(), torch::IntArrayRef({1, 16, 17, 24}));
  EXPECT_EQ(features[1].sizes(), torch::IntArrayRef({1, 128, 3, 3}));
}

TEST(ResNet, KeepsItsResolutionByDilation) {
  const torch::NoGradGuard no_grad;
  const auto backbone = build(small("strides=(1, 2, 2, 1), dilations=(1, 1, 1, 2), out_indices=(3,)"));
  nn::initialize_weights(*backbone);
  EXPECT_EQ(backbone->forward(torch::randn({1, 3, 64, 64}))[0].sizes(), torch::IntArrayRef({1, 128, 4, 4}));
}

TEST(ResNet, FreezesItsFirstStagesAndTheStatisticsOfAllNorms) {
  const auto backbone = build(small("frozen_stages=1, norm_eval=False"));
  backbone->train();
  const auto children = backbone->named_children();
  EXPECT_FALSE(children["bn1"]->is_training());
  EXPECT_FALSE(children["layer1"]->is_training());
  EXPECT_TRUE(children["layer2"]->is_training());
  for (const auto& item : backbone->named_parameters()) {
    const bool frozen = item.key().starts_with("conv1") || item.key().starts_with("bn1") || item.key().starts_with("layer1");
    EXPECT_EQ(item.value().requires_grad(), !frozen) << item.key();
  }
  const auto evaluating = build(small("norm_eval=True"));
  evaluating->train();
  EXPECT_TRUE(evaluating->named_children()["layer2"]->is_training());
  EXPECT_FALSE(evaluating->named_modules()["layer2.0.bn1"]->is_training());
}

TEST(ResNet, FallsBackFromDeformableConvolutionInItsVeryFirstBlockOnly) {
  const std::string text =
      nn::repr(*build(small("dcn=dict(type='ConvWS', fallback_on_stride=True), stage_with_dcn=(False, True, True, True)")));
  // Python takes the key out of the dict that all blocks share. (ConvWS stands for any other layer here.)
  std::size_t count = 0;
  for (std::size_t at = text.find("ConvWS2d"); at != std::string::npos; at = text.find("ConvWS2d", at + 1)) ++count;
  EXPECT_EQ(count, 4U + 6U + 3U - 1U);
}

TEST(ResNet, ChainsPluginsIn2_27AndLetsTheLastOneCountIn2_8) {
  const torch::NoGradGuard no_grad;
  const std::string plugin =
      "dict(cfg=dict(type='ConvModule', out_channels=4, kernel_size=1, postfix='%'), position='after_conv1', stages=(True, False, False, "
      "False))";
  const auto with_postfix = [&](const char* postfix) {
    std::string text = plugin;
    return text.replace(text.find('%'), 1, postfix);
  };
  const std::string config = small("plugins=[" + with_postfix("_a") + ", " + with_postfix("_b") + "]");
  for (const Reference reference : {Reference::V2_8, Reference::V2_27}) {
    const auto backbone = build(config, reference);
    torch::manual_seed(0);
    nn::initialize_weights(*backbone);
    backbone->eval();
    const auto block = std::dynamic_pointer_cast<nn::Layer>(backbone->named_modules()["layer1.0"]);
    parameter(*block, "bn3.weight").fill_(1);
    const torch::Tensor input = torch::randn({1, 8, 8, 8});
    const torch::Tensor before = block->forward(input);
    parameter(*block, "conv_block_a.conv.weight").zero_();
    EXPECT_EQ(torch::equal(block->forward(input), before), reference == Reference::V2_8);
  }
}

TEST(ResNet, BeginsWithBlocksThatAreTheIdentity) {
  for (const Reference reference : {Reference::V2_8, Reference::V2_27}) {
    for (const char* depth : {"18", "50"}) {
      const auto backbone = build(std::string("dict(type='ResNet', base_channels=16, depth=") + depth + ")", reference);
      torch::manual_seed(0);
      nn::initialize_weights(*backbone);
      const std::string last = std::string(depth) == "18" ? "bn2" : "bn3";
      EXPECT_EQ(parameter(*backbone, "layer4.1." + last + ".weight").abs().max().item<double>(), 0);
      EXPECT_EQ(parameter(*backbone, "layer4.1.bn1.weight").min().item<double>(), 1);
      const torch::Tensor weight = parameter(*backbone, "layer4.1.conv2.weight");
      EXPECT_NEAR(weight.std().item<double>(), std::sqrt(2.0 / (128 * 9)), 1e-3);
      const auto plain =
          build(std::string("dict(type='ResNet', zero_init_residual=False, base_channels=16, depth=") + depth + ")", reference);
      nn::initialize_weights(*plain);
      EXPECT_EQ(parameter(*plain, "layer4.1." + last + ".weight").min().item<double>(), 1);
    }
  }
}

TEST(ResNet, PassesItsCheckpointToTheLoader) {
  const auto backbone = build("dict(type='ResNet', depth=18, pretrained='torchvision://resnet18')");
  std::vector<std::string> asked;
  nn::initialize_weights(*backbone, [&](nn::Module& module, const nn::Pretrained& source) {
    asked.push_back(module.python_name() + " " + source.checkpoint);
  });
  EXPECT_EQ(asked, std::vector<std::string>{"ResNet torchvision://resnet18"});
}

TEST(ResNet, SaysWhatIsWrong) {
  EXPECT_EQ(message_of("dict(type='ResNet', depth=51)"), "argument 'depth' of ResNet: must be one of 18, 34, 50, 101, 152, got 51");
  EXPECT_EQ(message_of("dict(type='ResNeXt', depth=18)"), "argument 'depth' of ResNeXt: must be one of 50, 101, 152, got 18");
  EXPECT_EQ(message_of(small("num_stages=3")), "argument 'strides' of ResNet: must have one entry for each of the 3 stages, got 4");
  EXPECT_EQ(message_of(small("out_indices=(4,)")), "argument 'out_indices' of ResNet: must lie between 0 and 3, got 4");
  EXPECT_EQ(message_of(small("frozen_stages=5")), "argument 'frozen_stages' of ResNet: must be at most 4");
  EXPECT_EQ(message_of("dict(type='ResNet', depth=18, dcn=dict(type='ConvWS'), stage_with_dcn=(False, True, True, True))"),
            "argument 'dcn' of ResNet: needs a depth of 50 or more");
  EXPECT_EQ(message_of(small("plugins=[dict(cfg=dict(type='NonLocal2d'), position='after_conv4')]")),
            "argument 'plugins' of ResNet: each needs a 'position': 'after_conv1', 'after_conv2' or 'after_conv3'");
  EXPECT_EQ(message_of(small("plugins=2 * [dict(cfg=dict(type='NonLocal2d'), position='after_conv2')]")),
            "argument 'plugins' of ResNet: there are two of the name 'nonlocal_block'; give one a 'postfix'");
  EXPECT_EQ(message_of("dict(type='RegNet', arch='regnetx_1gf')"),
            "argument 'arch' of RegNet: must be one of regnetx_1.6gf, regnetx_12gf, regnetx_3.2gf, regnetx_4.0gf, regnetx_400mf, "
            "regnetx_6.4gf, regnetx_8.0gf, regnetx_800mf, got 'regnetx_1gf'");
}

TEST(RegNet, TakesItsLineFromADict) {
  const std::string named = nn::repr(*build("dict(type='RegNet', arch='regnetx_3.2gf')"));
  EXPECT_EQ(nn::repr(*build("dict(type='RegNet', arch=dict(w0=88, wa=26.31, wm=2.25, group_w=48, depth=25, bot_mul=1.0))")), named);
}

}  // namespace
}  // namespace detforge
