#include "detforge/ops/deform_roi_pool.h"

#include <cmath>

#include "detforge/ops/check_rois.h"

namespace detforge::ops {
namespace {

/// Bilinear values [C, ...] of a map [C, H, W] at places (y, x) of any shape, which stay within half a pixel of its border.
torch::Tensor deform_roi_samples(const torch::Tensor& map, const torch::Tensor& y, const torch::Tensor& x) {
  const std::int64_t height = map.size(1), width = map.size(2);
  const auto limit = [](std::int64_t length) { return static_cast<double>(length); };
  const torch::Tensor inside = (y >= -1) & (y <= limit(height)) & (x >= -1) & (x <= limit(width));
  const torch::Tensor row = y.clamp(0, limit(height - 1)), column = x.clamp(0, limit(width - 1));
  const torch::Tensor top = row.detach().floor().to(torch::kLong), left = column.detach().floor().to(torch::kLong);
  const torch::Tensor bottom = (top + 1).clamp_max(height - 1), right = (left + 1).clamp_max(width - 1);
  const torch::Tensor down = row - top.to(row.dtype()), across = column - left.to(column.dtype());
  const torch::Tensor flat = map.flatten(1);
  const auto at = [&](const torch::Tensor& rows, const torch::Tensor& columns) {
    std::vector<std::int64_t> shape = {map.size(0)};
    shape.insert(shape.end(), rows.sizes().begin(), rows.sizes().end());
    return flat.index_select(1, (rows * width + columns).flatten()).view(shape);
  };
  const torch::Tensor values = at(top, left) * ((1 - down) * (1 - across)) + at(top, right) * ((1 - down) * across) +
                               at(bottom, left) * (down * (1 - across)) + at(bottom, right) * (down * across);
  return values * inside.to(values.dtype());
}

/// Places [bins, samples] along one axis: `samples` in the middle of equal parts of each of `bins` bins.
torch::Tensor deform_roi_places(double start, double length, std::int64_t bins, std::int64_t samples, const torch::TensorOptions& options) {
  const double bin = length / static_cast<double>(bins);
  const torch::Tensor within = (torch::arange(samples, options) + 0.5) * (bin / static_cast<double>(samples));
  return start + torch::arange(bins, options).unsqueeze(1) * bin + within.unsqueeze(0);
}

}  // namespace

torch::Tensor deform_roi_pool(const torch::Tensor& input, const torch::Tensor& rois, const torch::Tensor& offset,
                              const DeformRoIPoolOptions& options) {
  check_rois("deform_roi_pool", input, rois, options.spatial_scale);
  const std::int64_t height = options.output_height, width = options.output_width;
  const torch::Tensor corners = rois.detach().to(torch::kCPU, torch::kDouble).contiguous();
  const auto box = corners.accessor<double, 2>();
  std::vector<torch::Tensor> pooled;
  for (std::int64_t i = 0; i < rois.size(0); ++i) {
    const double left = box[i][1] * options.spatial_scale - 0.5, top = box[i][2] * options.spatial_scale - 0.5;
    const double roi_width = (box[i][3] - box[i][1]) * options.spatial_scale, roi_height = (box[i][4] - box[i][2]) * options.spatial_scale;
    if (!(roi_width > 0 && roi_height > 0)) {
      pooled.push_back(torch::zeros({input.size(1), height, width}, input.options()));
      continue;
    }
    const auto samples = [&](double length, std::int64_t bins) {
      if (options.sampling_ratio > 0) return options.sampling_ratio;
      return static_cast<std::int64_t>(std::ceil(length / static_cast<double>(bins)));
    };
    // [height, width, samples of y, samples of x]
    torch::Tensor y = deform_roi_places(top, roi_height, height, samples(roi_height, height), input.options()).view({height, 1, -1, 1});
    torch::Tensor x = deform_roi_places(left, roi_width, width, samples(roi_width, width), input.options()).view({1, width, 1, -1});
    if (offset.defined()) {
      x = x + offset[i][0].view({height, width, 1, 1}) * (options.gamma * roi_width);
      y = y + offset[i][1].view({height, width, 1, 1}) * (options.gamma * roi_height);
    }
    const std::vector<torch::Tensor> places = torch::broadcast_tensors({y, x});
    pooled.push_back(deform_roi_samples(input[static_cast<std::int64_t>(box[i][0])], places[0], places[1]).mean({-2, -1}));
  }
  return pooled.empty() ? torch::zeros({0, input.size(1), height, width}, input.options()) : torch::stack(pooled);
}

}  // namespace detforge::ops
