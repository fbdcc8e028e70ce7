#pragma once

#include <array>

#include "detforge/data/image_meta.h"

namespace detforge {

/// The size of an image that keeps its proportions and just fits `scale`, (long edge, short edge) px: mmcv's `rescale_size`, sides rounded
/// half up. May be 0 for extreme proportions.
ImageSize rescale_size(ImageSize size, const std::array<double, 2>& scale);

}  // namespace detforge
