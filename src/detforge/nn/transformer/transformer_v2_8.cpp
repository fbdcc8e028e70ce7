#include "detforge/nn/transformer/transformer_v2_8.h"

#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/transformer/multihead_attention.h"

namespace detforge::nn::transformer_v2_8 {
namespace {

using Options = Transformer::Options;
using Operation = TransformerOperation;

enum class Kind { Encoder, Decoder };

class TransformerLayerV2_8 : public TransformerLayer {
 public:
  TransformerLayerV2_8(Kind kind, const Options& options, const BuildContext& context)
      : TransformerLayer(kind == Kind::Encoder ? "TransformerEncoderLayer" : "TransformerDecoderLayer") {
    Parts parts;
    const auto add_attention = [&](const char* name) {
      const MultiheadAttention::Options attention{
          .embed_dims = options.embed_dims, .num_heads = options.num_heads, .dropout = options.dropout};
      parts.attentions.push_back(register_module(name, std::make_shared<MultiheadAttention>(attention, context)));
    };
    std::vector<Operation> steps = {Operation::SelfAttn};
    add_attention("self_attn");
    if (kind == Kind::Decoder) {
      steps.push_back(Operation::CrossAttn);
      add_attention("multihead_attn");
    }
    steps.push_back(Operation::FFN);
    const FFN::Options ffn{.embed_dims = options.embed_dims,
                           .feedforward_channels = options.feedforward_channels,
                           .num_fcs = options.num_fcs,
                           .act_cfg = options.act_cfg,
                           .ffn_drop = options.dropout};
    parts.ffns.push_back(register_module("ffn", std::make_shared<FFN>(ffn, context)));
    auto norms = register_module("norms", std::make_shared<ModuleList<>>());
    std::vector<Operation> order;
    for (const Operation step : steps) {
      order.insert(order.end(), {options.pre_norm ? Operation::Norm : step, options.pre_norm ? step : Operation::Norm});
      parts.norms.push_back(build_norm_layer(options.norm_cfg, options.embed_dims, context.child("norm_cfg")).layer);
      norms->append(parts.norms.back());
    }
    set_operations(std::move(order), std::move(parts));
  }
};

std::shared_ptr<ModuleList<TransformerLayer>> layers(Kind kind, std::int64_t count, const Options& options, const BuildContext& context) {
  if (options.embed_dims % options.num_heads != 0) throw ArgumentError("num_heads", "must divide embed_dims");
  auto list = std::make_shared<ModuleList<TransformerLayer>>();
  for (std::int64_t i = 0; i < count; ++i) list->append(std::make_shared<TransformerLayerV2_8>(kind, options, context));
  return list;
}

std::shared_ptr<Layer> norm(const Options& options, const BuildContext& context) {
  return build_norm_layer(options.norm_cfg, options.embed_dims, context.child("norm_cfg")).layer;
}

}  // namespace

std::shared_ptr<DetrTransformerEncoder> encoder(const Options& options, const BuildContext& context) {
  return std::make_shared<DetrTransformerEncoder>("TransformerEncoder", layers(Kind::Encoder, options.num_encoder_layers, options, context),
                                                  "norm", options.pre_norm ? norm(options, context) : nullptr);
}

std::shared_ptr<DetrTransformerDecoder> decoder(const Options& options, const BuildContext& context) {
  return std::make_shared<DetrTransformerDecoder>("TransformerDecoder", layers(Kind::Decoder, options.num_decoder_layers, options, context),
                                                  "norm", norm(options, context), options.return_intermediate_dec);
}

std::string repr(const Options& options) {
  const auto flag = [](bool value) { return value ? "True" : "False"; };
  return "Transformer(embed_dims=" + std::to_string(options.embed_dims) + ", num_heads=" + std::to_string(options.num_heads) +
         ", num_encoder_layers=" + std::to_string(options.num_encoder_layers) +
         ", num_decoder_layers=" + std::to_string(options.num_decoder_layers) +
         ", feedforward_channels=" + std::to_string(options.feedforward_channels) + ", dropout=" + detforge::repr(options.dropout) +
         ", act_cfg=" + detforge::repr(options.act_cfg) + ", norm_cfg=" + detforge::repr(options.norm_cfg) +
         ", num_fcs=" + std::to_string(options.num_fcs) + ", pre_norm=" + flag(options.pre_norm) +
         ", return_intermediate_dec=" + flag(options.return_intermediate_dec) + ")";
}

}  // namespace detforge::nn::transformer_v2_8
