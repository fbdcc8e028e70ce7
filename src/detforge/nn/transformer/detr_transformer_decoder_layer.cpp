#include <algorithm>

#include "detforge/nn/transformer/base_transformer_layer.h"

namespace detforge::nn {

/// A layer of DETR's decoder (arXiv 2005.12872): queries look at each other, then at the image, each step with its normalisation.
class DetrTransformerDecoderLayer : public BaseTransformerLayer {
 public:
  struct Options : BaseTransformerLayer::Options {
    Options() {
      ffn_dropout = 0.0;
      ffn_num_fcs = 2;
    }
  };
  static Arguments<Options> arguments() {
    return {BaseTransformerLayer::arguments(),
            arg(&Options::attn_cfgs, "attn_cfgs", required, "the attentions, one config for all or one for each").built_by("ATTENTION"),
            arg(&Options::feedforward_channels, "feedforward_channels", required, "length inside the feed-forward network")};
  }

  DetrTransformerDecoderLayer(const Options& options, const BuildContext& context)
      : BaseTransformerLayer("DetrTransformerDecoderLayer", options, context) {
    const auto& order = *options.operation_order;
    const bool has_all = std::all_of(EnumNames<TransformerOperation>::names.begin(), EnumNames<TransformerOperation>::names.end(),
                                     [&](const auto& name) { return std::find(order.begin(), order.end(), name.first) != order.end(); });
    if (order.size() != 6 || !has_all) {
      throw ArgumentError("operation_order", "must have six entries: 'self_attn', 'cross_attn', 'ffn' and 'norm', each at least once");
    }
  }
};

DETFORGE_REGISTER(transformer_layers, DetrTransformerDecoderLayer,
                  {.name = "DetrTransformerDecoderLayer",
                   .python = "mmdet.models.utils.transformer.DetrTransformerDecoderLayer",
                   .meaning = "a layer of DETR's decoder",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
