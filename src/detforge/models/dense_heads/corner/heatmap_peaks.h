#pragma once

#include <torch/torch.h>

#include <string>

namespace detforge {

/// The k likeliest local maxima of a heat map [C, H, W], likeliest first: all [k].
struct HeatmapPeaks {
  torch::Tensor scores;
  torch::Tensor labels;   ///< int64, the map's channel
  torch::Tensor indices;  ///< int64, row-major among the map's places
  torch::Tensor x, y;     ///< column and row, float

  /// What a map [channels, H, W] says at the peaks: [channels, k].
  torch::Tensor values_of(const torch::Tensor& map) const { return map.flatten(1).index_select(1, indices); }
};

/// A check of the kernel among a config's arguments.
inline std::string must_be_odd(const std::int64_t& kernel) { return kernel % 2 == 1 ? "" : "must be odd"; }

/// A peak is no less likely than the places around it, `kernel` (odd) by `kernel`. Fewer than k where the map is smaller.
HeatmapPeaks heatmap_peaks(const torch::Tensor& probabilities, std::int64_t k, std::int64_t kernel);

}  // namespace detforge
