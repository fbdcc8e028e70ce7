#pragma once

#include <optional>

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// Features of regions: a window of fixed size out of feature maps for each region of interest.
class RoIExtractor : public nn::Module {
 public:
  using nn::Module::Module;

  /// `features` [B, C_i, H_i, W_i], of which the first `num_inputs` are read; `rois` [N, 5]: image of the batch, xyxy px of the
  /// network's input. → [N, C, h, w]. `roi_scale_factor` enlarges the regions around their centres after their level was chosen.
  torch::Tensor forward(const nn::Features& features, const torch::Tensor& rois, std::optional<double> roi_scale_factor = std::nullopt);

  /// Stride of each level in px of the network's input.
  virtual const std::vector<std::int64_t>& featmap_strides() const = 0;
  std::size_t num_inputs() const { return featmap_strides().size(); }

 protected:
  virtual torch::Tensor compute(const nn::Features& features, const torch::Tensor& rois, std::optional<double> roi_scale_factor) = 0;
};

Registry<RoIExtractor>& roi_extractors();

/// Regions [N, 5] `factor` times as large, around the same centres.
torch::Tensor roi_rescale(const torch::Tensor& rois, double factor);

}  // namespace detforge
