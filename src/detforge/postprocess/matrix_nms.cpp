#include "detforge/postprocess/matrix_nms.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "detforge/data/box_overlap.h"
#include "detforge/postprocess/best_scores.h"

namespace detforge::postprocess {
namespace {

std::size_t at_most(std::int64_t limit, std::size_t count) { return limit > 0 ? std::min(count, static_cast<std::size_t>(limit)) : count; }

/// By what the score of a mask is multiplied that overlaps a better one by `iou`, which itself is overlapped by `fallen` at most.
float decay(float iou, float fallen, const MatrixNms& nms) {
  if (nms.kernel == MatrixNmsKernel::Linear) return (1 - iou) / (1 - fallen);
  const auto gauss = [&](float x) { return std::exp(static_cast<float>(-nms.sigma) * (x * x)); };
  return gauss(iou) / gauss(fallen);
}

}  // namespace

MatrixNms::Kept MatrixNms::run(std::span<const BitMask> masks, std::span<const std::int64_t> labels, std::span<const float> scores) const {
  struct Looked {
    std::size_t mask;
    float area, most_overlap;
  };
  std::map<std::int64_t, std::vector<Looked>> classes;
  Kept lowered;
  for (const std::size_t mask : best_scores(scores, at_most(nms_pre, scores.size()))) {
    std::vector<Looked>& better = classes[labels[mask]];
    const auto area = static_cast<float>(masks[mask].area());
    float weight = 1, most_overlap = 0;
    for (const Looked& other : better) {
      const float iou = iou_of(static_cast<float>(shared_area(masks[other.mask], masks[mask])), other.area, area);
      weight = std::min(weight, decay(iou, other.most_overlap, *this));
      most_overlap = std::max(most_overlap, iou);
    }
    better.push_back({mask, area, most_overlap});
    const float score = scores[mask] * weight;
    if (filter_thr > 0 && !(score >= static_cast<float>(filter_thr))) continue;
    lowered.masks.push_back(mask);
    lowered.scores.push_back(score);
  }
  Kept best;
  for (const std::size_t i : best_scores(lowered.scores, at_most(max_num, lowered.scores.size()))) {
    best.masks.push_back(lowered.masks[i]);
    best.scores.push_back(lowered.scores[i]);
  }
  return best;
}

}  // namespace detforge::postprocess
