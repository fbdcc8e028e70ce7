#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/models/backbones/backbone.h"
#include "detforge/models/backbones/swin_convert.h"
#include "detforge/models/blocks/patch_merging.h"
#include "detforge/models/blocks/window_msa.h"
#include "detforge/nn/init/initializer.h"
#include "detforge/nn/load_state_dict.h"
#include "tests/support/saved_weights.h"

namespace detforge {
namespace {

/// Two narrow stages.
std::shared_ptr<Backbone> build(const std::string& rest = "") {
  const std::string config =
      "dict(dict(type='SwinTransformer', embed_dims=8, depths=[2, 2], num_heads=[2, 4], strides=(4, 2), out_indices=(0, 1), window_size=4)";
  return build_backbone(Config::from_text("value = " + config + ", " + rest + ")", ".py")["value"], {Reference::V2_27, "model.backbone"});
}

std::string message_of(const std::string& rest) {
  try {
    build(rest);
  } catch (const Error& error) {
    return error.diagnostics().front().message;
  }
  return "no error";
}

torch::Tensor parameter(const torch::nn::Module& module, const std::string& name) { return module.named_parameters()[name]; }

TEST(SwinTransformer, TakesImagesOfAnySize) {
  const torch::NoGradGuard no_grad;
  const auto backbone = build("use_abs_pos_embed=True, pretrain_img_size=(32, 24)");
  nn::initialize_weights(*backbone);
  EXPECT_EQ(parameter(*backbone, "absolute_pos_embed").sizes(), torch::IntArrayRef({1, 8, 8, 6}));
  for (const auto& [height, width] : {std::pair(64, 64), std::pair(3, 5), std::pair(37, 50), std::pair(32, 24)}) {
    const nn::Features features = backbone->forward(torch::randn({2, 3, height, width}));
    ASSERT_EQ(features.size(), 2U);
    const std::int64_t rows = (height + 3) / 4, columns = (width + 3) / 4;
    EXPECT_EQ(features[0].sizes(), torch::IntArrayRef({2, 8, rows, columns}));
    EXPECT_EQ(features[1].sizes(), torch::IntArrayRef({2, 16, (rows + 1) / 2, (columns + 1) / 2}));
  }
}

TEST(ShiftWindowMSA, ShowsATokenTheTokensOfItsWindowOnly) {
  const torch::NoGradGuard no_grad;
  constexpr std::int64_t size = 8, window = 4, shift = 2;
  ShiftWindowMSA attention({.window = {.embed_dims = 4, .num_heads = 2, .window_size = window}, .shift_size = shift});
  nn::initialize_weights(attention);
  attention.eval();
  const torch::Tensor tokens = torch::randn({1, size * size, 4});
  const torch::Tensor before = attention.forward({tokens, {size, size}});
  // Windows of the shifted grid begin at -2, 2 and 6.
  const auto window_of = [](std::int64_t place) { return (place + window - shift) / window; };
  for (const auto& [row, column] : {std::pair(0, 0), std::pair(3, 4), std::pair(7, 1), std::pair(6, 7)}) {
    torch::Tensor changed = tokens.clone();
    changed[0][row * size + column] += 1;
    const torch::Tensor differs = (attention.forward({changed, {size, size}}) - before).abs().amax(-1).view({size, size}) > 1e-6;
    for (std::int64_t y = 0; y < size; ++y) {
      for (std::int64_t x = 0; x < size; ++x) {
        const bool in_window = window_of(y) == window_of(row) && window_of(x) == window_of(column);
        EXPECT_EQ(differs[y][x].item<bool>(), in_window) << y << ", " << x << " of " << row << ", " << column;
      }
    }
  }
}

TEST(SwinTransformer, BeginsFromScratchWithoutPositions) {
  const auto backbone = build("use_abs_pos_embed=True");
  torch::manual_seed(0);
  nn::initialize_weights(*backbone);
  EXPECT_NEAR(parameter(*backbone, "absolute_pos_embed").std().item<double>(), 0.02, 0.002);
  EXPECT_NEAR(parameter(*backbone, "stages.1.blocks.0.ffn.layers.0.0.weight").std().item<double>(), 0.02, 0.002);
  EXPECT_EQ(parameter(*backbone, "stages.0.blocks.1.attn.w_msa.relative_position_bias_table").abs().max().item<double>(), 0);
}

TEST(SwinTransformer, FreezesItsPatchesAndFirstStages) {
  const auto backbone = build("frozen_stages=1, use_abs_pos_embed=True");
  backbone->train();
  for (const auto& item : backbone->named_parameters()) {
    const bool learns = item.key().starts_with("stages.1.") || item.key().starts_with("norm1.");
    EXPECT_EQ(item.value().requires_grad(), learns) << item.key();
  }
  EXPECT_FALSE(backbone->named_modules()["drop_after_pos"]->is_training());
  const auto without = build("frozen_stages=-1");
  without->train();
  EXPECT_TRUE(parameter(*without, "patch_embed.projection.weight").requires_grad());
}

TEST(SwinConvert, NamesOfficialTensorsAsWeDo) {
  const std::pair<const char*, const char*> names[] = {
      {"patch_embed.proj.weight", "patch_embed.projection.weight"},
      {"patch_embed.norm.bias", "patch_embed.norm.bias"},
      {"absolute_pos_embed", "absolute_pos_embed"},
      {"layers.0.blocks.1.norm1.weight", "stages.0.blocks.1.norm1.weight"},
      {"layers.0.blocks.1.attn_mask", "stages.0.blocks.1.attn_mask"},
      {"layers.2.blocks.0.attn.qkv.bias", "stages.2.blocks.0.attn.w_msa.qkv.bias"},
      {"layers.2.blocks.0.attn.relative_position_bias_table", "stages.2.blocks.0.attn.w_msa.relative_position_bias_table"},
      {"layers.3.blocks.1.mlp.fc1.weight", "stages.3.blocks.1.ffn.layers.0.0.weight"},
      {"layers.3.blocks.1.mlp.fc2.bias", "stages.3.blocks.1.ffn.layers.1.bias"},
      {"norm.weight", "norm.weight"}};
  for (const auto& [official, ours] : names) {
    const nn::Tensors converted = convert_official_swin({{official, torch::ones({4})}});
    ASSERT_EQ(converted.size(), 1U);
    EXPECT_EQ(converted.begin()->first, ours);
  }
  EXPECT_TRUE(convert_official_swin({{"head.weight", torch::ones({4})}}).empty());
}

TEST(SwinConvert, MakesPatchMergingGiveWhatTheOfficialOneGives) {
  const torch::NoGradGuard no_grad;
  constexpr std::int64_t channels = 3, height = 4, width = 6;
  const torch::Tensor map = torch::randn({2, height, width, channels});
  const torch::Tensor weight = torch::randn({5, 4 * channels}), scale = torch::randn({4 * channels}), shift = torch::randn({4 * channels});
  const auto every_other = [&](std::int64_t row, std::int64_t column) { return map.slice(1, row, height, 2).slice(2, column, width, 2); };
  const torch::Tensor pixels = torch::cat({every_other(0, 0), every_other(1, 0), every_other(0, 1), every_other(1, 1)}, -1).flatten(1, 2);
  const torch::Tensor wanted = torch::linear(torch::layer_norm(pixels, {4 * channels}, scale, shift), weight);

  PatchMerging merging({.in_channels = channels, .out_channels = 5}, {Reference::V2_27, "model.backbone"});
  const std::string stage = "layers.0.downsample.";
  for (const auto& [name, tensor] :
       convert_official_swin({{stage + "reduction.weight", weight}, {stage + "norm.weight", scale}, {stage + "norm.bias", shift}})) {
    parameter(merging, name.substr(std::string("stages.0.downsample.").size())).copy_(tensor);
  }
  const TokenMap merged = merging.forward({map.flatten(1, 2), {height, width}});
  EXPECT_EQ(merged.size, (ImageSize{2, 3}));
  EXPECT_TRUE(torch::allclose(merged.tokens, wanted, 1e-5, 1e-5));
}

TEST(SwinConvert, FitsPositionsToOtherWindowsAndImages) {
  const auto backbone = build("use_abs_pos_embed=True, pretrain_img_size=(16, 8)");
  const std::string table = "stages.0.blocks.0.attn.w_msa.relative_position_bias_table";
  // A bias for each head, the same everywhere, stays so; a map's tokens row by row become its places.
  nn::Tensors tensors = {{table, torch::tensor({1.0F, -2.0F}).expand({13 * 13, 2})},
                         {"absolute_pos_embed", torch::arange(64, torch::kFloat).view({1, 8, 8})}};
  fit_swin_positions(nn::state_dict(*backbone), tensors);
  EXPECT_TRUE(torch::allclose(tensors.at(table), torch::tensor({1.0F, -2.0F}).expand({49, 2})));
  EXPECT_EQ(tensors.at("absolute_pos_embed").sizes(), torch::IntArrayRef({1, 8, 4, 2}));
  EXPECT_EQ(tensors.at("absolute_pos_embed")[0][3][2][1].item<float>(), 5 * 8 + 3);
}

/// As the authors name them, with what detectors do not have.
std::filesystem::path official_weights(const Backbone& backbone) {
  NamedTensors tensors = {{"head.weight", torch::ones({2, 16})}, {"norm.weight", torch::ones({16})}};
  for (const nn::NamedTensor& entry : nn::state_dict(backbone)) {
    std::string name = entry.name;
    const auto replace = [&](const std::string& from, const std::string& to) {
      if (const auto at = name.find(from); at != std::string::npos) name.replace(at, from.size(), to);
    };
    if (name.starts_with("norm") || entry.tensor.scalar_type() != torch::kFloat) continue;
    replace("stages", "layers");
    replace("attn.w_msa.", "attn.");
    replace("ffn.layers.0.0.", "mlp.fc1.");
    replace("ffn.layers.1.", "mlp.fc2.");
    replace("projection", "proj");
    tensors.emplace_back(name, entry.tensor);
  }
  return saved_tensors(tensors);
}

TEST(SwinTransformer, BeginsWithTheOfficialWeights) {
  const auto source = build();
  nn::init_weights(*source, 1);
  const auto path = official_weights(*source);
  for (const std::string argument : {"init_cfg=dict(type='Pretrained', checkpoint='", "pretrained=('"}) {
    const auto target = build("convert_weights=True, " + argument + path.string() + "')");
    const std::vector<nn::LoadedPart> loaded = nn::init_weights(*target, 2);
    ASSERT_EQ(loaded.size(), 1U);
    EXPECT_EQ(loaded[0].report.unexpected, std::vector<std::string>{"norm.weight"});
    for (const std::string& name : loaded[0].report.missing) {
      EXPECT_TRUE(name.starts_with("norm") || name.ends_with("relative_position_index")) << name;
    }
    const std::string qkv = "stages.1.blocks.1.attn.w_msa.qkv.weight";
    EXPECT_TRUE(torch::equal(parameter(*target, qkv), parameter(*source, qkv)));
  }
}

TEST(SwinTransformer, BeginsWithTheWeightsOfADetector) {
  const auto source = build();
  nn::init_weights(*source, 1);
  const auto path = saved_weights(*source, [](const std::string& name) { return "backbone." + name; });
  const auto target = build("init_cfg=dict(type='Pretrained', checkpoint='" + path.string() + "')");
  nn::init_weights(*target, 2);
  for (const auto& item : source->named_parameters()) EXPECT_TRUE(torch::equal(parameter(*target, item.key()), item.value())) << item.key();
}

TEST(SwinTransformer, SaysWhatIsWrongWithAConfig) {
  EXPECT_EQ(message_of("patch_size=2"), "argument 'strides' of SwinTransformer: must begin with patch_size, 2");
  EXPECT_EQ(message_of("depths=[1, 1, 1]"), "argument 'num_heads' of SwinTransformer: must have an entry for each of depths, 3");
  EXPECT_EQ(message_of("num_heads=[2, 3]"),
            "argument 'num_heads' of SwinTransformer: must divide the channels of each stage: 3 does not divide 16");
  EXPECT_EQ(message_of("out_indices=(2,)"), "argument 'out_indices' of SwinTransformer: must lie between 0 and 1, got 2");
  EXPECT_EQ(message_of("init_cfg=dict(type='Kaiming')"), "argument 'init_cfg' of SwinTransformer: must name a 'checkpoint'");
  EXPECT_EQ(message_of("pretrained='a', init_cfg=dict(checkpoint='b')"),
            "argument 'pretrained' of SwinTransformer: cannot be given beside 'init_cfg'");
}

}  // namespace
}  // namespace detforge
