#pragma once

#include <span>
#include <vector>

#include "detforge/data/image_meta.h"
#include "detforge/data/masks/rle.h"

namespace detforge::postprocess {

/// A map [height, width] of probabilities, made larger or smaller by bilinear interpolation between the middles of pixels (PyTorch's
/// `interpolate` with align_corners=False): [to.height, to.width].
std::vector<float> resized(std::span<const float> map, ImageSize from, ImageSize to);

/// The mask [to.height, to.width] of the resized map's pixels above `threshold`.
Rle mask_above(std::span<const float> map, ImageSize from, ImageSize to, float threshold);

}  // namespace detforge::postprocess
