#include "detforge/models/blocks/residual_stage.h"

#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/pooling.h"

namespace detforge {

std::shared_ptr<nn::Layer> ResLayer::make_downsample(const ResidualBlockKind& kind, const Options& options, const BuildContext& context) {
  const ResidualBlockOptions& block = options.block;
  const std::int64_t out_channels = block.planes * kind.expansion;
  if (block.stride == 1 && block.inplanes == out_channels) return nullptr;
  const bool pools = options.avg_down && (block.stride != 1 || options.pools_without_stride);
  auto downsample = std::make_shared<nn::Sequential>();
  if (pools) {
    downsample->append(std::make_shared<nn::AvgPool2d>(
        nn::AvgPool2d::Options{.kernel_size = block.stride, .stride = block.stride, .ceil_mode = true, .count_include_pad = false}));
  }
  const nn::Conv2d::Options conv{
      .in_channels = block.inplanes, .out_channels = out_channels, .stride = pools ? 1 : block.stride, .bias = false};
  downsample->append(nn::build_conv_layer(block.conv_cfg, conv, context));
  downsample->append(nn::build_norm_layer(block.norm_cfg, out_channels, context).layer);
  return downsample;
}

ResLayer::ResLayer(const ResidualBlockKind& kind, const Options& options, const BuildContext& context)
    : BaseSequential(options.python_name) {
  ResidualBlockOptions changing = options.block;
  changing.downsample = make_downsample(kind, options, context);
  changing.first_of_stage = true;
  if (options.fallback_on_stride) changing.conv2_cfg.reset();

  ResidualBlockOptions plain = options.block;
  plain.inplanes = options.downsample_first ? options.block.planes * kind.expansion : options.block.inplanes;
  if (!options.downsample_first) plain.planes = plain.inplanes;
  plain.stride = 1;

  if (options.downsample_first) append(kind.make(changing, context));
  for (std::int64_t i = 1; i < options.num_blocks; ++i) append(kind.make(plain, context));
  if (!options.downsample_first) append(kind.make(changing, context));
}

}  // namespace detforge
