#include "detforge/nn/roi_layers/roi_layer.h"

#include <gtest/gtest.h>

namespace detforge::nn {
namespace {

TEST(RoILayer, PrintsAsPythonDoes) {
  EXPECT_EQ(repr(*build_roi_layer(Value::dict({{"type", "RoIAlign"}, {"output_size", 7}, {"sampling_ratio", 0}}), 4, {})),
            "RoIAlign(output_size=(7, 7), spatial_scale=0.25, sampling_ratio=0, pool_mode=avg, aligned=True, use_torchvision=False)");
  const Value legacy = Value::dict({{"type", "RoIAlign"}, {"out_size", 14}, {"sample_num", 2}, {"aligned", false}});
  EXPECT_EQ(repr(*build_roi_layer(legacy, 32, {})),
            "RoIAlign(output_size=(14, 14), spatial_scale=0.03125, sampling_ratio=2, pool_mode=avg, aligned=False, use_torchvision=False)");
  EXPECT_EQ(repr(*build_roi_layer(Value::dict({{"type", "RoIPool"}, {"output_size", Value::tuple({3, 5})}}), 8, {})),
            "RoIPool(output_size=(3, 5), spatial_scale=0.125)");
}

TEST(RoILayer, GivesFeaturesOfItsSize) {
  const torch::Tensor input = torch::ones({1, 2, 9, 9}), rois = torch::tensor({{0.F, 4.F, 4.F, 20.F, 20.F}});
  for (const char* type : {"RoIAlign", "RoIPool"}) {
    const auto layer = build_roi_layer(Value::dict({{"type", type}, {"output_size", 3}}), 4, {});
    EXPECT_TRUE(torch::equal(layer->forward(input, rois), torch::ones({1, 2, 3, 3}))) << type;
    EXPECT_EQ(layer->output_size(), Pair(3));
  }
}

TEST(RoILayer, SaysWhatIsMissing) {
  EXPECT_THROW(build_roi_layer(Value::dict({{"type", "RoIAlign"}}), 4, {}), Error);
  EXPECT_THROW(build_roi_layer(Value::dict({{"type", "RoIPool"}}), 4, {}), Error);
  EXPECT_THROW(build_roi_layer(Value::dict({{"type", "RoICrop"}, {"output_size", 7}}), 4, {}), UnknownComponent);
}

}  // namespace
}  // namespace detforge::nn
