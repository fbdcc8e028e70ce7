#pragma once

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge::nn {

Registry<Layer>& conv_layers();
Registry<Layer>& norm_layers();
Registry<Layer>& activation_layers();

}  // namespace detforge::nn
