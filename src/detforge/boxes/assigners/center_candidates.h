#pragma once

#include <torch/torch.h>

namespace detforge {

/// Overlap of priors that no object may take.
inline constexpr double no_candidate_overlap = -100000000;

/// Of the candidates [K, G] (indices of priors, object by object) those that are good enough, by `good` [K, G] bool, and whose centres
/// lie within their object by more than 0.01 px: `overlaps` [B, G], and elsewhere `no_candidate_overlap`.
torch::Tensor overlaps_of_candidates(const torch::Tensor& overlaps, const torch::Tensor& candidates, const torch::Tensor& good,
                                     const torch::Tensor& priors, const torch::Tensor& gt_bboxes);

}  // namespace detforge
