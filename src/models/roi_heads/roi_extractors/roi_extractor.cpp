#include "detforge/models/roi_heads/roi_extractors/roi_extractor.h"

namespace detforge {

Registry<RoIExtractor>& roi_extractors() {
  static Registry<RoIExtractor> registry("ROI_EXTRACTORS");
  return registry;
}

torch::Tensor RoIExtractor::forward(const nn::Features& features, const torch::Tensor& rois, std::optional<double> roi_scale_factor) {
  const nn::Features inputs(features.begin(), features.begin() + static_cast<std::ptrdiff_t>(std::min(num_inputs(), features.size())));
  return nn::observed(*this, inputs, [&] { return compute(inputs, rois, roi_scale_factor); });
}

torch::Tensor roi_rescale(const torch::Tensor& rois, double factor) {
  const torch::Tensor top_left = rois.slice(1, 1, 3), bottom_right = rois.slice(1, 3, 5);
  const torch::Tensor centers = (top_left + bottom_right) * 0.5;
  const torch::Tensor half_sizes = (bottom_right - top_left) * factor * 0.5;
  return torch::cat({rois.slice(1, 0, 1), centers - half_sizes, centers + half_sizes}, 1);
}

}  // namespace detforge
