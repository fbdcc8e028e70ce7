#include "detforge/nn/layers/conv_module.h"

#include <gtest/gtest.h>

#include "detforge/nn/init/initializer.h"

namespace detforge::nn {
namespace {

const ConfigDict bn = {{"type", "BN"}};
const ConfigDict relu = {{"type", "ReLU"}};

std::shared_ptr<ConvModule> make(ConvModule::Options options) {
  options.in_channels = 3;
  options.out_channels = 4;
  auto module = std::make_shared<ConvModule>(options, BuildContext{});
  torch::manual_seed(1);
  initialize_weights(*module);
  module->eval();
  return module;
}

torch::Tensor image() {
  torch::manual_seed(2);
  return torch::randn({2, 3, 7, 6});
}

TEST(ConvModule, PrintsItsPartsInTheOrderOfPython) {
  ConvModule::Options options{.kernel_size = 3, .padding = 1, .layers = {{}, bn, relu}, .padding_mode = "reflect"};
  EXPECT_EQ(repr(*make(options)),
            "ConvModule(\n"
            "  (padding_layer): ReflectionPad2d((1, 1, 1, 1))\n"
            "  (conv): Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1), bias=False)\n"
            "  (bn): BatchNorm2d(4, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)\n"
            "  (activate): ReLU(inplace=True)\n"
            ")");
}

TEST(ConvModule, HasABiasWhereNoNormFollows) {
  EXPECT_EQ(make({})->parameters().size(), 2U);
  EXPECT_EQ(make({.layers = {{}, bn, {}}})->parameters().size(), 3U);
  EXPECT_EQ(make({.bias = true, .layers = {{}, bn, {}}})->parameters().size(), 4U);
  EXPECT_EQ(make({.bias = false})->parameters().size(), 1U);
}

TEST(ConvModule, KeepsToItsOrder) {
  const auto module = make({.layers = {{}, bn, relu}, .inplace = false, .order = {"act", "norm", "conv"}});
  EXPECT_EQ(module->named_parameters()["bn.weight"].size(0), 3);  // the norm stands before the convolution
  const torch::Tensor wanted = module->conv()->forward(module->norm()->forward(image().relu()));
  EXPECT_TRUE(torch::equal(module->forward(image()), wanted));
  EXPECT_THROW(make({.order = {"conv", "conv", "act"}}), ArgumentError);
}

TEST(ConvModule, PadsByReflectionAndTakesCircularForZeros) {
  const auto reflecting = make({.kernel_size = 3, .padding = 1, .padding_mode = "reflect"});
  const auto plain = make({.kernel_size = 3});
  const torch::Tensor padded = torch::reflection_pad2d(image(), {1, 1, 1, 1});
  EXPECT_TRUE(torch::allclose(reflecting->forward(image()), plain->forward(padded)));
  const auto circular = make({.kernel_size = 3, .padding = 1, .padding_mode = "circular"});
  const auto zeros = make({.kernel_size = 3, .padding = 1});
  EXPECT_TRUE(torch::equal(circular->forward(image()), zeros->forward(image())));
}

TEST(ConvModule, DividesItsWeightByTheLargestSingularValue) {
  const auto module = make({.kernel_size = 3, .with_spectral_norm = true});
  std::vector<std::string> names;
  for (const NamedTensor& entry : state_dict(*module)) names.push_back(entry.name);
  EXPECT_EQ(names, (std::vector<std::string>{"conv.bias", "conv.weight_orig", "conv.weight_u", "conv.weight_v"}));
  module->train();
  for (int step = 0; step < 200; ++step) module->forward(image());
  module->eval();
  const torch::Tensor weight = module->named_parameters()["conv.weight_orig"];
  const torch::Tensor largest = std::get<1>(torch::svd(weight.flatten(1)))[0];
  const torch::Tensor wanted = torch::conv2d(image(), weight / largest, module->named_parameters()["conv.bias"]);
  EXPECT_TRUE(torch::allclose(module->forward(image()), wanted, 1e-4, 1e-5));
  module->forward(image()).sum().backward();
  EXPECT_TRUE(weight.grad().defined());
}

TEST(ConvModule, SharesAConvolution) {
  const auto owner = make({}), borrower = make({});
  borrower->share_conv(*owner);
  EXPECT_EQ(borrower->conv(), owner->conv());
  EXPECT_EQ(state_dict(*borrower)[0].tensor.data_ptr(), state_dict(*owner)[0].tensor.data_ptr());
}

TEST(ConvModule, BeginsWithMmcvsInitialisation) {
  ConvModule module({.in_channels = 64,
                     .out_channels = 64,
                     .kernel_size = 3,
                     .layers = {{}, bn, ConfigDict{{"type", "LeakyReLU"}, {"negative_slope", 1.0}}}},
                    {});
  torch::manual_seed(0);
  initialize_weights(module);
  // Before a leaky ReLU of slope 1 the variance is 1 / fan_out.
  EXPECT_NEAR(module.named_parameters()["conv.weight"].std().item<double>(), std::sqrt(1.0 / (64 * 9)), 1e-3);
  EXPECT_EQ(module.named_parameters()["bn.weight"].min().item<double>(), 1);
}

}  // namespace
}  // namespace detforge::nn
