#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detforge/data/detections.h"
#include "detforge/data/image_meta.h"
#include "detforge/kernels/execution.h"
#include "detforge/postprocess/matrix_nms.h"

namespace detforge::postprocess {

/// The class scores of one level's grid: [num_classes, num_grid, num_grid] probabilities, peaks alone.
struct GridScores {
  std::span<const float> scores;
  std::int64_t num_grid = 0;
};

/// A cell of a level that may show an object of a class.
struct GridCell {
  std::size_t level = 0;
  std::int64_t cell = 0;  ///< row · num_grid + column
  std::int64_t label = 0;
  float score = 0;
};

/// SOLO's instances (arXiv 1912.04488, 2003.10152): cells of grids whose masks Matrix NMS keeps. What a cell's mask is, the head says
/// between the two steps.
struct GridInstances {
  std::int64_t num_classes = 0;
  std::vector<std::int64_t> strides;  ///< px of each level: a mask has more pixels than that
  double score_thr = 0;               ///< class scores are greater
  double mask_thr = 0.5;              ///< probability above which a pixel is inside
  MatrixNms nms;

  /// The cells that are worth a look, by level, cell and class.
  std::vector<GridCell> cells(std::span<const GridScores> levels) const;

  /// The maps that cells have predicted.
  struct Masks {
    std::span<const float> probabilities;  ///< [cells, size.height, size.width]
    ImageSize size;
    ImageSize covers;  ///< the part of the batch that they show, px of the network's input
  };
  /// Best first, masks of the size of the original image; their boxes are all 0.
  Detections run(std::span<const GridCell> cells, const Masks& masks, const ImageMeta& meta, const kernels::Execution& execution) const;
};

}  // namespace detforge::postprocess
