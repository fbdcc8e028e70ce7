#include "detforge/nn/summary.h"

#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/models/backbones/backbone.h"
#include "detforge/models/detectors/detector.h"
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

}  // namespace
}  // namespace detforge
