#include "detforge/postprocess/heatmap_peaks.h"

#include <algorithm>
#include <cmath>

#include "detforge/kernels/sigmoid.h"
#include "detforge/postprocess/best_scores.h"

namespace detforge::postprocess {
namespace {

/// The largest value around each place of a plane: [height, width].
void largest_around(std::span<const float> plane, std::int64_t height, std::int64_t width, std::int64_t kernel, std::vector<float>& rows,
                    std::vector<float>& largest) {
  const std::int64_t reach = (kernel - 1) / 2;
  const auto at = [&](std::int64_t row) { return static_cast<std::size_t>(row * width); };
  rows.assign(plane.begin(), plane.end());
  for (std::int64_t row = 0; row < height; ++row) {
    const float* from = plane.data() + at(row);
    float* to = rows.data() + at(row);
    for (std::int64_t step = 1; step <= std::min(reach, width - 1); ++step) {
      for (std::int64_t x = step; x < width; ++x) to[x] = std::max(to[x], from[x - step]);
      for (std::int64_t x = 0; x < width - step; ++x) to[x] = std::max(to[x], from[x + step]);
    }
  }
  largest = rows;
  for (std::int64_t row = 0; row < height; ++row) {
    float* to = largest.data() + at(row);
    for (std::int64_t other = std::max<std::int64_t>(0, row - reach); other <= std::min(height - 1, row + reach); ++other) {
      const float* from = rows.data() + at(other);
      for (std::int64_t x = 0; x < width; ++x) to[x] = std::max(to[x], from[x]);
    }
  }
}

/// Whether a logit is as likely as the largest around it: of large ones, and of neighbours in the last bits, the sigmoids may be one.
bool is_as_likely(float logit, float largest) {
  if (logit == largest) return true;
  constexpr float flat_from = 8, apart = 1e-3F;
  if (logit < flat_from && largest - logit > apart) return false;
  return kernels::sigmoid(logit) == kernels::sigmoid(largest);
}

}  // namespace

std::vector<HeatmapPeak> heatmap_peaks(const Heatmap& map, std::int64_t count, std::int64_t kernel) {
  const auto area = static_cast<std::size_t>(map.height * map.width);
  std::vector<std::size_t> places;
  std::vector<float> scores, rows, largest;
  for (std::size_t channel = 0; channel < static_cast<std::size_t>(map.channels); ++channel) {
    const auto plane = map.values.subspan(channel * area, area);
    largest_around(plane, map.height, map.width, kernel, rows, largest);
    for (std::size_t i = 0; i < area; ++i) {
      if (map.holds_logits ? !is_as_likely(plane[i], largest[i]) : plane[i] != largest[i]) continue;
      places.push_back(channel * area + i);
      scores.push_back(map.holds_logits ? kernels::sigmoid(plane[i]) : plane[i]);
    }
  }
  const auto peak = [&](std::size_t place, float score) {
    const auto in_plane = static_cast<std::int64_t>(place % area);
    return HeatmapPeak{score, static_cast<std::int64_t>(place / area), in_plane % map.width, in_plane / map.width};
  };
  std::vector<HeatmapPeak> peaks;
  for (const std::size_t i : best_scores(scores, static_cast<std::size_t>(count))) peaks.push_back(peak(places[i], scores[i]));
  const std::size_t wanted = std::min(static_cast<std::size_t>(count), map.values.size());
  for (std::size_t place = 0; peaks.size() < wanted; ++place) {
    if (!std::binary_search(places.begin(), places.end(), place)) peaks.push_back(peak(place, 0));
  }
  return peaks;
}

}  // namespace detforge::postprocess
