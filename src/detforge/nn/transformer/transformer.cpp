#include "detforge/nn/transformer/transformer.h"

#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/transformer/transformer_v2_8.h"
#include "detforge/nn/transformer/transformers.h"

namespace detforge::nn {

Arguments<Transformer::Options> Transformer::arguments() {
  return {arg(&Options::embed_dims, "embed_dims", "length of a token").at_least(1).only_in_v2_8(),
          arg(&Options::num_heads, "num_heads", "heads of an attention").at_least(1).only_in_v2_8(),
          arg(&Options::num_encoder_layers, "num_encoder_layers", "layers of the encoder").at_least(1).only_in_v2_8(),
          arg(&Options::num_decoder_layers, "num_decoder_layers", "layers of the decoder").at_least(1).only_in_v2_8(),
          arg(&Options::feedforward_channels, "feedforward_channels", "length inside the feed-forward networks").at_least(1).only_in_v2_8(),
          arg(&Options::dropout, "dropout", "probability of all dropouts").only_in_v2_8(),
          arg(&Options::act_cfg, "act_cfg", "activation of the feed-forward networks").built_by("ACTIVATION_LAYERS").only_in_v2_8(),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer").only_in_v2_8(),
          arg(&Options::num_fcs, "num_fcs", "linear layers of a feed-forward network").at_least(2).only_in_v2_8(),
          arg(&Options::pre_norm, "pre_norm", "whether layers normalise first").only_in_v2_8(),
          arg(&Options::return_intermediate_dec, "return_intermediate_dec", "hand out what each layer of the decoder gives").only_in_v2_8(),
          arg(&Options::encoder, "encoder", "the encoder; with it 2.8's arguments mean nothing")
              .built_by("TRANSFORMER_LAYER_SEQUENCE")
              .since_v2_27(),
          arg(&Options::decoder, "decoder", "the decoder").built_by("TRANSFORMER_LAYER_SEQUENCE").since_v2_27(),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

Transformer::Transformer(const Options& options, const BuildContext& context) : Module("Transformer") {
  if (!options.encoder && !options.decoder && context.reference == Reference::V2_8) {
    own_repr_ = transformer_v2_8::repr(options);
    encoder_ = register_module("encoder", transformer_v2_8::encoder(options, context));
    decoder_ = register_module("decoder", transformer_v2_8::decoder(options, context));
    return;
  }
  if (!options.encoder) throw ArgumentError("encoder", "must be given");
  if (!options.decoder) throw ArgumentError("decoder", "must be given");
  encoder_ = register_module("encoder", transformer_layer_sequences().build(*options.encoder, context.child("encoder")));
  decoder_ = register_module("decoder", transformer_layer_sequences().build(*options.decoder, context.child("decoder")));
  show_init_cfg(context, options.init_cfg);
}

Transformer::Output Transformer::forward(const torch::Tensor& map, const torch::Tensor& mask, const torch::Tensor& query_embed,
                                         const torch::Tensor& pos_embed) {
  Features outputs = observed(*this, {&map, 1}, [&] { return compute(map, mask, query_embed, pos_embed); });
  return {outputs[0], outputs[1]};
}

Features Transformer::compute(const torch::Tensor& map, const torch::Tensor& mask, const torch::Tensor& query_embed,
                              const torch::Tensor& pos_embed) {
  const torch::Tensor padding = mask.flatten(1);
  TransformerInput to_encode;
  to_encode.query_pos = pos_embed.flatten(2).permute({2, 0, 1});
  to_encode.query_key_padding_mask = padding;
  const torch::Tensor memory = encoder_->forward(map.flatten(2).permute({2, 0, 1}), to_encode);

  TransformerInput to_decode;
  to_decode.key = to_decode.value = memory;
  to_decode.query_pos = query_embed.unsqueeze(1).expand({-1, map.size(0), -1});
  to_decode.key_pos = to_encode.query_pos;
  to_decode.key_padding_mask = padding;
  torch::Tensor decoded = decoder_->forward(torch::zeros_like(to_decode.query_pos), to_decode);
  if (decoded.dim() == 3) decoded = decoded.unsqueeze(0);
  return {decoded.transpose(1, 2), memory.permute({1, 2, 0}).reshape(map.sizes())};
}

void Transformer::init_weights(const PretrainedLoader&) { xavier_init_layers(*this); }

void xavier_init_layers(Module& root) {
  for (const auto& module : root.modules(/*include_self=*/false)) {
    auto* layer = dynamic_cast<Module*>(module.get());
    if (layer == nullptr) continue;
    const auto parameters = layer->named_parameters(/*recurse=*/false);
    if (const torch::Tensor* weight = parameters.find("weight"); weight != nullptr && weight->dim() > 1) {
      xavier_init(*layer, 1, 0, Distribution::Uniform);
    }
  }
}

DETFORGE_REGISTER(transformers, Transformer,
                  {.name = "Transformer",
                   .python = "mmdet.models.utils.transformer.Transformer",
                   .meaning = "DETR's transformer (arXiv 2005.12872)"});

}  // namespace detforge::nn
