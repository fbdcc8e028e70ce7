#include "detforge/postprocess/corner_detections.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "detforge/postprocess/best_scores.h"

namespace detforge::postprocess {
namespace {

constexpr std::size_t max_boxes = 1000;

/// From places of the maps to px of the image within its padding: nothing lies left of or above it.
struct Ground {
  float x_px, y_px, left, top;

  Ground(const Heatmap& map, const ImageMeta& meta)
      : x_px(static_cast<float>(static_cast<double>(meta.pad_shape.width) / static_cast<double>(map.width))),
        y_px(static_cast<float>(static_cast<double>(meta.pad_shape.height) / static_cast<double>(map.height))),
        left(meta.border[2]),
        top(meta.border[0]) {}

  float x(float column) const { return std::max(column * x_px - left, 0.0F); }
  float y(float row) const { return std::max(row * y_px - top, 0.0F); }
};

/// A likely corner.
struct Corner {
  float score;
  std::int64_t label;
  float x, y;                // px
  float embedding = 0;       // of CornerNet
  float middle_x, middle_y;  // px: where it points, of CentripetalNet
};

/// `inwards`: the sign of the way from a corner to its object's middle.
std::vector<Corner> likeliest(const CornerMaps& maps, const CornerDetections& options, const Ground& ground, float inwards) {
  std::vector<Corner> corners;
  for (const HeatmapPeak& peak : heatmap_peaks(maps.heat, options.corner_topk, options.local_maximum_kernel)) {
    const auto value = [&](std::span<const float> map, std::int64_t plane) { return peak.value_of(map, plane, maps.heat); };
    const float column = static_cast<float>(peak.column) + value(maps.offset, 0),
                row = static_cast<float>(peak.row) + value(maps.offset, 1);
    Corner corner{.score = peak.score, .label = peak.label, .x = ground.x(column), .y = ground.y(row), .middle_x = 0, .middle_y = 0};
    if (!maps.embedding.empty()) {
      corner.embedding = value(maps.embedding, 0);
    } else {
      corner.middle_x = ground.x(column + inwards * std::exp(value(maps.centripetal_shift, 0)));
      corner.middle_y = ground.y(row + inwards * std::exp(value(maps.centripetal_shift, 1)));
    }
    corners.push_back(corner);
  }
  return corners;
}

/// How far the middles that two corners point at lie apart, as the area between them in areas of the box's own middle; infinite where one
/// lies outside of that.
float centripetal_distance(const Corner& first, const Corner& second) {
  constexpr float large_px2 = 3500;
  const float width = second.x - first.x, height = second.y - first.y;
  const auto mu = static_cast<float>(std::abs(width * height) > large_px2 ? 1 / 2.1 : 1 / 2.4);
  float central_area = 1;
  bool is_outside = false;
  const auto along = [&](float begin, float end, float length, float a, float b) {
    const float centre = (begin + end) / 2, half = mu * length / 2, low = centre - half, high = centre + half;
    central_area *= high - low;
    is_outside |= a <= low || a >= high || b <= low || b >= high;
  };
  along(first.x, second.x, width, first.middle_x, second.middle_x);
  along(first.y, second.y, height, first.middle_y, second.middle_y);
  if (is_outside) return std::numeric_limits<float>::infinity();
  return std::abs((second.middle_x - first.middle_x) * (second.middle_y - first.middle_y)) / std::abs(central_area);
}

}  // namespace

kernels::Candidates CornerDetections::run(const CornerMaps& top_left, const CornerMaps& bottom_right, const ImageMeta& meta) const {
  const Ground ground(top_left.heat, meta);
  const std::vector<Corner> firsts = likeliest(top_left, *this, ground, 1), seconds = likeliest(bottom_right, *this, ground, -1);
  const bool has_embeddings = !top_left.embedding.empty();
  const auto threshold = static_cast<float>(distance_threshold);
  kernels::Candidates pairs;
  for (const Corner& first : firsts) {
    for (const Corner& second : seconds) {
      if (first.label != second.label || second.x <= first.x || second.y <= first.y) continue;
      const float distance = has_embeddings ? std::abs(first.embedding - second.embedding) : centripetal_distance(first, second);
      if (distance > threshold) continue;
      pairs.add({first.x, first.y, second.x, second.y}, (first.score + second.score) / 2, first.label);
    }
  }
  kernels::Candidates best;
  for (const std::size_t i : best_scores(pairs.scores, max_boxes)) best.add(pairs.boxes[i], pairs.scores[i], pairs.labels[i]);
  return best;
}

}  // namespace detforge::postprocess
