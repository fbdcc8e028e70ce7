#pragma once

#include <memory>
#include <optional>
#include <string>

#include "detforge/nn/layers/conv2d.h"

/// Layers out of small configs: `dict(type='BN', requires_grad=True)`.
namespace detforge::nn {

/// The convolution that `conv_cfg` names (a plain Conv2d when there is none), with the arguments of `options`.
std::shared_ptr<Layer> build_conv_layer(const std::optional<ConfigDict>& conv_cfg, const Conv2d::Options& options,
                                        const BuildContext& context);

struct NamedLayer {
  std::string name;  ///< the abbreviation under which modules keep it, with the postfix: `bn1`
  std::shared_ptr<Layer> layer;
};

/// The normalisation that `norm_cfg` names, over `num_features` channels; `requires_grad=False` freezes its parameters.
NamedLayer build_norm_layer(const ConfigDict& norm_cfg, std::int64_t num_features, const BuildContext& context,
                            const std::string& postfix = "");

/// The activation that `act_cfg` names; `inplace` holds where the config does not say and the activation can.
std::shared_ptr<Layer> build_activation_layer(const ConfigDict& act_cfg, bool inplace, const BuildContext& context);

/// The padding that `mode` names (`reflect`), of `padding` px: one number for all sides, or left, right, top, bottom.
std::shared_ptr<Layer> build_padding_layer(const std::string& mode, const Value& padding, const BuildContext& context);

/// The enlarging layer that `upsample_cfg` names.
std::shared_ptr<Layer> build_upsample_layer(const ConfigDict& upsample_cfg, const BuildContext& context);

/// The plugin that `plugin_cfg` names, for `in_channels` channels. The config's `postfix` goes to the name.
NamedLayer build_plugin_layer(const ConfigDict& plugin_cfg, std::int64_t in_channels, const BuildContext& context);

}  // namespace detforge::nn
