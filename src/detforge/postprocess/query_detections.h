#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "detforge/data/detections.h"
#include "detforge/data/image_meta.h"

namespace detforge::postprocess {

/// What a decoder's last layer says of Q queries of one image.
struct QueryOutputs {
  std::span<const float> cls_scores;  ///< [Q, num_classes], without a sigmoid [Q, num_classes + 1], the last for the background
  std::span<const float> bbox_preds;  ///< [Q, 4] centre and size, in sizes of the image
};

/// The detections of DETR's family: the best queries, or the best pairs of query and class. Without suppression.
struct QueryDetections {
  std::int64_t num_classes = 0;
  bool uses_sigmoid = false;              ///< classes have a sigmoid each: pairs are looked for; else a softmax: each query shows one
  bool keeps_every_query = false;         ///< all queries in their order, not the best ones
  std::optional<std::int64_t> max_count;  ///< at most so many; none: as many as there are queries

  /// Best first; equal scores in the order of queries and classes. Boxes are cut at the image; `rescale`: px of the original one.
  Detections run(const QueryOutputs& outputs, const ImageMeta& meta, bool rescale) const;
};

}  // namespace detforge::postprocess
