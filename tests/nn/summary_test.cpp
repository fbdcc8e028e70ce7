#include "detforge/nn/summary.h"

#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/models/backbones/backbone.h"
#include "detforge/models/detectors/detector.h"
#include "detforge/nn/layers/conv_transpose2d.h"
#include "detforge/nn/layers/layer_registries.h"
#include "detforge/nn/layers/linear.h"
#include "detforge/nn/layers/pooling.h"
#include "tests/support/paths.h"

/// Multiply-adds and parameters, added up by hand from the papers' tables, as mmcv's counter counts them: a convolution
/// k²·c_in/groups·c_out at every place of its output (and its bias once more), a batch norm two for every number, ReLUs, poolings and
/// upsampling one for every number; what is no module of PyTorch's (Swish, interpolation, additions) nothing.
namespace detforge {
namespace {

struct Sum {
  std::int64_t multiply_adds = 0;
  std::int64_t parameters = 0;

  /// A convolution of kernel `k` whose output is `size`×`size`.
  void conv(std::int64_t k, std::int64_t in, std::int64_t out, std::int64_t size, std::int64_t groups = 1) {
    multiply_adds += k * k * (in / groups) * out * size * size;
    parameters += k * k * (in / groups) * out;
  }
  void bias(std::int64_t out, std::int64_t size) {
    multiply_adds += out * size * size;
    parameters += out;
  }
  void norm(std::int64_t channels, std::int64_t size) {
    multiply_adds += 2 * channels * size * size;
    parameters += 2 * channels;
  }
  void once(std::int64_t channels, std::int64_t size) { multiply_adds += channels * size * size; }
};

/// What the program counts for a model on an image of `size`×`size` px.
template <class Model>
Sum counted(Model& model, std::int64_t size) {
  const auto costs = nn::summarize(model, [&] { model.forward(torch::zeros({1, 3, size, size})); });
  return {costs.front().multiply_adds, costs.front().parameters};
}

TEST(Summary, Yolov3OnDarknet53IsTheSumOfItsLayers) {
  Sum sum;
  // Convolution, batch norm, leaky ReLU.
  const auto layer = [&](std::int64_t k, std::int64_t in, std::int64_t out, std::int64_t size) {
    sum.conv(k, in, out, size);
    sum.norm(out, size);
    sum.once(out, size);
  };
  layer(3, 3, 32, 416);
  const std::int64_t blocks[] = {1, 2, 8, 8, 4};
  std::int64_t channels = 32, size = 416;
  for (const std::int64_t count : blocks) {
    size /= 2;
    layer(3, channels, 2 * channels, size);
    channels *= 2;
    for (std::int64_t i = 0; i < count; ++i) {
      layer(1, channels, channels / 2, size);
      layer(3, channels / 2, channels, size);
    }
  }
  ASSERT_EQ(size, 13);
  ASSERT_EQ(channels, 1024);
  const auto detection_block = [&](std::int64_t in, std::int64_t out, std::int64_t at) {
    layer(1, in, out, at);
    layer(3, out, 2 * out, at);
    layer(1, 2 * out, out, at);
    layer(3, out, 2 * out, at);
    layer(1, 2 * out, out, at);
  };
  detection_block(1024, 512, 13);
  layer(1, 512, 256, 13);
  detection_block(256 + 512, 256, 26);
  layer(1, 256, 128, 26);
  detection_block(128 + 256, 128, 52);
  for (const auto& [in, at] : {std::pair(512, 13), std::pair(256, 26), std::pair(128, 52)}) {
    layer(3, in, 2 * in, at);
    sum.conv(1, 2 * in, 3 * (5 + 80), at);
    sum.bias(3 * (5 + 80), at);
  }

  const auto model = build_detector(Config::from_file(source_dir() / "configs/yolo/yolov3_d53_mstrain-416_273e_coco.py")["model"]);
  const Sum found = counted(*model, 416);
  EXPECT_EQ(found.multiply_adds, sum.multiply_adds);
  EXPECT_EQ(found.parameters, sum.parameters);
  // The paper's 65.86 billion operations are multiplications and additions of the convolutions.
  EXPECT_NEAR(static_cast<double>(found.multiply_adds), 65.86e9 / 2, 0.01 * 65.86e9 / 2);
}

TEST(Summary, YoloxSIsTheSumOfItsLayers) {
  Sum sum;
  // Convolution, batch norm; Swish is mmcv's own and counts nothing.
  const auto layer = [&](std::int64_t k, std::int64_t in, std::int64_t out, std::int64_t size) {
    sum.conv(k, in, out, size);
    sum.norm(out, size);
  };
  const auto csp = [&](std::int64_t in, std::int64_t out, std::int64_t blocks, std::int64_t size) {
    const std::int64_t mid = out / 2;
    layer(1, in, mid, size);
    layer(1, in, mid, size);
    for (std::int64_t i = 0; i < blocks; ++i) {
      layer(1, mid, mid, size);
      layer(3, mid, mid, size);
    }
    layer(1, 2 * mid, out, size);
  };
  layer(3, 12, 32, 320);  // Focus
  layer(3, 32, 64, 160);
  csp(64, 64, 1, 160);
  layer(3, 64, 128, 80);
  csp(128, 128, 3, 80);
  layer(3, 128, 256, 40);
  csp(256, 256, 3, 40);
  layer(3, 256, 512, 20);
  layer(1, 512, 256, 20);  // spatial pyramid pooling
  for (int i = 0; i < 3; ++i) sum.once(256, 20);
  layer(1, 4 * 256, 512, 20);
  csp(512, 512, 1, 20);

  layer(1, 512, 256, 20);
  sum.once(256, 40);  // upsampled
  csp(512, 256, 1, 40);
  layer(1, 256, 128, 40);
  sum.once(128, 80);
  csp(256, 128, 1, 80);
  layer(3, 128, 128, 40);
  csp(256, 256, 1, 40);
  layer(3, 256, 256, 20);
  csp(512, 512, 1, 20);
  layer(1, 128, 128, 80);
  layer(1, 256, 128, 40);
  layer(1, 512, 128, 20);

  for (const std::int64_t size : {80, 40, 20}) {
    for (int i = 0; i < 4; ++i) layer(3, 128, 128, size);  // two for classes, two for boxes
    for (const std::int64_t channels : {80, 4, 1}) {
      sum.conv(1, 128, channels, size);
      sum.bias(channels, size);
    }
  }

  const auto model = build_detector(Config::from_file(source_dir() / "configs/yolox/yolox_s_8x8_300e_coco.py")["model"]);
  const Sum found = counted(*model, 640);
  EXPECT_EQ(found.multiply_adds, sum.multiply_adds);
  EXPECT_EQ(found.parameters, sum.parameters);
  // The paper: 9.0 million parameters, 26.8 billion operations.
  EXPECT_NEAR(static_cast<double>(found.parameters), 9.0e6, 0.05e6);
  EXPECT_NEAR(static_cast<double>(found.multiply_adds), 26.8e9 / 2, 0.01 * 26.8e9);
}

TEST(Summary, MobileNetV2IsTheSumOfItsLayers) {
  Sum sum;
  const auto layer = [&](std::int64_t k, std::int64_t in, std::int64_t out, std::int64_t size, std::int64_t groups = 1) {
    sum.conv(k, in, out, size, groups);
    sum.norm(out, size);
  };
  layer(3, 3, 32, 112);
  sum.once(32, 112);
  struct Row {
    std::int64_t expansion, channels, blocks, size;
  };
  // The paper's table 2; `size` is of the row's output.
  const Row rows[] = {{1, 16, 1, 112}, {6, 24, 2, 56}, {6, 32, 3, 28}, {6, 64, 4, 14}, {6, 96, 3, 14}, {6, 160, 3, 7}, {6, 320, 1, 7}};
  std::int64_t channels = 32, size = 112;
  for (const Row& row : rows) {
    for (std::int64_t i = 0; i < row.blocks; ++i) {
      const std::int64_t wide = channels * row.expansion;
      if (row.expansion != 1) {
        layer(1, channels, wide, size);
        sum.once(wide, size);
      }
      size = row.size;  // the first block's depthwise convolution may halve
      layer(3, wide, wide, size, wide);
      sum.once(wide, size);
      layer(1, wide, row.channels, size);
      channels = row.channels;
    }
  }
  layer(1, 320, 1280, 7);
  sum.once(1280, 7);

  const auto model = build_backbone(Value::dict({{"type", "MobileNetV2"}}));
  const Sum found = counted(*model, 224);
  EXPECT_EQ(found.multiply_adds, sum.multiply_adds);
  EXPECT_EQ(found.parameters, sum.parameters);
}

/// What mmcv's `get_model_complexity_info` says of one layer, by the formulas of its counter.
TEST(Summary, CountsEveryLayerThatMmcvCounts) {
  struct Case {
    const char* name;
    std::shared_ptr<nn::Layer> layer;
    std::vector<std::int64_t> input;
    std::int64_t multiply_adds;
  };
  const auto built = [](const Registry<nn::Layer>& registry, const Value& config) { return registry.build(config); };
  const auto of_type = [](const char* type) { return Value::dict({{"type", type}}); };
  const auto norm = [](const char* type, const char* key, std::int64_t channels) { return Value::dict({{"type", type}, {key, channels}}); };
  const Value group_norm = Value::dict({{"type", "GN"}, {"num_channels", 6}, {"num_groups", 3}});
  const Case cases[] = {
      {"GroupNorm", built(nn::norm_layers(), group_norm), {2, 6, 5, 7}, 2 * (2 * 6 * 5 * 7)},
      {"LayerNorm", built(nn::norm_layers(), norm("LN", "normalized_shape", 7)), {2, 6, 5, 7}, 2 * (2 * 6 * 5 * 7)},
      // Without weights an instance norm is one operation for every number.
      {"InstanceNorm2d", built(nn::norm_layers(), norm("IN2d", "num_features", 6)), {2, 6, 5, 7}, 2 * 6 * 5 * 7},
      {"BatchNorm2d", built(nn::norm_layers(), norm("BN", "num_features", 6)), {2, 6, 5, 7}, 2 * (2 * 6 * 5 * 7)},
      {"SyncBatchNorm", built(nn::norm_layers(), norm("SyncBN", "num_features", 6)), {2, 6, 5, 7}, 0},
      {"Linear", std::make_shared<nn::Linear>(nn::Linear::Options{.in_features = 7, .out_features = 11}), {3, 7}, 3 * 7 * 11},
      {"ConvTranspose2d",
       std::make_shared<nn::ConvTranspose2d>(
           nn::ConvTranspose2d::Options{.in_channels = 4, .out_channels = 6, .kernel_size = 2, .stride = 2}),
       {2, 4, 5, 7},
       2 * 5 * 7 * (2 * 2 * 4 * 6) + 2 * 6 * 10 * 14},
      {"ConvTranspose2d of groups without bias",
       std::make_shared<nn::ConvTranspose2d>(
           nn::ConvTranspose2d::Options{.in_channels = 4, .out_channels = 6, .kernel_size = 3, .groups = 2, .bias = false}),
       {1, 4, 5, 7},
       5 * 7 * (3 * 3 * 4 * 6 / 2)},
      {"PReLU", built(nn::activation_layers(), of_type("PReLU")), {2, 3, 5, 7}, 2 * 3 * 5 * 7},
      {"ELU", built(nn::activation_layers(), of_type("ELU")), {2, 3, 5, 7}, 2 * 3 * 5 * 7},
      {"ReLU6", built(nn::activation_layers(), of_type("ReLU6")), {2, 3, 5, 7}, 2 * 3 * 5 * 7},
      {"Sigmoid", built(nn::activation_layers(), of_type("Sigmoid")), {2, 3, 5, 7}, 0},
      {"AvgPool2d", std::make_shared<nn::AvgPool2d>(nn::AvgPool2d::Options{.kernel_size = 2, .stride = 2}), {2, 3, 6, 8}, 2 * 3 * 6 * 8},
      {"AdaptiveAvgPool2d", std::make_shared<nn::AdaptiveAvgPool2d>(1), {2, 3, 5, 7}, 2 * 3 * 5 * 7},
  };
  for (const Case& one : cases) {
    const auto costs = nn::summarize(*one.layer, [&] { one.layer->forward(torch::zeros(one.input)); });
    EXPECT_EQ(costs.front().multiply_adds, one.multiply_adds) << one.name;
  }
}

}  // namespace
}  // namespace detforge
