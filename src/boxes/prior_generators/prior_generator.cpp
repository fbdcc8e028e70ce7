#include "detforge/boxes/prior_generators/prior_generator.h"

namespace detforge {

Registry<PriorGenerator>& anchor_generators() {
  static Registry<PriorGenerator> registry("ANCHOR_GENERATORS");
  return registry;
}

std::vector<ImageSize> featmap_sizes(std::span<const torch::Tensor> maps) {
  std::vector<ImageSize> sizes;
  for (const torch::Tensor& map : maps) sizes.push_back({map.size(-2), map.size(-1)});
  return sizes;
}

torch::Tensor grid_points(ImageSize size, std::array<double, 2> stride_xy, double offset, const torch::TensorOptions& options) {
  const torch::Tensor x = (torch::arange(size.width, options) + offset) * stride_xy[0];
  const torch::Tensor y = (torch::arange(size.height, options) + offset) * stride_xy[1];
  return torch::stack({x.repeat({size.height}), y.repeat_interleave(size.width)}, -1);
}

}  // namespace detforge
