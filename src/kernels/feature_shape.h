#pragma once

#include <cstdint>

namespace detforge::kernels {

/// Sizes of feature maps [batch, channels, height, width], in that order in memory.
struct FeatureShape {
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;

  std::int64_t plane() const { return height * width; }
};

}  // namespace detforge::kernels
