#pragma once

#include <torch/torch.h>

#include <optional>

#include "detforge/data/image_meta.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// What one call of a coder may add to what its config says; each coder reads what it needs.
struct CoderCall {
  torch::Tensor strides = {};               ///< stride of each prior's level, px: a scalar or [N]; YOLOBBoxCoder needs it
  std::optional<ImageSize> max_shape = {};  ///< decoded boxes are clipped to it, px, where the coder's config has clip_border
  double wh_ratio_clip = 16.0 / 1000;       ///< decoded sides are at most the prior's times its inverse, at least times itself
  std::optional<double> max_dis = {};       ///< encoded distances are below it, px, by at least `eps`
  double eps = 0.1;
};

/// What a head predicts instead of boxes, and back. Boxes are xyxy px of the network's input.
class BBoxCoder {
 public:
  virtual ~BBoxCoder() = default;
  /// What a head should have said at `priors` [N, 4] for the boxes `gt` [N, 4]. Points are priors of 2 or more columns.
  virtual torch::Tensor encode(const torch::Tensor& priors, const torch::Tensor& gt, const CoderCall& call = {}) const = 0;
  /// The boxes [..., 4] that `predictions` [..., 4] at `priors` mean. Coders of deltas take those of several classes too,
  /// [..., 4 · num_classes].
  virtual torch::Tensor decode(const torch::Tensor& priors, const torch::Tensor& predictions, const CoderCall& call = {}) const = 0;
};

Registry<BBoxCoder>& bbox_coders();

}  // namespace detforge
