#include "detforge/models/blocks/block_plugins.h"

#include "detforge/nn/layers/build_layer.h"

namespace detforge {
namespace block_plugins {

/// 0 for `after_conv1`, and so on.
std::size_t position_of(const ConfigDict& plugin) {
  const Value* position = plugin.find("position");
  if (position != nullptr && position->is_string()) {
    for (const std::size_t index : {0U, 1U, 2U}) {
      if (position->as_string() == "after_conv" + std::to_string(index + 1)) return index;
    }
  }
  throw ArgumentError("plugins", "each needs a 'position': 'after_conv1', 'after_conv2' or 'after_conv3'");
}

ConfigDict layer_config(const ConfigDict& plugin) {
  const Value* config = plugin.find("cfg");
  if (config == nullptr || !config->is_dict()) throw ArgumentError("plugins", "each needs a 'cfg', the config of a plugin layer");
  return ConfigDict(*config);
}

}  // namespace block_plugins

BlockPlugins::BlockPlugins(nn::Module& block, const std::vector<ConfigDict>& plugins, const std::array<std::int64_t, 3>& channels,
                           const BuildContext& context)
    : only_last_counts_(context.reference == Reference::V2_8) {
  for (std::size_t position = 0; position < layers_.size(); ++position) {
    for (const ConfigDict& plugin : plugins) {
      if (block_plugins::position_of(plugin) != position) continue;
      auto built = nn::build_plugin_layer(block_plugins::layer_config(plugin), channels[position], context);
      if (block.named_children().contains(built.name)) {
        throw ArgumentError("plugins", "there are two of the name '" + built.name + "'; give one a 'postfix'");
      }
      layers_[position].push_back(block.register_module(built.name, built.layer));
    }
  }
}

torch::Tensor BlockPlugins::after_conv(std::size_t number, const torch::Tensor& input) const {
  torch::Tensor output = input;
  for (const auto& layer : layers_[number - 1]) output = layer->forward(only_last_counts_ ? input : output);
  return output;
}

}  // namespace detforge
