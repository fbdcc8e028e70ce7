#include "detforge/models/blocks/merge_cells.h"

#include "detforge/nn/layers/pooling.h"

namespace detforge {
namespace merge_cells {

const char* python_name(MergeCell::Operation operation) {
  switch (operation) {
    case MergeCell::Operation::Sum: return "SumCell";
    case MergeCell::Operation::Concat: return "ConcatCell";
    case MergeCell::Operation::GlobalPooling: break;
  }
  return "GlobalPoolingCell";
}

/// Repeats pixels, or takes the largest of each window, with zeros around where the sizes do not divide.
torch::Tensor resized(const torch::Tensor& level, torch::IntArrayRef size) {
  const auto from = level.sizes().slice(2);
  if (from == size) return level;
  if (std::lexicographical_compare(from.begin(), from.end(), size.begin(), size.end())) return torch::upsample_nearest2d(level, size);
  std::vector<std::int64_t> sides, window;
  for (const std::size_t axis : {1U, 0U}) {
    const std::int64_t ratio = (from[axis] + size[axis] - 1) / size[axis];
    const std::int64_t missing = ratio * size[axis] - from[axis];
    sides.insert(sides.end(), {missing / 2, missing - missing / 2});
    window.insert(window.begin(), ratio);
  }
  return torch::max_pool2d(torch::constant_pad_nd(level, sides), window, window);
}

}  // namespace merge_cells

nn::ConvModule::Options MergeCell::default_out_conv() {
  return {.kernel_size = 3, .padding = 1, .bias = true, .order = {"act", "conv", "norm"}};
}

MergeCell::MergeCell(const Options& options, const BuildContext& context)
    : Module(merge_cells::python_name(options.operation)), operation_(options.operation) {
  const ConfigDict relu = {{"type", "ReLU"}};
  if (options.with_out_conv) {
    nn::ConvModule::Options conv = options.out_conv;
    conv.in_channels = options.channels * (operation_ == Operation::Concat ? 2 : 1);
    conv.out_channels = options.channels;
    conv.layers.act_cfg = relu;
    out_conv_ = register_module("out_conv", std::make_shared<nn::ConvModule>(conv, context));
  }
  const auto input_conv = [&](bool wanted) -> std::shared_ptr<nn::Layer> {
    if (!wanted) return std::make_shared<nn::Sequential>();
    nn::ConvModule::Options conv{.in_channels = options.channels,
                                 .out_channels = options.channels,
                                 .kernel_size = 3,
                                 .padding = 1,
                                 .bias = true,
                                 .layers = options.input_layers};
    conv.layers.act_cfg = relu;
    return std::make_shared<nn::ConvModule>(conv, context);
  };
  input1_conv_ = register_module("input1_conv", input_conv(options.with_input1_conv));
  input2_conv_ = register_module("input2_conv", input_conv(options.with_input2_conv));
  if (operation_ == Operation::GlobalPooling) {
    global_pool_ = register_module("global_pool", std::make_shared<nn::AdaptiveAvgPool2d>(1, /*given_as_pair=*/true));
  }
}

torch::Tensor MergeCell::forward(const torch::Tensor& first, const torch::Tensor& second, c10::OptionalArrayRef<std::int64_t> size) {
  const std::array<torch::Tensor, 2> inputs = {first, second};
  return nn::observed(*this, inputs, [&] { return compute(first, second, size); });
}

torch::Tensor MergeCell::compute(const torch::Tensor& first, const torch::Tensor& second, c10::OptionalArrayRef<std::int64_t> size) {
  const std::vector<std::int64_t> larger = std::max(first.sizes().slice(2).vec(), second.sizes().slice(2).vec());
  const torch::IntArrayRef target = size ? torch::IntArrayRef(*size) : torch::IntArrayRef(larger);
  const torch::Tensor a = merge_cells::resized(input1_conv_->forward(first), target);
  const torch::Tensor b = merge_cells::resized(input2_conv_->forward(second), target);
  torch::Tensor merged;
  switch (operation_) {
    case Operation::Sum: merged = a + b; break;
    case Operation::Concat: merged = torch::cat({a, b}, 1); break;
    case Operation::GlobalPooling: merged = b + global_pool_->forward(b).sigmoid() * a; break;
  }
  return out_conv_ ? out_conv_->forward(merged) : merged;
}

}  // namespace detforge
