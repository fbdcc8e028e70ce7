#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace detforge::postprocess {

/// A map [channels, height, width] of one image.
struct Heatmap {
  std::span<const float> values;
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool holds_logits = false;  ///< values have no sigmoid yet
};

/// One of its likeliest local maxima.
struct HeatmapPeak {
  float score = 0;         ///< a probability
  std::int64_t label = 0;  ///< channel
  std::int64_t column = 0;
  std::int64_t row = 0;

  /// What a plane of another map [height, width] of `width` columns says here.
  float value_of(std::span<const float> map, std::int64_t plane, const Heatmap& of) const {
    return map[static_cast<std::size_t>((plane * of.height + row) * of.width + column)];
  }
};

/// The `count` likeliest places that are no less likely than those around them, `kernel` (odd) by `kernel`; likeliest first, equal ones in
/// the map's order. Where there are fewer, other places follow with a score of 0.
std::vector<HeatmapPeak> heatmap_peaks(const Heatmap& map, std::int64_t count, std::int64_t kernel);

}  // namespace detforge::postprocess
