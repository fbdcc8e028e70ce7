#include "detforge/nn/layers/conv_transpose2d.h"

#include <gtest/gtest.h>

#include <functional>

namespace detforge::nn {
namespace {

struct Outcome {
  torch::Tensor output, grad_input, grad_weight;
};

Outcome run(torch::Tensor input, const torch::Tensor& weight, const std::function<torch::Tensor(const torch::Tensor&)>& layer) {
  input = input.detach().requires_grad_();
  weight.mutable_grad() = torch::Tensor();
  const torch::Tensor output = layer(input);
  (output * torch::arange(output.numel(), output.options()).view(output.sizes()).cos()).sum().backward();
  return {output.detach(), input.grad(), weight.grad().clone()};
}

/// Where the kernel is as long as the stride, the layer is one matrix product instead of libtorch's operator.
TEST(ConvTranspose2d, OfTilesIsLibtorchsInBothLayoutsWithGradients) {
  torch::manual_seed(1);
  for (const bool bias : {true, false}) {
    for (const Pair& kernel : {Pair(2), Pair(1), Pair(3, 2)}) {
      ConvTranspose2d layer({.in_channels = 5, .out_channels = 7, .kernel_size = kernel, .stride = kernel, .bias = bias});
      layer.reset_parameters();
      layer.to(torch::kDouble);
      for (const auto layout : {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
        const torch::Tensor input = torch::randn({3, 5, 4, 6}, torch::kDouble).contiguous(layout);
        const Outcome ours = run(input, layer.weight(), [&](const torch::Tensor& x) { return layer.forward(x); });
        const Outcome wanted = run(input, layer.weight(), [&](const torch::Tensor& x) {
          return torch::conv_transpose2d(x, layer.weight(), layer.bias(), kernel.array());
        });
        EXPECT_TRUE(ours.output.is_contiguous(layout));
        EXPECT_TRUE(torch::allclose(ours.output, wanted.output, 1e-12, 1e-12));
        EXPECT_TRUE(torch::allclose(ours.grad_input, wanted.grad_input, 1e-12, 1e-12));
        EXPECT_TRUE(torch::allclose(ours.grad_weight, wanted.grad_weight, 1e-12, 1e-12));
      }
    }
  }
}

TEST(ConvTranspose2d, OfNoImageIsEmpty) {
  ConvTranspose2d layer({.in_channels = 5, .out_channels = 7, .kernel_size = 2, .stride = 2});
  EXPECT_EQ(layer.forward(torch::zeros({0, 5, 3, 4})).sizes(), (std::vector<std::int64_t>{0, 7, 6, 8}));
}

}  // namespace
}  // namespace detforge::nn
