#include <gtest/gtest.h>

#include <map>

#include "detforge/config/config.h"
#include "detforge/models/backbones/backbone.h"
#include "detforge/nn/init/initializer.h"

namespace detforge {
namespace {

std::shared_ptr<Backbone> build(const std::string& rest) {
  return build_backbone(Config::from_text("value = dict(type='EfficientNet', " + rest + ")", ".py")["value"],
                        {Reference::V2_27, "model.backbone"});
}

/// A stage's blocks, and how many channels the last one gives.
using Stages = std::vector<std::pair<std::int64_t, std::int64_t>>;

Stages stages_of(const Backbone& backbone) {
  std::map<std::string, std::int64_t> blocks, channels;
  for (const nn::NamedTensor& entry : nn::state_dict(backbone)) {
    const bool is_last = entry.name.ends_with(".linear_conv.conv.weight") || entry.name.ends_with(".conv2.conv.weight");
    if (!is_last || entry.name.find(".se.") != std::string::npos) continue;
    const std::string stage = entry.name.substr(0, std::string("layers.0").size());
    ++blocks[stage];
    channels[stage] = entry.tensor.size(0);
  }
  Stages stages;
  for (const auto& [stage, count] : blocks) stages.emplace_back(count, channels[stage]);
  return stages;
}

/// What MMDetection's `model_scaling` makes of its tables.
const std::map<std::string, Stages> stages_by_arch = {
    {"b0", {{1, 16}, {2, 24}, {2, 40}, {6, 112}, {5, 320}}},   {"b1", {{2, 16}, {3, 24}, {3, 40}, {8, 112}, {7, 320}}},
    {"b2", {{2, 16}, {3, 24}, {3, 48}, {8, 120}, {7, 352}}},   {"b3", {{2, 24}, {3, 32}, {3, 48}, {10, 136}, {8, 384}}},
    {"b4", {{2, 24}, {4, 32}, {4, 56}, {12, 160}, {10, 448}}}, {"b5", {{3, 24}, {5, 40}, {5, 64}, {14, 176}, {12, 512}}},
    {"b6", {{3, 32}, {6, 40}, {6, 72}, {16, 200}, {14, 576}}}, {"b7", {{4, 32}, {7, 48}, {7, 80}, {20, 224}, {17, 640}}},
    {"b8", {{4, 32}, {8, 56}, {8, 88}, {22, 248}, {19, 704}}}, {"es", {{1, 24}, {2, 32}, {4, 48}, {9, 144}, {2, 192}}},
    {"em", {{2, 24}, {3, 32}, {5, 48}, {11, 144}, {3, 192}}},  {"el", {{2, 32}, {3, 40}, {6, 56}, {13, 176}, {3, 232}}}};

TEST(EfficientNet, HasTheBlocksOfItsArchitecture) {
  for (const auto& [arch, wanted] : stages_by_arch) EXPECT_EQ(stages_of(*build("arch='" + arch + "'")), wanted) << arch;
}

TEST(EfficientNet, ForEdgeDevicesBeginsWithFullConvolutionsWithoutWeighingChannels) {
  const auto backbone = build("arch='em', out_indices=(1, 5)");
  const auto modules = backbone->named_modules();
  for (const char* name : {"layers.1.0", "layers.2.0", "layers.3.4"}) {
    EXPECT_EQ(std::dynamic_pointer_cast<nn::Module>(modules[name])->python_name(), "EdgeResidual") << name;
  }
  EXPECT_EQ(std::dynamic_pointer_cast<nn::Module>(modules["layers.4.0"])->python_name(), "InvertedResidual");
  EXPECT_FALSE(modules.contains("layers.4.0.se"));
  // Of the first stage the block that the depth adds is wider.
  const auto parameters = backbone->named_parameters();
  EXPECT_EQ(parameters["layers.1.0.conv1.conv.weight"].size(0), 3 * 32);
  EXPECT_EQ(parameters["layers.1.1.conv1.conv.weight"].size(0), 4 * 24);
  const torch::NoGradGuard no_grad;
  nn::initialize_weights(*backbone);
  const nn::Features features = backbone->forward(torch::randn({1, 3, 65, 96}));
  ASSERT_EQ(features.size(), 2U);
  EXPECT_EQ(features[0].sizes(), torch::IntArrayRef({1, 24, 33, 48}));
  EXPECT_EQ(features[1].sizes(), torch::IntArrayRef({1, 192, 3, 3}));
}

TEST(EfficientNet, LeavesOutWhatLiesBehindItsLastLevel) {
  const auto children = build("out_indices=(2, 0)")->named_children()["layers"]->named_children();
  EXPECT_EQ(children.size(), 3U);
}

TEST(EfficientNet, FreezesItsFirstLayers) {
  const auto backbone = build("frozen_stages=2, out_indices=(4,)");
  backbone->train();
  for (const auto& item : backbone->named_parameters()) {
    const bool frozen = item.key().starts_with("layers.0.") || item.key().starts_with("layers.1.");
    EXPECT_EQ(item.value().requires_grad(), !frozen) << item.key();
  }
  const auto modules = backbone->named_modules();
  EXPECT_FALSE(modules["layers.1"]->is_training());
  EXPECT_TRUE(modules["layers.2"]->is_training());
  const auto evaluating = build("norm_eval=True, out_indices=(1,)");
  evaluating->train();
  EXPECT_FALSE(evaluating->named_modules()["layers.0.bn"]->is_training());
}

TEST(EfficientNet, LeavesItsBlocksOutMoreOftenTheDeeperTheyLie) {
  const auto modules = build("drop_path_rate=0.2")->named_modules();
  EXPECT_EQ(nn::repr(*modules["layers.1.0.drop_path"]), "Identity()");
  EXPECT_EQ(nn::repr(*modules["layers.5.4.drop_path"]), "DropPath()");
}

TEST(EfficientNet, SaysWhatIsWrongWithAConfig) {
  const auto message_of = [](const std::string& rest) {
    try {
      build(rest);
    } catch (const Error& error) {
      return error.diagnostics().front().message;
    }
    return std::string("no error");
  };
  EXPECT_EQ(message_of("out_indices=(7,)"), "argument 'out_indices' of EfficientNet: must lie between 0 and 6, got 7");
  EXPECT_EQ(message_of("out_indices=()"), "argument 'out_indices' of EfficientNet: must have an entry");
  EXPECT_EQ(message_of("frozen_stages=8"), "argument 'frozen_stages' of EfficientNet: must be at most 7");
}

}  // namespace
}  // namespace detforge
