#include "detforge/models/dense_heads/corner/corner_decode.h"

#include <algorithm>
#include <limits>

#include "detforge/models/dense_heads/corner/heatmap_peaks.h"
#include "detforge/models/dense_heads/parts/dense_box_head.h"

namespace detforge {
namespace {

constexpr std::int64_t max_boxes = 1000;

HeatmapPeaks likeliest(const CornerMaps& maps, const CornerDecodeOptions& options) {
  HeatmapPeaks corners = heatmap_peaks(maps.heat.sigmoid(), options.corner_topk, options.local_maximum_kernel);
  const torch::Tensor offset = corners.values_of(maps.offset);
  corners.x = corners.x + offset[0];
  corners.y = corners.y + offset[1];
  return corners;
}

/// A value of each pair [k, k] of corners, top left ones down.
struct PairValues {
  torch::Tensor top_left, bottom_right;

  PairValues(const torch::Tensor& first, const torch::Tensor& second)
      : top_left(first.unsqueeze(1).expand({first.size(0), second.size(0)})),
        bottom_right(second.unsqueeze(0).expand({first.size(0), second.size(0)})) {}
};

/// One axis of the pairs in px of the image within its padding: nothing lies left of or above it.
PairValues in_image(const torch::Tensor& first, const torch::Tensor& second, double px_per_place, double border) {
  const auto moved = [&](const torch::Tensor& values) { return (values * px_per_place - border).clamp_min(0); };
  return {moved(first), moved(second)};
}

/// How far the middles that the corners of a pair point at lie apart, as the area between them in areas of the box's own middle; infinite
/// where one lies outside of that.
torch::Tensor centripetal_distances(const PairValues& x, const PairValues& y, const PairValues& middle_x, const PairValues& middle_y) {
  const torch::Tensor width = x.bottom_right - x.top_left, height = y.bottom_right - y.top_left;
  const torch::Tensor area = (width * height).abs();
  const torch::Tensor mu = torch::where(area > 3500, torch::full_like(area, 1 / 2.1), torch::full_like(area, 1 / 2.4));
  torch::Tensor outside = torch::zeros_like(area, torch::kBool), central_area = torch::ones_like(area);
  const auto along = [&](const PairValues& side, const torch::Tensor& length, const PairValues& middle) {
    const torch::Tensor centre = (side.top_left + side.bottom_right) / 2, half = mu * length / 2;
    const torch::Tensor low = centre - half, high = centre + half;
    for (const torch::Tensor* point : {&middle.top_left, &middle.bottom_right}) {
      outside = outside.logical_or(*point <= low).logical_or(*point >= high);
    }
    central_area = central_area * (high - low);
  };
  along(x, width, middle_x);
  along(y, height, middle_y);
  const torch::Tensor apart =
      ((middle_x.bottom_right - middle_x.top_left) * (middle_y.bottom_right - middle_y.top_left)).abs() / central_area.abs();
  return apart.masked_fill(outside, std::numeric_limits<double>::infinity());
}

}  // namespace

kernels::Candidates decode_corners(const CornerMaps& top_left, const CornerMaps& bottom_right, const ImageMeta& meta,
                                   const CornerDecodeOptions& options) {
  const torch::NoGradGuard no_grad;
  const HeatmapPeaks first = likeliest(top_left, options), second = likeliest(bottom_right, options);
  const double x_px = static_cast<double>(meta.pad_shape.width) / static_cast<double>(top_left.heat.size(2));
  const double y_px = static_cast<double>(meta.pad_shape.height) / static_cast<double>(top_left.heat.size(1));
  const double top = meta.border[0], left = meta.border[2];
  const PairValues x = in_image(first.x, second.x, x_px, left), y = in_image(first.y, second.y, y_px, top);
  const PairValues labels(first.labels, second.labels), of_corners(first.scores, second.scores);

  torch::Tensor distances;
  if (top_left.embedding.defined()) {
    const PairValues embeddings(first.values_of(top_left.embedding)[0], second.values_of(bottom_right.embedding)[0]);
    distances = (embeddings.top_left - embeddings.bottom_right).abs();
  } else {
    const torch::Tensor forth = first.values_of(top_left.centripetal_shift).exp();
    const torch::Tensor back = second.values_of(bottom_right.centripetal_shift).exp();
    distances = centripetal_distances(x, y, in_image(first.x + forth[0], second.x - back[0], x_px, left),
                                      in_image(first.y + forth[1], second.y - back[1], y_px, top));
  }
  const torch::Tensor is_no_box = (labels.top_left != labels.bottom_right)
                                      .logical_or(distances > options.distance_threshold)
                                      .logical_or(x.bottom_right <= x.top_left)
                                      .logical_or(y.bottom_right <= y.top_left);
  const torch::Tensor scores = ((of_corners.top_left + of_corners.bottom_right) / 2).masked_fill(is_no_box, -1).flatten();
  const auto [best, indices] = scores.topk(std::min(max_boxes, scores.size(0)));
  const torch::Tensor kept = indices.index({best >= 0});
  const torch::Tensor boxes =
      torch::stack({x.top_left, y.top_left, x.bottom_right, y.bottom_right}, -1).view({-1, 4}).index_select(0, kept);
  kernels::Candidates candidates;
  append_boxes(candidates, boxes, scores.index_select(0, kept), labels.top_left.reshape({-1}).index_select(0, kept));
  return candidates;
}

}  // namespace detforge
