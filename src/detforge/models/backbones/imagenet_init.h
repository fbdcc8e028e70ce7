#pragma once

#include <optional>
#include <string>

#include "detforge/registry/registry.h"

namespace detforge {

/// The `init_cfg` that MMDetection 2.27's backbones end up with: that of a `pretrained` checkpoint, the one given, or
/// Kaiming for convolutions and 1 for normalisations. Throws `ArgumentError` when both are given.
Value imagenet_init_cfg(const std::optional<std::string>& pretrained, const std::optional<Value>& init_cfg);

}  // namespace detforge
