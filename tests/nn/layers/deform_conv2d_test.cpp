#include "detforge/nn/layers/deform_conv2d.h"

#include "tests/support/operators.h"

namespace detforge::nn {
namespace {

std::shared_ptr<Layer> build(const std::string& type, Reference reference, Value more = Value::dict()) {
  Value config = Value::dict({{"type", type}, {"in_channels", 4}, {"out_channels", 6}, {"kernel_size", 3}, {"padding", 1}});
  for (const auto& [key, value] : more.as_dict()) config[key.as_string()] = value;
  auto layer = conv_layers().build(config, {reference, {}});
  for (const auto& child : layer->children()) dynamic_cast<Module&>(*child).reset_parameters();
  layer->reset_parameters();
  return layer;
}

std::vector<std::string> names(const Module& module) {
  std::vector<std::string> all;
  for (const NamedTensor& entry : state_dict(module)) all.push_back(entry.name);
  return all;
}

TEST(DeformConv2dPack, PrintsAsTheMmcvOfItsTime) {
  EXPECT_EQ(repr(*build("DCN", Reference::V2_8)),
            "DeformConv2dPack(\n  (conv_offset): Conv2d(4, 18, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))\n)");
  EXPECT_EQ(repr(*build("DCN", Reference::V2_27, Value::dict({{"deform_groups", 2}}))),
            "DeformConv2dPack(in_channels=4,\nout_channels=6,\nkernel_size=(3, 3),\nstride=(1, 1),\npadding=(1, 1),\ndilation=(1, "
            "1),\ngroups=1,\ndeform_groups=2,\nbias=False)");
  EXPECT_EQ(repr(*build("DCNv2", Reference::V2_27)),
            "ModulatedDeformConv2dPack(\n  (conv_offset): Conv2d(4, 27, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))\n)");
}

TEST(DeformConv2dPack, NamesItsTensorsAsPythonDoes) {
  EXPECT_EQ(names(*build("DCN", Reference::V2_8)), (std::vector<std::string>{"weight", "conv_offset.weight", "conv_offset.bias"}));
  EXPECT_EQ(names(*build("DCNv2", Reference::V2_8)),
            (std::vector<std::string>{"weight", "bias", "conv_offset.weight", "conv_offset.bias"}));
  EXPECT_EQ(names(*build("DCNv2", Reference::V2_8, Value::dict({{"bias", false}}))),
            (std::vector<std::string>{"weight", "conv_offset.weight", "conv_offset.bias"}));
}

TEST(DeformConv2dPack, BeginsAsAConvolutionOfItsOwnWeight) {
  const torch::Tensor input = torch::arange(2 * 4 * 5 * 7, torch::kFloat).mul(0.3).sin().view({2, 4, 5, 7});
  const auto plain = build("DCN", Reference::V2_8), modulated = build("DCNv2", Reference::V2_8);
  const auto convolved = [&](Module& layer) { return torch::conv2d(input, layer.named_parameters(false)["weight"], {}, 1, 1); };
  testing::expect_close(plain->forward(input), convolved(*plain), 1e-5);
  // The masks' sigmoid is at its middle.
  testing::expect_close(modulated->forward(input), 0.5 * convolved(*modulated), 1e-5);
}

TEST(DeformConv2dPack, TakesTheOlderNameOfItsGroups) {
  const auto older = build("DCN", Reference::V2_8, Value::dict({{"deformable_groups", 2}}));
  EXPECT_EQ(repr(*older), repr(*build("DCN", Reference::V2_8, Value::dict({{"deform_groups", 2}}))));
  EXPECT_THROW(build("DCN", Reference::V2_8, Value::dict({{"deform_groups", 3}})), Error);
  EXPECT_THROW(build("DCN", Reference::V2_8, Value::dict({{"bias", true}})), Error);
}

TEST(DeformConv2d, TakesMapsThatAreSmallerThanTheKernel) {
  DeformConv2d layer({.in_channels = 1, .out_channels = 1, .kernel_size = 3, .padding = 1});
  const torch::NoGradGuard no_grad;
  layer.weight().fill_(1);
  const torch::Tensor output = layer.forward(torch::ones({1, 1, 2, 5}), torch::zeros({1, 18, 2, 5}));
  testing::expect_close(output, torch::tensor({4.F, 6.F, 6.F, 6.F, 4.F, 4.F, 6.F, 6.F, 6.F, 4.F}).view({1, 1, 2, 5}), 1e-6);
}

}  // namespace
}  // namespace detforge::nn
