#include "detforge/nn/layers/conv2d.h"

#include <gtest/gtest.h>

namespace detforge::nn {
namespace {

/// Without gradients a single small image goes to oneDNN, which libtorch does with larger ones only.
TEST(Conv2d, OfASmallImageIsTheSameWithoutGradients) {
  torch::manual_seed(3);
  const std::vector<Conv2d::Options> cases = {
      {.in_channels = 6, .out_channels = 5, .kernel_size = 3, .padding = 1},
      {.in_channels = 6, .out_channels = 4, .kernel_size = 3, .stride = 2, .padding = 2, .dilation = 2, .groups = 2, .bias = false},
      {.in_channels = 6, .out_channels = 6, .kernel_size = Pair(1, 3), .padding = Pair(0, 1), .padding_mode = "reflect"},
      {.in_channels = 6, .out_channels = 7}};
  for (const Conv2d::Options& options : cases) {
    for (const auto weights : {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
      for (const auto layout : {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
        Conv2d layer(options);
        layer.reset_parameters();
        layer.weight().set_data(layer.weight().contiguous(weights));
        const torch::Tensor image = torch::randn({1, 6, 9, 11}).contiguous(layout);
        const torch::Tensor wanted = layer.forward(image).detach();
        const torch::NoGradGuard no_grad;
        EXPECT_TRUE(torch::allclose(layer.forward(image), wanted, 1e-5, 1e-6));
      }
    }
  }
}

}  // namespace
}  // namespace detforge::nn
