#pragma once

#include "detforge/data/image_meta.h"
#include "detforge/kernels/candidates.h"
#include "detforge/postprocess/heatmap_peaks.h"

namespace detforge::postprocess {

/// What CenterNet's head says of one image.
struct CenterOutputs {
  Heatmap heatmap;                ///< probabilities of middles
  std::span<const float> wh;      ///< [2, height, width] in places
  std::span<const float> offset;  ///< [2, height, width] of the middle from its place, in places
};

/// CenterNet's detections (arXiv 1904.07850): a box around each of the likeliest middles, however unlikely; without suppression.
struct CenterDetections {
  std::int64_t topk = 100;
  std::int64_t local_maximum_kernel = 3;  ///< odd

  /// Likeliest first; `rescale`: px of the original image.
  kernels::Candidates run(const CenterOutputs& outputs, const ImageMeta& meta, bool rescale) const;
};

}  // namespace detforge::postprocess
