#include "detforge/boxes/anchor_layout.h"

namespace detforge {

torch::Tensor anchor_inside_flags(const torch::Tensor& anchors, const torch::Tensor& valid_flags, ImageSize img_shape,
                                  double allowed_border) {
  if (allowed_border < 0) return valid_flags;
  const auto coordinate = [&](std::int64_t i) { return anchors.select(1, i); };
  return valid_flags.logical_and(coordinate(0) >= -allowed_border)
      .logical_and(coordinate(1) >= -allowed_border)
      .logical_and(coordinate(2) < static_cast<double>(img_shape.width) + allowed_border)
      .logical_and(coordinate(3) < static_cast<double>(img_shape.height) + allowed_border);
}

torch::Tensor unmap(const torch::Tensor& data, const torch::Tensor& flags, double fill) {
  std::vector<std::int64_t> shape = data.sizes().vec();
  shape.front() = flags.size(0);
  return torch::full(shape, fill, data.options()).index_put_({flags.to(torch::kBool)}, data);
}

std::vector<torch::Tensor> images_to_levels(std::span<const torch::Tensor> per_image, std::span<const std::int64_t> num_level_priors) {
  const torch::Tensor all = torch::stack(torch::TensorList(per_image.data(), per_image.size()));
  std::vector<torch::Tensor> levels;
  std::int64_t start = 0;
  for (const std::int64_t count : num_level_priors) {
    levels.push_back(all.slice(1, start, start + count));
    start += count;
  }
  return levels;
}

}  // namespace detforge
