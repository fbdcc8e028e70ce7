#pragma once

#include <memory>

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge::nn {

/// The linear layers that configs can name: MMDetection 2.27's `LINEAR_LAYERS`.
Registry<Layer>& linear_layers();

/// The linear layer that `config` names, [N, in_features] → [N, out_features]. Throws `Error` with the place in the config.
std::shared_ptr<Layer> build_linear_layer(const Value& config, std::int64_t in_features, std::int64_t out_features,
                                          const BuildContext& context);

}  // namespace detforge::nn
