#include "detforge/nn/transformer/ffn.h"

#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/linear.h"
#include "detforge/nn/transformer/dropout_layers.h"

namespace detforge::nn {

Registry<FeedforwardNetwork>& feedforward_networks() {
  static Registry<FeedforwardNetwork> registry("FEEDFORWARD_NETWORK");
  return registry;
}

Arguments<FFN::Options> FFN::arguments() {
  return {arg(&Options::embed_dims, "embed_dims", "length of a token").at_least(1),
          arg(&Options::feedforward_channels, "feedforward_channels", "length inside").at_least(1),
          arg(&Options::num_fcs, "num_fcs", "number of linear layers").at_least(2),
          arg(&Options::act_cfg, "act_cfg", "activation after each layer but the last").built_by("ACTIVATION_LAYERS"),
          arg(&Options::ffn_drop, "ffn_drop", "probability of the dropouts between the layers"),
          arg(&Options::dropout_layer, "dropout_layer", "dropout of what is added to the input").built_by("DROPOUT_LAYERS"),
          arg(&Options::add_identity, "add_identity", "whether the input is added"),
          arg(&Options::init_cfg, "init_cfg", "initialisation"),
          arg(&Options::ffn_drop, "dropout", "an older name of ffn_drop"),
          arg(&Options::add_identity, "add_residual", "an older name of add_identity")};
}

std::shared_ptr<BaseSequential> ffn_layers(const FFN::Options& options, const std::shared_ptr<Layer>& activate) {
  auto layers = std::make_shared<BaseSequential>();
  std::int64_t channels = options.embed_dims;
  for (std::int64_t i = 0; i + 1 < options.num_fcs; ++i) {
    auto layer = std::make_shared<BaseSequential>();
    layer->append(std::make_shared<Linear>(Linear::Options{channels, options.feedforward_channels}));
    layer->append(activate);
    layer->append(std::make_shared<Dropout>(Dropout::Options{.p = options.ffn_drop}));
    layers->append(std::move(layer));
    channels = options.feedforward_channels;
  }
  layers->append(std::make_shared<Linear>(Linear::Options{channels, options.embed_dims}));
  return layers;
}

FFN::FFN(const Options& options, const BuildContext& context) : FeedforwardNetwork("FFN"), add_identity_(options.add_identity) {
  activate_ = register_module("activate", build_activation_layer(options.act_cfg, /*inplace=*/false, context.child("act_cfg")));
  layers_ = register_module("layers", ffn_layers(options, activate_));
  layers_->append(std::make_shared<Dropout>(Dropout::Options{.p = options.ffn_drop}));
  dropout_layer_ = register_module("dropout_layer", build_dropout(options.dropout_layer, context.child("dropout_layer")));
  show_init_cfg(context, options.init_cfg);
}

torch::Tensor FFN::compute(const torch::Tensor& tokens, const torch::Tensor& identity) {
  const torch::Tensor out = dropout_layer_->forward(layers_->forward(tokens));
  if (!add_identity_) return out;
  return (identity.defined() ? identity : tokens) + out;
}

DETFORGE_REGISTER(
    feedforward_networks, FFN,
    {.name = "FFN", .python = "mmcv.cnn.bricks.transformer.FFN", .meaning = "linear layers over each token", .since = Reference::V2_27});

}  // namespace detforge::nn
