#include "detforge/models/blocks/csp_layer.h"

namespace detforge {

DarknetBottleneck::DarknetBottleneck(const Options& options, const BuildContext& context)
    : Layer("DarknetBottleneck"), add_identity_(options.add_identity && options.in_channels == options.out_channels) {
  const auto hidden = static_cast<std::int64_t>(static_cast<double>(options.out_channels) * options.expansion);
  conv1_ = register_module(
      "conv1", std::make_shared<nn::ConvModule>(
                   nn::ConvModule::Options{.in_channels = options.in_channels, .out_channels = hidden, .layers = options.layers}, context));
  conv2_ = register_module(
      "conv2", nn::make_conv_module(
                   options.use_depthwise,
                   {.in_channels = hidden, .out_channels = options.out_channels, .kernel_size = 3, .padding = 1, .layers = options.layers},
                   context));
}

torch::Tensor DarknetBottleneck::compute(const torch::Tensor& input) {
  const torch::Tensor output = conv2_->forward(conv1_->forward(input));
  return add_identity_ ? output + input : output;
}

CSPLayer::CSPLayer(const Options& options, const BuildContext& context) : Layer("CSPLayer") {
  const std::int64_t mid = options.out_channels / 2;
  const auto conv = [&](const char* name, std::int64_t in, std::int64_t out) {
    return register_module(name, std::make_shared<nn::ConvModule>(
                                     nn::ConvModule::Options{.in_channels = in, .out_channels = out, .layers = options.layers}, context));
  };
  main_conv_ = conv("main_conv", options.in_channels, mid);
  short_conv_ = conv("short_conv", options.in_channels, mid);
  final_conv_ = conv("final_conv", 2 * mid, options.out_channels);
  blocks_ = register_module("blocks", std::make_shared<nn::Sequential>());
  for (std::int64_t i = 0; i < options.num_blocks; ++i) {
    blocks_->append(std::make_shared<DarknetBottleneck>(DarknetBottleneck::Options{.in_channels = mid,
                                                                                   .out_channels = mid,
                                                                                   .expansion = 1,
                                                                                   .add_identity = options.add_identity,
                                                                                   .use_depthwise = options.use_depthwise,
                                                                                   .layers = options.layers},
                                                        context));
  }
}

torch::Tensor CSPLayer::compute(const torch::Tensor& input) {
  const torch::Tensor around = short_conv_->forward(input);
  const torch::Tensor through = blocks_->forward(main_conv_->forward(input));
  return final_conv_->forward(torch::cat({through, around}, 1));
}

torch::Tensor space_to_channels(const torch::Tensor& image) {
  using torch::indexing::None;
  using torch::indexing::Slice;
  const auto pixels = [&](int row, int column) { return image.index({"...", Slice(row, None, 2), Slice(column, None, 2)}); };
  return torch::cat({pixels(0, 0), pixels(1, 0), pixels(0, 1), pixels(1, 1)}, 1);
}

}  // namespace detforge
