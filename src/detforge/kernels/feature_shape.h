#pragma once

#include <cstdint>

namespace detforge::kernels {

/// How feature maps lie in memory: a plane for each channel, or the channels of a pixel together.
enum class FeatureLayout { Planes, ChannelsLast };

/// Sizes of feature maps [batch, channels, height, width].
struct FeatureShape {
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  FeatureLayout layout = FeatureLayout::Planes;

  std::int64_t plane() const { return height * width; }
};

}  // namespace detforge::kernels
