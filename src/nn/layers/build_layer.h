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
  std::string name;  ///< the abbreviation under which modules keep it: `bn`
  std::shared_ptr<Layer> layer;
};

/// The normalisation that `norm_cfg` names, over `num_features` channels; `requires_grad=False` freezes its parameters.
NamedLayer build_norm_layer(const ConfigDict& norm_cfg, std::int64_t num_features, const BuildContext& context);

/// The activation that `act_cfg` names; `inplace` holds where the config does not say and the activation can.
std::shared_ptr<Layer> build_activation_layer(const ConfigDict& act_cfg, bool inplace, const BuildContext& context);

}  // namespace detforge::nn
