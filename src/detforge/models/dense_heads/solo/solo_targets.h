#pragma once

#include <array>
#include <vector>

#include "detforge/data/masks/bitmap_masks.h"
#include "detforge/models/training/targets.h"

/// What SOLO's grids learn (arXiv 1912.04488): the cells around the middle of an object have its class and its mask.
namespace detforge {

/// One level's grid over the image.
struct SoloGrid {
  std::int64_t num_grid = 0;               ///< cells per side
  std::array<double, 2> scale_range = {};  ///< px: objects whose boxes' areas have roots between these, both included
  ImageSize map;                           ///< of the masks that the level predicts
  double map_stride_px = 1;                ///< how far apart their pixels lie
};

struct SoloTargetRules {
  std::int64_t num_classes = 0;
  double pos_scale = 0;  ///< part of an object's sides around its middle that is its own
  ImageSize image;       ///< what a grid covers, px
};

/// What the cells of one level should say of one image; a cell has the number y · num_grid + x.
struct SoloTargets {
  torch::Tensor labels;  ///< [num_grid²] int64, num_classes for background; a later object's cells are no more the earlier one's
  torch::Tensor cells;   ///< [P] int64: those that learn a mask, once for each object that they lie in the middle of
  torch::Tensor masks;   ///< [P, map] uint8
};

/// `pixels` are the masks of the image's objects. Objects without a pixel are passed over.
SoloTargets solo_targets(const SoloGrid& grid, const SoloTargetRules& rules, const torch::Tensor& gt_bboxes, const torch::Tensor& gt_labels,
                         const BitmapMasks& pixels);

/// The same with the last object alone where cells have several.
SoloTargets with_one_object_a_cell(SoloTargets targets);

}  // namespace detforge
