#include "detforge/ops/multi_scale_deform_attn.h"

namespace detforge::ops {

torch::Tensor multi_scale_deform_attn_reference(const torch::Tensor& value, std::span<const ImageSize> spatial_shapes,
                                                const torch::Tensor& locations, const torch::Tensor& weights) {
  const std::int64_t images = value.size(0), heads = value.size(2), channels = value.size(3);
  const torch::Tensor grids = locations * 2 - 1;
  constexpr std::int64_t bilinear = 0, zeros = 0;
  std::vector<torch::Tensor> levels;
  std::int64_t first_key = 0;
  for (const ImageSize& size : spatial_shapes) {
    const torch::Tensor pixels = value.slice(1, first_key, first_key + size.height * size.width);
    const torch::Tensor map = pixels.permute({0, 2, 3, 1}).reshape({images * heads, channels, size.height, size.width});
    const torch::Tensor grid = grids.select(3, static_cast<std::int64_t>(levels.size())).transpose(1, 2).flatten(0, 1);
    levels.push_back(torch::grid_sampler(map, grid, bilinear, zeros, /*align_corners=*/false));
    first_key += size.height * size.width;
  }
  // [N · heads, C, L, levels, points], and the weights without C.
  const torch::Tensor read = torch::stack(levels, 3), counted = weights.transpose(1, 2).flatten(0, 1).unsqueeze(1);
  return (read * counted).sum({3, 4}).view({images, heads * channels, -1}).transpose(1, 2).contiguous();
}

}  // namespace detforge::ops
