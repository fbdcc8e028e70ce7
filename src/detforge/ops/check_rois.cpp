#include "detforge/ops/check_rois.h"

#include <cmath>

#include "detforge/base/error.h"
#include "detforge/ops/spans.h"

namespace detforge::ops {
namespace {

constexpr double largest_coordinate_px = 1e6;

std::string roi_text(std::string_view op, std::int64_t index) { return std::string(op) + ": region " + std::to_string(index); }

}  // namespace

void check_rois(std::string_view op, const torch::Tensor& input, const torch::Tensor& rois, double spatial_scale) {
  if (input.dim() != 4 || !input.is_floating_point()) {
    throw Error(std::string(op) + ": the input must be floats of shape (N, C, H, W), got shape " + shape_text(input));
  }
  if (input.size(2) == 0 || input.size(3) == 0) throw Error(std::string(op) + ": the feature map is empty, got shape " + shape_text(input));
  if (rois.dim() != 2 || rois.size(1) != 5) {
    throw Error(std::string(op) + ": regions must have the shape (K, 5): place in the batch, x1, y1, x2, y2; got " + shape_text(rois));
  }
  const torch::Tensor boxes = rois.detach().to(torch::kCPU, torch::kDouble).contiguous();
  const double* values = boxes.data_ptr<double>();
  for (std::int64_t i = 0; i < boxes.size(0); ++i, values += 5) {
    if (!(values[0] >= 0 && values[0] < static_cast<double>(input.size(0)))) {
      throw Error(roi_text(op, i) + " is of image " + std::to_string(values[0]) + ", but the batch has " + std::to_string(input.size(0)));
    }
    for (int k = 1; k < 5; ++k) {
      if (!(std::abs(values[k] * spatial_scale) < largest_coordinate_px))
        throw Error(roi_text(op, i) + " has the coordinate " + std::to_string(values[k]));
    }
  }
}

void check_extents(std::string_view op, const torch::Tensor& rois) {
  const torch::Tensor wrong = rois.detach().slice(1, 3, 5).lt(rois.detach().slice(1, 1, 3)).any(1).nonzero();
  if (wrong.size(0) > 0) throw Error(roi_text(op, wrong[0].item<std::int64_t>()) + " ends before it begins");
}

}  // namespace detforge::ops
