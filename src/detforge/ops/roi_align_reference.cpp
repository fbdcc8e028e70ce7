#include "detforge/ops/roi_align.h"

namespace detforge::ops {
namespace {

/// Where the samples of one axis lie: [bins * samples].
torch::Tensor roi_align_samples(const torch::Tensor& start, const torch::Tensor& extent, std::int64_t bins, std::int64_t samples) {
  const auto& options = start.options();
  const torch::Tensor bin_size = extent / bins;
  const torch::Tensor bin = torch::arange(bins, options).unsqueeze(1), sample = torch::arange(samples, options).unsqueeze(0);
  return (start + bin * bin_size + (sample + 0.5) * bin_size / samples).flatten();
}

/// `input` [..., size] at positions along its last dimension, between neighbours: [..., positions].
torch::Tensor roi_align_interpolate(const torch::Tensor& input, const torch::Tensor& positions) {
  const std::int64_t last = input.size(-1) - 1;
  const torch::Tensor inside = positions.ge(-1).logical_and(positions.le(input.size(-1))).to(input.scalar_type());
  const torch::Tensor at = positions.clamp(0, last);
  const torch::Tensor low = at.floor(), beyond = at - low;
  const torch::Tensor low_index = low.to(torch::kLong), high_index = (low_index + 1).clamp_max(last);
  return (input.index_select(-1, low_index) * (1 - beyond) + input.index_select(-1, high_index) * beyond) * inside;
}

torch::Tensor roi_align_region(const torch::Tensor& map, const torch::Tensor& box, const RoIAlignOptions& options) {
  const double offset = options.aligned ? 0.5 : 0.0;
  const torch::Tensor corners = box * options.spatial_scale - offset;
  torch::Tensor extents = corners.slice(0, 2, 4) - corners.slice(0, 0, 2);
  if (!options.aligned) extents = extents.clamp_min(1);
  const auto samples_of = [&](const torch::Tensor& extent, std::int64_t bins) {
    if (options.sampling_ratio > 0) return options.sampling_ratio;
    return std::max<std::int64_t>((extent / bins).ceil().item<std::int64_t>(), 0);
  };
  const std::int64_t rows = samples_of(extents[1], options.output_height), columns = samples_of(extents[0], options.output_width);
  const std::int64_t channels = map.size(0);
  if (rows == 0 || columns == 0) return map.new_zeros({channels, options.output_height, options.output_width});
  const torch::Tensor y = roi_align_samples(corners[1], extents[1], options.output_height, rows);
  const torch::Tensor x = roi_align_samples(corners[0], extents[0], options.output_width, columns);
  const torch::Tensor sampled = roi_align_interpolate(roi_align_interpolate(map.transpose(1, 2), y).transpose(1, 2), x)
                                    .reshape({channels, options.output_height, rows, options.output_width, columns})
                                    .permute({0, 1, 3, 2, 4})
                                    .flatten(3);
  return options.pool_mode == PoolMode::Avg ? sampled.mean(3) : std::get<0>(sampled.max(3));
}

}  // namespace

torch::Tensor roi_align_reference(const torch::Tensor& input, const torch::Tensor& rois, const RoIAlignOptions& options) {
  std::vector<torch::Tensor> regions;
  for (const torch::Tensor& roi : rois.detach().to(input.options()).unbind(0)) {
    regions.push_back(roi_align_region(input[roi[0].item<std::int64_t>()], roi.slice(0, 1, 5), options));
  }
  if (regions.empty()) return input.new_zeros({0, input.size(1), options.output_height, options.output_width});
  return torch::stack(regions);
}

}  // namespace detforge::ops
