#include "detforge/models/blocks/conv_stack.h"

#include "detforge/models/blocks/simplified_basic_block.h"

namespace detforge {

std::shared_ptr<nn::ModuleList<>> conv_stack(const ConvStackOptions& options, const BuildContext& context) {
  auto stack = std::make_shared<nn::ModuleList<>>();
  for (std::int64_t i = 0; i < options.num_convs; ++i) {
    stack->append(std::make_shared<nn::ConvModule>(
        nn::ConvModule::Options{.in_channels = i == 0 ? options.in_channels : options.out_channels,
                                .out_channels = options.out_channels,
                                .kernel_size = options.kernel_size,
                                .padding = (options.kernel_size - 1) / 2,
                                .layers = {options.layers.conv_cfg, options.layers.norm_cfg, ConfigDict{{"type", "ReLU"}}}},
        context));
  }
  return stack;
}

std::shared_ptr<nn::ModuleList<>> residual_stack(const ConvStackOptions& options, const BuildContext& context) {
  if (options.in_channels != options.out_channels) {
    throw ArgumentError("conv_to_res", "needs in_channels and conv_out_channels to be equal, got " + std::to_string(options.in_channels) +
                                           " and " + std::to_string(options.out_channels));
  }
  auto stack = std::make_shared<nn::ModuleList<>>("ResLayer");
  for (std::int64_t i = 0; i < options.num_convs / 2; ++i) {
    stack->append(std::make_shared<SimplifiedBasicBlock>(options.out_channels, options.layers, context));
  }
  return stack;
}

}  // namespace detforge
