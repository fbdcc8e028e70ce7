#include "detforge/models/blocks/edge_residual.h"

#include "detforge/models/blocks/drop_path.h"

namespace detforge {

EdgeResidual::EdgeResidual(const Options& options, const BuildContext& context)
    : Layer("EdgeResidual"), with_residual_(options.with_residual && options.stride == 1 && options.in_channels == options.out_channels) {
  drop_path_ = register_module("drop_path", make_drop_path(options.drop_path_rate));
  nn::ConvModule::Options conv{.in_channels = options.in_channels,
                               .out_channels = options.mid_channels,
                               .kernel_size = options.kernel_size,
                               .padding = options.kernel_size / 2,
                               .layers = options.layers};
  conv1_ = register_module("conv1", std::make_shared<nn::ConvModule>(conv, context));
  if (options.se) se_ = register_module("se", std::make_shared<SELayer>(*options.se, context));
  conv = {.in_channels = options.mid_channels, .out_channels = options.out_channels, .stride = options.stride, .layers = options.layers};
  conv.layers.act_cfg.reset();
  conv2_ = register_module("conv2", std::make_shared<nn::ConvModule>(conv, context));
}

torch::Tensor EdgeResidual::compute(const torch::Tensor& input) {
  torch::Tensor inner = conv1_->forward(input);
  if (se_) inner = se_->forward(inner);
  const torch::Tensor output = conv2_->forward(inner);
  return with_residual_ ? input + drop_path_->forward(output) : output;
}

}  // namespace detforge
