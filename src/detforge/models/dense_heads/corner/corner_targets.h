#pragma once

#include <array>
#include <vector>

#include "detforge/models/training/targets.h"

namespace detforge {

/// What heads that find objects by their corners should have said. Pairs are of the top left and the bottom right corners; places
/// without a corner are 0.
struct CornerTargets {
  std::array<torch::Tensor, 2> heatmaps;            ///< [N, num_classes, H, W], 1 at a corner
  std::array<torch::Tensor, 2> masks;               ///< [N, 1, H, W] 1 where there is a corner of any class
  std::array<torch::Tensor, 2> offsets;             ///< [N, 2, H, W] from its place to the corner, x before y, in places
  std::array<torch::Tensor, 2> guiding_shifts;      ///< [N, 2, H, W] between the place and the object's middle
  std::array<torch::Tensor, 2> centripetal_shifts;  ///< [N, 2, H, W] logarithm of that from the corner to the middle
  std::vector<torch::Tensor> corners;               ///< per image [G, 4] int64: y and x of an object's top left place, then of the other
};

/// For maps of that size of a batch of images.
CornerTargets corner_targets(const Targets& targets, std::int64_t num_classes, ImageSize featmap_size, const torch::Device& device);

}  // namespace detforge
