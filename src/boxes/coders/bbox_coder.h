#pragma once

#include <torch/torch.h>

#include "detforge/registry/registry.h"

namespace detforge {

/// What a head predicts instead of boxes, and back. Boxes are xyxy px of the network's input.
class BBoxCoder {
 public:
  virtual ~BBoxCoder() = default;
  /// What a head should have said at `priors` [N, 4] for the boxes `gt` [N, 4]. `strides` is the stride of each
  /// prior's level, px, a scalar or [N]; coders that do not need it leave it out.
  virtual torch::Tensor encode(const torch::Tensor& priors, const torch::Tensor& gt, const torch::Tensor& strides = {}) const = 0;
  /// The boxes [..., 4] that `predictions` [..., 4] at `priors` mean.
  virtual torch::Tensor decode(const torch::Tensor& priors, const torch::Tensor& predictions, const torch::Tensor& strides = {}) const = 0;
};

Registry<BBoxCoder>& bbox_coders();

}  // namespace detforge
