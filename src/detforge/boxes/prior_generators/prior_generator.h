#pragma once

#include <torch/torch.h>

#include <span>
#include <vector>

#include "detforge/data/image_meta.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// Where a head starts from: anchors (boxes) or points at every place of every level.
class PriorGenerator {
 public:
  virtual ~PriorGenerator() = default;
  virtual std::size_t num_levels() const = 0;
  /// Priors at each place, per level.
  virtual std::vector<std::int64_t> num_base_priors() const = 0;
  /// Per level [H_i·W_i·num_base_priors, 4]: the places in row-major order, each with its priors one after the other.
  /// Anchors are xyxy px of the network's input; points are (x, y, stride_x, stride_y).
  /// Throws `Error` when the number of sizes is not that of the levels.
  virtual std::vector<torch::Tensor> grid_priors(std::span<const ImageSize> featmap_sizes,
                                                 const torch::TensorOptions& options = {}) const = 0;
  /// Per level (x, y) px between two places.
  virtual std::vector<std::array<double, 2>> strides() const = 0;
  /// Per level [H_i·W_i·num_base_priors] bool: whether the prior's place lies in an image that fills `pad_shape`, px, of the batch.
  std::vector<torch::Tensor> valid_flags(std::span<const ImageSize> featmap_sizes, ImageSize pad_shape) const;
  /// Per level [H_i·W_i·num_base_priors] bool: whether the centre of one of the objects [G, 4] lies in the prior's cell. As in
  /// MMDetection a centre right of the map counts for the next row; one above or below of it counts for none.
  std::vector<torch::Tensor> responsible_flags(std::span<const ImageSize> featmap_sizes, const torch::Tensor& gt_bboxes) const;
};

/// MMDetection 2.27 calls it PRIOR_GENERATORS too.
Registry<PriorGenerator>& anchor_generators();

/// The sizes of maps [..., H, W], for `grid_priors`.
std::vector<ImageSize> featmap_sizes(std::span<const torch::Tensor> maps);

/// The top left corners of the cells of a map, (x, y) px, row by row: [H·W, 2]. `offset` moves them by that part of a cell.
torch::Tensor grid_points(ImageSize size, std::array<double, 2> stride_xy, double offset, const torch::TensorOptions& options);

}  // namespace detforge
