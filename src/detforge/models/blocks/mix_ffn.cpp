#include "detforge/models/blocks/mix_ffn.h"

#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/transformer/dropout_layers.h"

namespace detforge {

MixFFN::MixFFN(const Options& options, const BuildContext& context) : TokenLayer("MixFFN") {
  const auto conv = [&](std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_size, std::int64_t groups) {
    nn::Conv2d::Options layer;
    layer.in_channels = in_channels;
    layer.out_channels = out_channels;
    layer.kernel_size = kernel_size;
    layer.padding = kernel_size / 2;
    layer.groups = groups;
    return std::make_shared<nn::Conv2d>(layer, context);
  };
  const std::int64_t outside = options.embed_dims, inside = options.feedforward_channels;
  const auto drop = std::make_shared<nn::Dropout>(nn::Dropout::Options{.p = options.ffn_drop});
  layers_ = register_module("layers", std::make_shared<nn::BaseSequential>());
  layers_->append(conv(outside, inside, 1, 1));
  if (options.use_conv) layers_->append(conv(inside, inside, 3, inside));
  layers_->append(nn::build_activation_layer(options.act_cfg, /*inplace=*/true, context.child("act_cfg")));
  layers_->append(drop);
  layers_->append(conv(inside, outside, 1, 1));
  layers_->append(drop);
  dropout_layer_ = register_module("dropout_layer", std::make_shared<nn::DropPath>(nn::DropPath::Options{options.drop_path_rate}));
}

torch::Tensor MixFFN::compute(const TokenMap& map) {
  return dropout_layer_->forward(nchw_to_nlc(layers_->forward(nlc_to_nchw(map.tokens, map.size))));
}

}  // namespace detforge
