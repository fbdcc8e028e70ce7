#include <algorithm>
#include <cmath>
#include <cstddef>

#include "detforge/kernels/nms.h"

namespace detforge::kernels {
namespace {

struct ScoredBox {
  Box box;
  float area;
  float score;
  std::int64_t index;
};

float overlap_of(const ScoredBox& a, const ScoredBox& b, float offset) {
  const float width = std::max(0.0F, std::min(a.box[2], b.box[2]) - std::max(a.box[0], b.box[0]) + offset);
  const float height = std::max(0.0F, std::min(a.box[3], b.box[3]) - std::max(a.box[1], b.box[1]) + offset);
  const float overlap = width * height;
  return overlap / (a.area + b.area - overlap);
}

float weight_of(float iou, const SoftNmsOptions& options) {
  if (options.method == SoftNmsMethod::Gaussian) return std::exp(-(iou * iou) / options.sigma);
  if (!(iou >= options.iou_threshold)) return 1;
  return options.method == SoftNmsMethod::Linear ? 1 - iou : 0;
}

}  // namespace

NmsResult soft_nms(std::span<const Box> boxes, std::span<const float> scores, const SoftNmsOptions& options) {
  const auto offset = static_cast<float>(options.offset);
  std::vector<ScoredBox> rest;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const Box& box = boxes[i];
    rest.push_back({box, (box[2] - box[0] + offset) * (box[3] - box[1] + offset), scores[i], static_cast<std::int64_t>(i)});
  }
  NmsResult result;
  // The boxes before the i-th are done. What falls gives its place to the last: among equal scores this order decides, as in mmcv.
  for (std::size_t i = 0; i < rest.size(); ++i) {
    std::size_t best = i;
    for (std::size_t j = i + 1; j < rest.size(); ++j) {
      if (rest[best].score < rest[j].score) best = j;
    }
    std::swap(rest[i], rest[best]);
    result.indices.push_back(rest[i].index);
    result.scores.push_back(rest[i].score);
    for (std::size_t j = i + 1; j < rest.size();) {
      rest[j].score *= weight_of(overlap_of(rest[i], rest[j], offset), options);
      if (rest[j].score < options.min_score) {
        rest[j] = rest.back();
        rest.pop_back();
      } else {
        ++j;
      }
    }
  }
  return result;
}

}  // namespace detforge::kernels
