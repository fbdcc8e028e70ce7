#include <gtest/gtest.h>

#include <cmath>

#include "detforge/base/error.h"
#include "detforge/config/config.h"
#include "detforge/models/backbones/backbone.h"
#include "detforge/nn/init/initializer.h"

namespace detforge {
namespace {

std::shared_ptr<Backbone> build(const std::string& arguments) {
  return build_backbone(Config::from_text("value = dict(" + arguments + ")", ".py")["value"], {Reference::V2_8, "model.backbone"});
}

/// `count` numbers between -scale / 2 and scale / 2 that PyTorch computes alike.
torch::Tensor ramp(torch::IntArrayRef shape, std::int64_t salt, double scale) {
  const auto i = torch::arange(c10::multiply_integers(shape), torch::kFloat64);
  return (((i * 7919 + 31 * salt).remainder(1009) / 1009 - 0.5) * scale).to(torch::kFloat32).view(shape);
}

void fill(Backbone& backbone, bool with_bn) {
  const torch::NoGradGuard no_grad;
  std::int64_t salt = 0;
  for (const nn::NamedTensor& entry : nn::state_dict(backbone)) {
    torch::Tensor tensor = entry.tensor;
    if (entry.name.ends_with("num_batches_tracked")) continue;
    if (entry.name.ends_with("running_mean")) {
      tensor.zero_();
    } else if (entry.name.ends_with("running_var")) {
      tensor.fill_(1);
    } else {
      const double scale = tensor.dim() > 1 ? 2 * std::sqrt(6.0 / static_cast<double>(tensor[0].numel())) : 0.2;
      tensor.copy_(ramp(tensor.sizes(), salt++, scale));
      if (with_bn && tensor.dim() == 1 && entry.name.ends_with("weight")) tensor.add_(1);
    }
  }
}

struct Level {
  std::vector<std::int64_t> shape;
  double sum, squares;
};

/// What a list of PyTorch's Conv2d, BatchNorm2d, ReLU and MaxPool2d, written down without this library, gave for the same numbers.
struct Case {
  std::string arguments;
  bool with_bn;
  std::int64_t entries, parameters;
  std::vector<Level> levels;
};
const std::vector<Case> cases = {{"type='VGG16'",
                                  false,
                                  26,
                                  14714688,
                                  {{{1, 64, 35, 46}, 26161.684579401743, 8585.496778092314},
                                   {{1, 128, 17, 23}, 5683.568816421146, 1028.6032107567312},
                                   {{1, 256, 8, 11}, 4752.608547643817, 1465.2799605591113},
                                   {{1, 512, 4, 5}, 521.5742262482527, 57.92290406294843},
                                   {{1, 512, 2, 2}, 70.08415648434311, 5.649959243607141}}},
                                 {"type='VGG16', with_bn=True",
                                  true,
                                  91,
                                  14723136,
                                  {{{1, 64, 35, 46}, 25779.271807426598, 9317.240490418932},
                                   {{1, 128, 17, 23}, 7604.245009586852, 1966.6938501438658},
                                   {{1, 256, 8, 11}, 3619.242642177702, 1024.708461507596},
                                   {{1, 512, 4, 5}, 668.9960639349028, 106.92973301594013},
                                   {{1, 512, 2, 2}, 135.3488986286393, 21.86457578117219}}},
                                 {"type='VGG9'",
                                  false,
                                  12,
                                  6270592,
                                  {{{1, 64, 35, 46}, 31382.86464006733, 14144.018620188539},
                                   {{1, 128, 17, 23}, 10314.734696229454, 3115.467764356322},
                                   {{1, 256, 8, 11}, 3263.82505215751, 763.454441143007},
                                   {{1, 512, 4, 5}, 1769.8215744439512, 478.2206397496857},
                                   {{1, 512, 2, 2}, 84.01581258524675, 7.563694866200875}}}};

TEST(VGG, GivesWhatAPlainStatementOfItsLayersGives) {
  const torch::NoGradGuard no_grad;
  for (const Case& expected : cases) {
    const auto backbone = build(expected.arguments);
    fill(*backbone, expected.with_bn);
    backbone->eval();
    std::int64_t parameters = 0;
    for (const torch::Tensor& parameter : backbone->parameters()) parameters += parameter.numel();
    EXPECT_EQ(parameters, expected.parameters) << expected.arguments;
    EXPECT_EQ(static_cast<std::int64_t>(nn::state_dict(*backbone).size()), expected.entries) << expected.arguments;
    const nn::Features levels = backbone->forward(ramp({1, 3, 70, 93}, 0, 1));
    ASSERT_EQ(levels.size(), expected.levels.size());
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const Level& level = expected.levels[i];
      EXPECT_EQ(levels[i].sizes().vec(), level.shape) << expected.arguments;
      EXPECT_NEAR(levels[i].to(torch::kFloat64).sum().item<double>(), level.sum, 1e-4 * level.sum) << expected.arguments;
      EXPECT_NEAR(levels[i].to(torch::kFloat64).square().sum().item<double>(), level.squares, 1e-4 * level.squares) << expected.arguments;
    }
  }
}

TEST(VGG, NamesItsWeightsAsTorchvisionDoes) {
  std::vector<std::string> names;
  for (const nn::NamedTensor& entry : nn::state_dict(*build("type='VGG16'"))) names.push_back(entry.name);
  std::vector<std::string> expected;
  for (const int layer : {0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28}) {
    for (const char* part : {"weight", "bias"}) expected.push_back("features." + std::to_string(layer) + "." + part);
  }
  EXPECT_EQ(names, expected);
  // `vgg16_bn`'s first convolution of the third stage, and its batch norm.
  const auto with_bn = build("type='VGG16', with_bn=True")->named_parameters();
  EXPECT_EQ(with_bn["features.14.weight"].sizes(), torch::IntArrayRef({256, 128, 3, 3}));
  EXPECT_EQ(with_bn["features.15.weight"].sizes(), torch::IntArrayRef({256}));
}

TEST(VGG, GivesOutTheStagesThatAreAskedFor) {
  const torch::NoGradGuard no_grad;
  const auto backbone =
      build("type='VGG9', num_stages=4, dilations=(1, 1, 1, 2), out_indices=(3, 1), with_last_pool=False, ceil_mode=True");
  nn::initialize_weights(*backbone);
  const nn::Features levels = backbone->forward(torch::randn({2, 3, 33, 50}));
  ASSERT_EQ(levels.size(), 2U);
  // 33 → 17 → 9 → 5 by pools that round up; the last stage has none.
  EXPECT_EQ(levels[0].sizes(), torch::IntArrayRef({2, 128, 9, 13}));
  EXPECT_EQ(levels[1].sizes(), torch::IntArrayRef({2, 512, 5, 7}));
}

TEST(VGG, FreezesAsManyStagesAsAreAskedFor) {
  const auto backbone = build("type='VGG16', with_bn=True, frozen_stages=2, bn_eval=False");
  backbone->train();
  for (const auto& item : backbone->named_parameters()) {
    const int layer = std::stoi(item.key().substr(std::string("features.").size()));
    EXPECT_EQ(item.value().requires_grad(), layer >= 14) << item.key();
  }
  EXPECT_FALSE(backbone->named_modules()["features.1"]->is_training());
  EXPECT_TRUE(backbone->named_modules()["features.15"]->is_training());
}

TEST(VGG, KeepsItsBatchNormsStatisticsUnlessTold) {
  const auto kept = build("type='VGG9', with_bn=True, bn_frozen=True"), learnt = build("type='VGG9', with_bn=True, bn_eval=False");
  kept->train();
  learnt->train();
  EXPECT_FALSE(kept->named_modules()["features.1"]->is_training());
  EXPECT_FALSE(kept->named_parameters()["features.1.weight"].requires_grad());
  EXPECT_TRUE(kept->named_parameters()["features.0.weight"].requires_grad());
  EXPECT_TRUE(learnt->named_modules()["features.1"]->is_training());
  EXPECT_TRUE(learnt->named_parameters()["features.1.weight"].requires_grad());
}

std::string error_of(const std::string& arguments) {
  try {
    build(arguments);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(VGG, SaysWhichArgumentCannotBe) {
  EXPECT_NE(error_of("type='VGG16', out_indices=(5,)").find("argument 'out_indices' of VGG16: must lie between 0 and 4, got 5"),
            std::string::npos)
      << error_of("type='VGG16', out_indices=(5,)");
  EXPECT_NE(error_of("type='VGG9', num_stages=3, out_indices=(2,)")
                .find("argument 'dilations' of VGG9: must have one entry for each of the 3 stages, got 5"),
            std::string::npos);
  EXPECT_NE(error_of("type='VGG9', frozen_stages=6").find("argument 'frozen_stages' of VGG9: must be at most 5"), std::string::npos);
}

}  // namespace
}  // namespace detforge
