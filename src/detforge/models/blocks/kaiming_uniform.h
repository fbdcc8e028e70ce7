#pragma once

#include "detforge/config/value.h"

namespace detforge {

/// The `init_cfg` that YOLOX's parts share: PyTorch's own default for convolutions.
inline Value kaiming_uniform_init_cfg() {
  return Value::dict({{"type", "Kaiming"},
                      {"layer", "Conv2d"},
                      {"a", 2.23606797749979},
                      {"distribution", "uniform"},
                      {"mode", "fan_in"},
                      {"nonlinearity", "leaky_relu"}});
}

}  // namespace detforge
