#include "detforge/ops/roi_pool.h"

namespace detforge::ops {
namespace {

/// The largest value of [C, h, w] for each channel; zeros where there is none.
torch::Tensor roi_pool_bin(const torch::Tensor& window) {
  if (window.size(1) == 0 || window.size(2) == 0) return window.new_zeros({window.size(0)});
  return std::get<0>(window.flatten(1).max(1));
}

/// [first, last) pixel of each bin along one axis.
std::vector<std::pair<std::int64_t, std::int64_t>> roi_pool_bins(const torch::Tensor& first, const torch::Tensor& last, std::int64_t count,
                                                                 std::int64_t size) {
  const auto away_from_zero = [](const torch::Tensor& value) { return (value.abs() + 0.5).floor() * value.sign(); };
  const torch::Tensor start = away_from_zero(first), extent = (away_from_zero(last) - start + 1).clamp_min(1);
  const torch::Tensor edges = torch::arange(count + 1, start.options()) * (extent / count);
  const torch::Tensor begins = (edges.floor() + start).clamp(0, size), ends = (edges.ceil() + start).clamp(0, size);
  std::vector<std::pair<std::int64_t, std::int64_t>> bins;
  for (std::int64_t i = 0; i < count; ++i) bins.emplace_back(begins[i].item<std::int64_t>(), ends[i + 1].item<std::int64_t>());
  return bins;
}

}  // namespace

torch::Tensor roi_pool_reference(const torch::Tensor& input, const torch::Tensor& rois, const RoIPoolOptions& options) {
  std::vector<torch::Tensor> values;
  for (const torch::Tensor& roi : rois.detach().to(input.options()).unbind(0)) {
    const torch::Tensor box = roi.slice(0, 1, 5) * options.spatial_scale, map = input[roi[0].item<std::int64_t>()];
    const auto columns = roi_pool_bins(box[0], box[2], options.output_width, input.size(3));
    for (const auto& [top, bottom] : roi_pool_bins(box[1], box[3], options.output_height, input.size(2))) {
      for (const auto& [left, right] : columns) {
        values.push_back(roi_pool_bin(map.slice(1, top, std::max(top, bottom)).slice(2, left, std::max(left, right))));
      }
    }
  }
  if (values.empty()) return input.new_zeros({0, input.size(1), options.output_height, options.output_width});
  return torch::stack(values, 1)
      .view({input.size(1), rois.size(0), options.output_height, options.output_width})
      .transpose(0, 1)
      .contiguous();
}

}  // namespace detforge::ops
