#pragma once

#include <torch/torch.h>

namespace detforge {

/// Intersection over union, over the first box alone (foreground), or generalised IoU (arXiv 1902.09630).
enum class OverlapMode { Iou, Iof, Giou };

/// Overlap of each box of `a` [N, 4] with each of `b` [M, 4], xyxy px, exclusive ends: [N, M]. Unions are at least `eps`.
torch::Tensor bbox_overlaps(const torch::Tensor& a, const torch::Tensor& b, OverlapMode mode = OverlapMode::Iou, double eps = 1e-6);

/// Overlap of the i-th box of `a` with the i-th of `b`, both [..., 4]: [...].
torch::Tensor aligned_bbox_overlaps(const torch::Tensor& a, const torch::Tensor& b, OverlapMode mode = OverlapMode::Iou, double eps = 1e-6);

/// What an IoU is made of, each box of `a` with its own of `b` after broadcasting: [...].
struct OverlapAreas {
  torch::Tensor shared;
  torch::Tensor united;
};
OverlapAreas overlap_areas(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace detforge
