#include "detforge/nn/transformer/base_transformer_layer.h"

#include <algorithm>

#include "detforge/nn/layers/build_layer.h"

namespace detforge::nn {
namespace base_transformer_layer {

using Options = BaseTransformerLayer::Options;
using PartConfigs = BaseTransformerLayer::PartConfigs;

std::size_t count(const std::vector<TransformerOperation>& operations, TransformerOperation operation) {
  return static_cast<std::size_t>(std::count(operations.begin(), operations.end(), operation));
}

std::vector<ConfigDict> one_each(const PartConfigs& configs, std::size_t parts, const char* argument) {
  if (const auto* one = std::get_if<ConfigDict>(&configs)) return std::vector<ConfigDict>(parts, *one);
  const auto& all = std::get<std::vector<ConfigDict>>(configs);
  if (all.size() != parts) {
    throw ArgumentError(argument, "must hold as many configs as operation_order has places for them, " + std::to_string(parts) + ", got " +
                                      std::to_string(all.size()));
  }
  return all;
}

/// The networks' configs with what the layer's own, older arguments say of them.
PartConfigs ffn_configs(const Options& options) {
  if (!options.feedforward_channels && !options.ffn_dropout && !options.ffn_num_fcs) return options.ffn_cfgs;
  const auto* given = std::get_if<ConfigDict>(&options.ffn_cfgs);
  if (given == nullptr)
    throw ArgumentError("ffn_cfgs", "must be one config where feedforward_channels, ffn_dropout or ffn_num_fcs are given");
  ConfigDict config = *given;
  if (options.feedforward_channels) config["feedforward_channels"] = *options.feedforward_channels;
  if (options.ffn_dropout) config["ffn_drop"] = *options.ffn_dropout;
  if (options.ffn_num_fcs) config["num_fcs"] = *options.ffn_num_fcs;
  return config;
}

}  // namespace base_transformer_layer

Arguments<BaseTransformerLayer::Options> BaseTransformerLayer::arguments() {
  return {arg(&Options::attn_cfgs, "attn_cfgs", "the attentions, one config for all or one for each").built_by("ATTENTION"),
          arg(&Options::ffn_cfgs, "ffn_cfgs", "the feed-forward networks, likewise"),
          arg(&Options::operation_order, "operation_order", "what follows what; with 'norm' first, normalised input is not what is added"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::init_cfg, "init_cfg", "initialisation"),
          arg(&Options::batch_first, "batch_first", "whether images come before tokens"),
          arg(&Options::feedforward_channels, "feedforward_channels", "an older way to set that of ffn_cfgs"),
          arg(&Options::ffn_dropout, "ffn_dropout", "an older way to set ffn_drop of ffn_cfgs"),
          arg(&Options::ffn_num_fcs, "ffn_num_fcs", "an older way to set num_fcs of ffn_cfgs"),
          arg(&Options::act_cfg, "act_cfg", "means nothing: ffn_cfgs has one")};
}

BaseTransformerLayer::BaseTransformerLayer(std::string python_name, const Options& options, const BuildContext& context)
    : TransformerLayer(std::move(python_name)) {
  namespace layer = base_transformer_layer;
  using Operation = TransformerOperation;
  if (!options.operation_order || options.operation_order->empty()) throw ArgumentError("operation_order", "must be given");
  if (!options.attn_cfgs) throw ArgumentError("attn_cfgs", "must be given");
  const std::vector<Operation>& operations = *options.operation_order;
  const std::size_t num_attentions = layer::count(operations, Operation::SelfAttn) + layer::count(operations, Operation::CrossAttn);
  if (num_attentions == 0) throw ArgumentError("operation_order", "must hold 'self_attn' or 'cross_attn'");

  Parts parts;
  auto attention_list = register_module("attentions", std::make_shared<BaseModuleList<Attention>>());
  for (ConfigDict config : layer::one_each(*options.attn_cfgs, num_attentions, "attn_cfgs")) {
    if (!config.contains("batch_first")) config["batch_first"] = options.batch_first;
    if (!python_equal(config["batch_first"], options.batch_first)) throw ArgumentError("attn_cfgs", "must have the layer's batch_first");
    parts.attentions.push_back(attentions().build(config, context.child("attn_cfgs")));
    attention_list->append(parts.attentions.back());
  }
  const std::int64_t embed_dims = parts.attentions.front()->embed_dims();

  auto ffn_list = register_module("ffns", std::make_shared<BaseModuleList<FeedforwardNetwork>>());
  for (const ConfigDict& config : layer::one_each(layer::ffn_configs(options), layer::count(operations, Operation::FFN), "ffn_cfgs")) {
    if (const Value* own = config.find("embed_dims"); own != nullptr && !python_equal(*own, embed_dims)) {
      throw ArgumentError("ffn_cfgs", "must have the embed_dims of the attention, " + std::to_string(embed_dims) + ", got " + repr(*own));
    }
    parts.ffns.push_back(feedforward_networks().build(with_defaults(config, Value::dict({{"type", "FFN"}, {"embed_dims", embed_dims}})),
                                                      context.child("ffn_cfgs")));
    ffn_list->append(parts.ffns.back());
  }

  auto norm_list = register_module("norms", std::make_shared<BaseModuleList<>>());
  for (std::size_t i = 0; i < layer::count(operations, Operation::Norm); ++i) {
    parts.norms.push_back(build_norm_layer(options.norm_cfg, embed_dims, context.child("norm_cfg")).layer);
    norm_list->append(parts.norms.back());
  }
  set_operations(operations, std::move(parts));
  show_init_cfg(context, options.init_cfg);
}

DETFORGE_REGISTER(transformer_layers, BaseTransformerLayer,
                  {.name = "BaseTransformerLayer",
                   .python = "mmcv.cnn.bricks.transformer.BaseTransformerLayer",
                   .meaning = "attentions, feed-forward networks and normalisations in an order of one's own",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
