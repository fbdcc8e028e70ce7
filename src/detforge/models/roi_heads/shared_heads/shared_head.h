#pragma once

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// Heads that RoI features pass before box and mask heads see them, [N, C, h, w] → [N, C', h', w']: the last stage of a
/// backbone, as Faster R-CNN on C4 features has it.
Registry<nn::Layer>& shared_heads();

}  // namespace detforge
