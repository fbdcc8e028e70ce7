#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

/// Non-maximum suppression as mmcv's CPU operators do it: single precision, ties in the order of the input.
namespace detforge::kernels {

using Box = std::array<float, 4>;  ///< xyxy px

/// The indices of `scores`, highest first, equal ones in their order. NaN counts as lower than everything.
std::vector<std::int64_t> order_by_score(std::span<const float> scores);

/// Indices of the boxes that are kept, highest score first: a box falls when its IoU with a kept one is greater than
/// `iou_threshold`. `offset` is added to widths and heights (1: inclusive pixel coordinates).
std::vector<std::int64_t> nms(std::span<const Box> boxes, std::span<const float> scores, float iou_threshold, int offset = 0);

/// What a config's `nms=dict(type='nms', …)` says.
struct NmsOptions {
  double iou_threshold = 0.5;
  std::int64_t offset = 0;
  double score_threshold = 0;   ///< boxes must score more, where this is above 0
  std::int64_t max_num = -1;    ///< at most so many are kept, where this is above 0
  bool class_agnostic = false;  ///< boxes suppress those of other classes too
};

/// `nms` among the boxes of one class each. As in mmcv the classes are moved apart by more than the largest coordinate
/// before their IoU is taken, which rounds it slightly. Indices of the kept boxes, highest score first.
std::vector<std::int64_t> batched_nms(std::span<const Box> boxes, std::span<const float> scores, std::span<const std::int64_t> labels,
                                      const NmsOptions& options);

}  // namespace detforge::kernels
