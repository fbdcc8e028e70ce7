#pragma once

#include "detforge/data/image_meta.h"
#include "detforge/kernels/candidates.h"
#include "detforge/postprocess/heatmap_peaks.h"

namespace detforge::postprocess {

/// What a head says of one kind of corners of one image.
struct CornerMaps {
  Heatmap heat;                              ///< logits
  std::span<const float> offset;             ///< [2, H, W] from the place to the corner, x before y, in places
  std::span<const float> embedding;          ///< [1, H, W] alike for the corners of one object; or empty, and then
  std::span<const float> centripetal_shift;  ///< [2, H, W] logarithm of the way from the corner to the object's middle, in places
};

/// The boxes between every top left and bottom right corner of one class that seem to be of one object: by embeddings (CornerNet, arXiv
/// 1808.01244) or by pointing at the same middle (CentripetalNet, arXiv 2003.09119).
struct CornerDetections {
  std::int64_t corner_topk = 100;         ///< corners of each kind that are looked at
  std::int64_t local_maximum_kernel = 3;  ///< odd: places within which a corner must be the likeliest
  double distance_threshold = 0.5;        ///< corners of one object are no further apart: in embeddings, or in areas

  /// The best 1000, best first, px of the network's input; before suppression.
  kernels::Candidates run(const CornerMaps& top_left, const CornerMaps& bottom_right, const ImageMeta& meta) const;
};

}  // namespace detforge::postprocess
