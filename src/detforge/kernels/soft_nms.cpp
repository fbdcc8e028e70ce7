#include <algorithm>
#include <cmath>
#include <cstddef>

#include "detforge/data/box_overlap.h"
#include "detforge/kernels/nms.h"

namespace detforge::kernels {
namespace {

struct ScoredBox {
  Box box;
  float area;
  float score;
  std::int64_t index;
};

float weight_of(float iou, const SoftNmsOptions& options) {
  if (options.method == SoftNmsMethod::Gaussian) return iou == 0 ? 1 : std::exp(-(iou * iou) / options.sigma);
  if (!(iou >= options.iou_threshold)) return 1;
  return options.method == SoftNmsMethod::Linear ? 1 - iou : 0;
}

}  // namespace

NmsResult soft_nms(std::span<const Box> boxes, std::span<const float> scores, const SoftNmsOptions& options) {
  const auto offset = static_cast<float>(options.offset);
  std::vector<ScoredBox> rest;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const Box& box = boxes[i];
    rest.push_back({box, area_of(box, offset), scores[i], static_cast<std::int64_t>(i)});
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
      const float iou = iou_of(shared_area(rest[i].box, rest[j].box, offset), rest[i].area, rest[j].area);
      rest[j].score *= weight_of(iou, options);
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
