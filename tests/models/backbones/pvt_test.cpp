#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/models/backbones/backbone.h"
#include "detforge/models/backbones/pvt_convert.h"
#include "detforge/nn/init/initializer.h"
#include "detforge/nn/load_state_dict.h"
#include "tests/support/saved_weights.h"

namespace detforge {
namespace {

/// A PVT of two narrow stages.
std::shared_ptr<Backbone> build(const std::string& rest = "") {
  const std::string config =
      "dict(dict(type='PyramidVisionTransformer', embed_dims=4, num_stages=2, num_layers=[1, 2], num_heads=[1, 2], patch_sizes=[4, 2], "
      "strides=[4, 2], paddings=[0, 0], sr_ratios=[2, 1], mlp_ratios=[2, 2], out_indices=(1,)";
  return build_backbone(Config::from_text("value = " + config + "), " + rest + ")", ".py")["value"], {Reference::V2_27, "model.backbone"});
}

torch::Tensor parameter(const torch::nn::Module& module, const std::string& name) { return module.named_parameters()[name]; }

TEST(PyramidVisionTransformer, InterpolatesPositionsForImagesOfAnySize) {
  const torch::NoGradGuard no_grad;
  const auto backbone = build("pretrain_img_size=(32, 16)");
  torch::manual_seed(0);
  nn::initialize_weights(*backbone);
  EXPECT_EQ(parameter(*backbone, "layers.0.1.0.pos_embed").sizes(), torch::IntArrayRef({1, 8 * 4, 4}));
  EXPECT_NEAR(parameter(*backbone, "layers.0.1.0.pos_embed").std().item<double>(), 0.02, 0.005);
  const nn::Features features = backbone->forward(torch::randn({2, 3, 40, 56}));
  ASSERT_EQ(features.size(), 1U);
  EXPECT_EQ(features[0].sizes(), torch::IntArrayRef({2, 8, 5, 7}));
}

TEST(PyramidVisionTransformer, MayDoWithoutBiasesOfQueriesKeysAndValues) {
  const torch::NoGradGuard no_grad;
  const auto backbone = build("qkv_bias=False");
  nn::initialize_weights(*backbone);
  EXPECT_FALSE(backbone->named_parameters().contains("layers.0.1.1.attn.attn.in_proj_bias"));
  EXPECT_FALSE(backbone->named_parameters().contains("layers.0.1.1.attn.attn.out_proj.bias"));
  EXPECT_TRUE(torch::isfinite(backbone->forward(torch::randn({1, 3, 32, 32}))[0]).all().item<bool>());
}

TEST(PvtConvert, NamesOfficialTensorsAsWeDo) {
  const std::pair<const char*, const char*> names[] = {{"patch_embed1.proj.weight", "layers.0.0.projection.weight"},
                                                       {"patch_embed4.norm.bias", "layers.3.0.norm.bias"},
                                                       {"block1.0.norm1.weight", "layers.0.1.0.norm1.weight"},
                                                       {"block3.12.attn.proj.bias", "layers.2.1.12.attn.attn.out_proj.bias"},
                                                       {"block2.1.attn.sr.weight", "layers.1.1.1.attn.sr.weight"},
                                                       {"block2.1.attn.norm.weight", "layers.1.1.1.attn.norm.weight"},
                                                       {"block2.1.mlp.fc1.bias", "layers.1.1.1.ffn.layers.0.bias"},
                                                       {"block2.1.mlp.fc2.bias", "layers.1.1.1.ffn.layers.3.bias"},
                                                       {"norm2.weight", "layers.1.2.weight"}};
  for (const auto& [official, ours] : names) {
    const nn::Tensors converted = convert_official_pvt({{official, torch::ones({4})}});
    ASSERT_EQ(converted.size(), 1U) << official;
    EXPECT_EQ(converted.begin()->first, ours);
  }
  for (const char* name : {"head.weight", "norm.weight", "cls_token"}) {
    EXPECT_TRUE(convert_official_pvt({{name, torch::ones({4})}}).empty()) << name;
  }
}

TEST(PvtConvert, JoinsQueriesWithKeysAndMakesConvolutionsOfLinearLayers) {
  const torch::Tensor q = torch::randn({4, 4}), kv = torch::randn({8, 4}), fc = torch::randn({8, 4});
  const nn::Tensors converted = convert_official_pvt({{"block1.0.attn.q.weight", q},
                                                      {"block1.0.attn.kv.weight", kv},
                                                      {"block1.0.mlp.fc1.weight", fc},
                                                      {"block1.0.mlp.fc2.weight", fc.t()},
                                                      {"block1.0.mlp.dwconv.dwconv.weight", torch::ones({8, 1, 3, 3})}});
  ASSERT_EQ(converted.size(), 4U);
  EXPECT_TRUE(torch::equal(converted.at("layers.0.1.0.attn.attn.in_proj_weight"), torch::cat({q, kv})));
  EXPECT_TRUE(torch::equal(converted.at("layers.0.1.0.ffn.layers.0.weight"), fc.view({8, 4, 1, 1})));
  EXPECT_TRUE(converted.contains("layers.0.1.0.ffn.layers.1.weight"));
  EXPECT_TRUE(torch::equal(converted.at("layers.0.1.0.ffn.layers.4.weight"), fc.t().reshape({4, 8, 1, 1})));
}

TEST(PvtConvert, TakesPositionsBeforeTheBlocksWithoutThatOfTheClass) {
  const torch::Tensor positions = torch::randn({1, 50, 4});
  const nn::Tensors converted =
      convert_official_pvt({{"pos_embed1", positions}, {"pos_embed4", positions}, {"block4.0.norm1.weight", torch::ones({4})}});
  EXPECT_TRUE(torch::equal(converted.at("layers.0.1.0.pos_embed"), positions));
  EXPECT_TRUE(torch::equal(converted.at("layers.3.1.0.pos_embed"), positions.slice(1, 1)));
  EXPECT_TRUE(converted.contains("layers.3.1.1.norm1.weight"));
}

TEST(PyramidVisionTransformerV2, BeginsWithTheOfficialWeights) {
  const auto path = saved_tensors({{"block2.1.norm1.weight", torch::full({8}, 7.0F)}, {"head.weight", torch::ones({2, 2})}});
  // MMDetection's own configs give no type either.
  const Value config = Value::dict({{"type", "PyramidVisionTransformerV2"},
                                    {"embed_dims", 4},
                                    {"num_layers", Value::list({1, 2, 1, 1})},
                                    {"init_cfg", Value::dict({{"checkpoint", path.string()}})}});
  const auto backbone = build_backbone(config, {Reference::V2_27, "model.backbone"});
  const std::vector<nn::LoadedPart> loaded = nn::init_weights(*backbone, 0);
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_TRUE(loaded[0].report.unexpected.empty());
  EXPECT_EQ(parameter(*backbone, "layers.1.1.1.norm1.weight").min().item<float>(), 7.0F);
}

TEST(PyramidVisionTransformer, TakesItsOwnWeightsWithoutConversion) {
  const auto source = build();
  nn::init_weights(*source, 1);
  const auto path = saved_weights(*source, [](const std::string& name) { return name; });
  const auto target = build("convert_weights=False, pretrained='" + path.string() + "'");
  const std::vector<nn::LoadedPart> loaded = nn::init_weights(*target, 2);
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_TRUE(loaded[0].report.empty()) << loaded[0].report.text();
}

TEST(PyramidVisionTransformer, SaysWhatIsWrongWithAConfig) {
  const auto message_of = [](const std::string& rest) {
    try {
      build(rest);
    } catch (const Error& error) {
      return error.diagnostics().front().message;
    }
    return std::string("no error");
  };
  EXPECT_EQ(message_of("num_stages=3"), "argument 'num_layers' of PyramidVisionTransformer: must have num_stages entries, 3");
  EXPECT_EQ(message_of("out_indices=(2,)"), "argument 'out_indices' of PyramidVisionTransformer: must lie between 0 and 1, got 2");
}

}  // namespace
}  // namespace detforge
