#pragma once

#include <span>
#include <vector>

#include "detforge/data/image_meta.h"
#include "detforge/data/masks/rle.h"
#include "detforge/kernels/execution.h"
#include "detforge/kernels/nms.h"

namespace detforge::postprocess {

/// YOLACT's prototypes of one image and what its boxes make of them.
struct PrototypeOutputs {
  std::span<const float> prototypes;    ///< [height, width, num_protos]
  ImageSize size;                       ///< of a prototype
  std::span<const float> coefficients;  ///< [N, num_protos]
  std::span<const kernels::Box> boxes;  ///< [N] px of the network's input
};

/// The masks of YOLACT's boxes (arXiv 1904.02689): weighed sums of prototypes through a sigmoid, cut at the box.
struct PrototypeMasks {
  double threshold = 0.5;  ///< probability above which a pixel is inside

  /// Of the size of the original image, or (without `rescale`) of the image as the network saw it.
  std::vector<Rle> run(const PrototypeOutputs& outputs, const ImageMeta& meta, bool rescale, const kernels::Execution& execution) const;
};

}  // namespace detforge::postprocess
