#include "detforge/ops/point_sample.h"

namespace detforge::ops {

torch::Tensor point_sample(const torch::Tensor& input, const torch::Tensor& points, bool align_corners) {
  constexpr std::int64_t bilinear = 0, zeros = 0;
  const bool is_list = points.dim() == 3;
  const torch::Tensor grid = (is_list ? points.unsqueeze(2) : points) * 2.0 - 1.0;
  const torch::Tensor values = torch::grid_sampler(input, grid, bilinear, zeros, align_corners);
  return is_list ? values.squeeze(3) : values;
}

torch::Tensor roi_points_in_map(const torch::Tensor& rois, const torch::Tensor& points, std::int64_t height, std::int64_t width,
                                double spatial_scale) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor top_left = rois.slice(1, 1, 3).unsqueeze(1), sizes = rois.slice(1, 3, 5).unsqueeze(1) - top_left;
  const torch::Tensor map_size = torch::tensor({width, height}, points.options());
  return (points * sizes + top_left) / map_size * spatial_scale;
}

torch::Tensor grid_of_points(std::int64_t height, std::int64_t width, const torch::TensorOptions& options) {
  const auto middles = [&](std::int64_t count) { return (torch::arange(count, options) + 0.5) / static_cast<double>(count); };
  const torch::Tensor x = middles(width).repeat({height}), y = middles(height).repeat_interleave(width);
  return torch::stack({x, y}, 1);
}

}  // namespace detforge::ops
