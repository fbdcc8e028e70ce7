#pragma once

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge::nn {

Registry<Layer>& conv_layers();
Registry<Layer>& norm_layers();
Registry<Layer>& activation_layers();
Registry<Layer>& padding_layers();
Registry<Layer>& upsample_layers();
Registry<Layer>& plugin_layers();

}  // namespace detforge::nn
