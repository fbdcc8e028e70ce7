#include "detforge/models/blocks/patch_merging.h"

namespace detforge {

PatchMerging::PatchMerging(const Options& options, const BuildContext& context) : Module("PatchMerging"), options_(options) {
  const nn::Pair &kernel = options.kernel_size, &stride = options.stride;
  const std::int64_t channels = kernel.height * kernel.width * options.in_channels;
  adap_padding_ = register_module("adap_padding", std::make_shared<AdaptivePadding>(kernel, stride));
  sampler_ = register_module("sampler", std::make_shared<nn::Unfold>(nn::Unfold::Options{.kernel_size = kernel, .stride = stride}));
  if (options.norm_cfg) norm_ = register_module("norm", nn::build_norm_layer(*options.norm_cfg, channels, context).layer);
  reduction_ = register_module("reduction", std::make_shared<nn::Linear>(nn::Linear::Options{channels, options.out_channels, false}));
}

TokenMap PatchMerging::compute(const TokenMap& map) {
  const torch::Tensor padded = adap_padding_->forward(nlc_to_nchw(map.tokens, map.size));
  const auto steps = [](std::int64_t size, std::int64_t kernel, std::int64_t stride) { return (size - kernel) / stride + 1; };
  const ImageSize size{steps(padded.size(2), options_.kernel_size.height, options_.stride.height),
                       steps(padded.size(3), options_.kernel_size.width, options_.stride.width)};
  const torch::Tensor tokens = sampler_->forward(padded).transpose(1, 2);
  return {reduction_->forward(norm_ ? norm_->forward(tokens) : tokens), size};
}

}  // namespace detforge
