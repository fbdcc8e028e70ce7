#pragma once

#include <cstdint>
#include <span>

#include "detforge/kernels/candidates.h"

namespace detforge::kernels {

/// N boxes of one image with a score for every class, as the second stage of a detector gives them.
struct ClassScores {
  std::int64_t num_classes = 0;
  std::span<const float> scores;   ///< [N, num_classes + 1]: the last column is the background's
  std::span<const Box> boxes;      ///< [N], or [N, num_classes] where every class has its own
  std::span<const float> factors;  ///< [N] by which scores are multiplied; empty: none
};

struct ClassThreshold {
  double score_thr = 0;
  bool factors_come_first = false;  ///< `score_thr` holds for the product (v2.8), not for the score alone (v2.27)
};

/// Appends every box and class whose score is above the threshold, box by box. NaN never is.
void collect_candidates(const ClassScores& predictions, const ClassThreshold& threshold, Candidates& candidates);

}  // namespace detforge::kernels
