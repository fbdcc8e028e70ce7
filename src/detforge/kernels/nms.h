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

/// For each box that NMS keeps, highest score first: its index, then those of the boxes that fall to it (their IoU is at
/// least `iou_threshold`), highest score first.
std::vector<std::vector<std::int64_t>> nms_match(std::span<const Box> boxes, std::span<const float> scores, float iou_threshold);

/// Boxes that are kept, highest score first, and the scores that they are left with.
struct NmsResult {
  std::vector<std::int64_t> indices;
  std::vector<float> scores;
};

/// By what soft-NMS multiplies the score of a box that overlaps a better one by `iou`.
enum class SoftNmsMethod {
  Naive,    ///< 0 from the threshold on: plain NMS
  Linear,   ///< 1 - iou from the threshold on
  Gaussian  ///< exp(-iou² / sigma) always
};

struct SoftNmsOptions {
  float iou_threshold = 0.3F;
  float sigma = 0.5F;
  float min_score = 1e-3F;  ///< a box falls when its score becomes less
  SoftNmsMethod method = SoftNmsMethod::Linear;
  int offset = 0;
};

/// Soft-NMS (arXiv 1704.04503): takes the best box, lowers the scores of the others by their overlap with it, and so on.
NmsResult soft_nms(std::span<const Box> boxes, std::span<const float> scores, const SoftNmsOptions& options = {});

enum class NmsType {
  Nms,
  SoftNms,
  NmsMatch  ///< keeps the first of each group
};

/// What a config's `nms=dict(type='nms', …)` says.
struct NmsOptions {
  NmsType type = NmsType::Nms;
  double iou_threshold = 0.5;
  std::int64_t offset = 0;
  double score_threshold = 0;      ///< boxes must score more, where this is above 0
  std::int64_t max_num = -1;       ///< at most so many are kept, where this is above 0
  bool class_agnostic = false;     ///< boxes suppress those of other classes too
  std::int64_t split_thr = 10000;  ///< from so many boxes on each class is done alone, whatever `class_agnostic` says
  double sigma = 0.5;              ///< of soft-NMS, as the next two
  double min_score = 1e-3;
  SoftNmsMethod method = SoftNmsMethod::Linear;
};

/// NMS among the boxes of one class each. As in mmcv the classes are moved apart by the largest coordinate and 1 before their IoU is taken,
/// which rounds it slightly: boxes that begin further left of or above the image than that still meet those of the class before. From
/// `split_thr` boxes on they do not.
NmsResult batched_nms(std::span<const Box> boxes, std::span<const float> scores, std::span<const std::int64_t> labels,
                      const NmsOptions& options);

}  // namespace detforge::kernels
