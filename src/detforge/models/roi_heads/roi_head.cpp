#include "detforge/models/roi_heads/roi_head.h"

namespace detforge {

Detections RoIHead::aug_predict(std::span<const nn::Features>, const torch::Tensor&, std::span<const ImageMeta>, bool) {
  throw Error(python_name() + " does not merge several views of an image").help("give MultiScaleFlipAug one img_scale and flip=False");
}

torch::Tensor bbox2roi(std::span<const torch::Tensor> boxes) {
  std::vector<torch::Tensor> rois;
  for (std::size_t image = 0; image < boxes.size(); ++image) {
    const torch::Tensor corners = boxes[image].slice(1, 0, 4);
    rois.push_back(torch::cat({torch::full({corners.size(0), 1}, static_cast<double>(image), corners.options()), corners}, 1));
  }
  return rois.empty() ? torch::empty({0, 5}) : torch::cat(rois);
}

}  // namespace detforge
