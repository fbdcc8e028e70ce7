#pragma once

#include <cmath>

#include "detforge/data/image_meta.h"

namespace detforge::postprocess {

/// The size of an image as the network saw it, from its original size and its factor: MMDetection rounds it, ties to even.
inline ImageSize scaled_size(const ImageMeta& meta) {
  const auto scaled = [](std::int64_t length, float factor) {
    return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(length) * static_cast<double>(factor)));
  };
  return {scaled(meta.ori_shape.height, meta.scale_factor[1]), scaled(meta.ori_shape.width, meta.scale_factor[0])};
}

}  // namespace detforge::postprocess
