#pragma once

#include <torch/torch.h>

#include <vector>

#include "detforge/data/image_meta.h"
#include "detforge/data/masks/instance_masks.h"

namespace detforge {

/// What a batch of images shows, in pixels of the network's input; one entry per image. Lists that a dataset does not
/// have are empty.
struct Targets {
  std::vector<ImageMeta> metas;
  std::vector<torch::Tensor> gt_bboxes;         ///< [G, 4] float xyxy
  std::vector<torch::Tensor> gt_labels;         ///< [G] int64
  std::vector<torch::Tensor> gt_bboxes_ignore;  ///< [K, 4]: neither objects nor background
  std::vector<InstanceMasks> gt_masks;          ///< G masks of the size of the network's input
  torch::Tensor gt_semantic_seg;                ///< [N, 1, h, w] int64; undefined without one
  std::vector<torch::Tensor> proposals;         ///< [P, 4 or 5] of a detector that is given them

  std::size_t size() const { return metas.size(); }
  /// Undefined where the dataset has no regions to ignore.
  torch::Tensor ignored(std::size_t image) const { return gt_bboxes_ignore.empty() ? torch::Tensor() : gt_bboxes_ignore.at(image); }
};

}  // namespace detforge
