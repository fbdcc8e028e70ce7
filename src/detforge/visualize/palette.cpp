#include "detforge/visualize/palette.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace detforge {

cv::Scalar class_color(std::int64_t label) {
  // Steps of the golden ratio around the circle of hues never come close to a recent one; strength and brightness
  // alternate, so that many classes stay apart.
  constexpr double kGoldenRatio = 0.618033988749895;
  constexpr std::array<double, 3> kSaturations = {0.9, 0.6, 0.75}, kValues = {1.0, 0.9, 0.75};
  const std::uint64_t index = static_cast<std::uint64_t>(label) % 4096;
  const double hue = std::fmod(static_cast<double>(index) * kGoldenRatio, 1.0) * 6;
  const double saturation = kSaturations[index % 3], value = kValues[index / 3 % 3];
  const auto channel = [&](double shift) {
    const double place = std::fmod(shift + hue, 6.0);
    const double strength = std::clamp(std::min(place, 4 - place), 0.0, 1.0);
    return std::round(255 * value * (1 - saturation * strength));
  };
  return {channel(1), channel(3), channel(5)};
}

}  // namespace detforge
