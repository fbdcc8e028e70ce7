#include "detforge/nn/transformer/transformer_layer_sequence.h"

namespace detforge::nn {

Registry<TransformerLayerSequence>& transformer_layer_sequences() {
  static Registry<TransformerLayerSequence> registry("TRANSFORMER_LAYER_SEQUENCE");
  return registry;
}

Arguments<TransformerLayerSequence::Options> TransformerLayerSequence::arguments() {
  return {
      arg(&Options::transformerlayers, "transformerlayers", "the layers, one config for all or one for each").built_by("TRANSFORMER_LAYER"),
      arg(&Options::num_layers, "num_layers", "number of layers"), arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

TransformerLayerSequence::TransformerLayerSequence(std::string python_name, const Options& options, const BuildContext& context)
    : Module(std::move(python_name)) {
  if (!options.transformerlayers) throw ArgumentError("transformerlayers", "must be given");
  if (!options.num_layers || *options.num_layers < 1) throw ArgumentError("num_layers", "must be at least 1");
  const auto count = static_cast<std::size_t>(*options.num_layers);
  std::vector<ConfigDict> configs;
  if (const auto* one = std::get_if<ConfigDict>(&*options.transformerlayers)) configs.assign(count, *one);
  else configs = std::get<std::vector<ConfigDict>>(*options.transformerlayers);
  if (configs.size() != count) {
    throw ArgumentError("transformerlayers",
                        "must hold num_layers configs, " + std::to_string(count) + ", got " + std::to_string(configs.size()));
  }
  layers_ = register_module("layers", std::make_shared<BaseModuleList<TransformerLayer>>());
  for (const ConfigDict& config : configs) layers_->append(transformer_layers().build(config, context.child("transformerlayers")));
  show_init_cfg(context, options.init_cfg);
}

TransformerLayerSequence::TransformerLayerSequence(std::string python_name, std::shared_ptr<ModuleList<TransformerLayer>> layers)
    : Module(std::move(python_name)), layers_(register_module("layers", std::move(layers))) {}

torch::Tensor TransformerLayerSequence::compute(torch::Tensor query, const TransformerInput& input) {
  for (const auto& layer : layers()) query = layer->forward(query, input);
  return query;
}

DETFORGE_REGISTER(transformer_layer_sequences, TransformerLayerSequence,
                  {.name = "TransformerLayerSequence",
                   .python = "mmcv.cnn.bricks.transformer.TransformerLayerSequence",
                   .meaning = "transformer layers one after the other",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
