#include "detforge/models/blocks/patch_embed.h"

namespace detforge {

PatchEmbed::PatchEmbed(const Options& options, const BuildContext& context) : Module("PatchEmbed") {
  if (!options.padding) {
    adap_padding_ = register_module("adap_padding", std::make_shared<AdaptivePadding>(options.kernel_size, options.stride));
  }
  nn::Conv2d::Options projection;
  projection.in_channels = options.in_channels;
  projection.out_channels = options.embed_dims;
  projection.kernel_size = options.kernel_size;
  projection.stride = options.stride;
  projection.padding = options.padding.value_or(0);
  projection_ = register_module("projection", nn::build_conv_layer(std::nullopt, projection, context));
  if (options.norm_cfg) norm_ = register_module("norm", nn::build_norm_layer(*options.norm_cfg, options.embed_dims, context).layer);
}

TokenMap PatchEmbed::compute(const torch::Tensor& image) {
  const torch::Tensor map = projection_->forward(adap_padding_ ? adap_padding_->forward(image) : image);
  const torch::Tensor tokens = map.flatten(2).transpose(1, 2);
  return {norm_ ? norm_->forward(tokens) : tokens, {map.size(2), map.size(3)}};
}

}  // namespace detforge
