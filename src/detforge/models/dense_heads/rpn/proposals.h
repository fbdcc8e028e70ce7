#pragma once

#include "detforge/boxes/coders/bbox_coder.h"
#include "detforge/data/detections.h"
#include "detforge/models/dense_heads/parts/dense_box_head.h"
#include "detforge/models/dense_heads/rpn/rpn_test_cfg.h"

/// What region proposal heads share. Proposals are [P, 5]: xyxy px, score; best first.
namespace detforge {

/// Boxes of one image with their scores and levels, before NMS.
struct RawProposals {
  std::vector<BoxXyxy> boxes;
  std::vector<float> scores;
  std::vector<std::int64_t> levels;
};

/// Boxes [n, 4] and scores [n] of one level.
RawProposals raw_proposals(const torch::Tensor& boxes, const torch::Tensor& scores, std::int64_t level);

/// Leaves out boxes smaller than `min_bbox_size` px (v2.27: not larger), then NMS within each level and the best `max_per_img`.
torch::Tensor select_proposals(const RawProposals& raw, const RpnTestCfg& cfg, Reference reference);

/// Those of one image of a batch, from its anchors [n, 4] px of each level. `outputs` are floats on the CPU.
torch::Tensor proposals_at(std::span<const torch::Tensor> anchors, const LevelOutputs& outputs, std::size_t image, const ImageMeta& meta,
                           const BBoxCoder& bbox_coder, kernels::ScoreActivation activation, const RpnTestCfg& cfg, Reference reference);

/// Those of several views in the original image, merged by one more NMS: MMDetection's `merge_aug_proposals`.
torch::Tensor merge_aug_proposals(std::span<const torch::Tensor> views, std::span<const ImageMeta> metas, const RpnTestCfg& cfg);

/// Asks a head for the proposals of each view, and merges them.
torch::Tensor merge_views(ProposalSource& head, std::span<const nn::Features> views, std::span<const ImageMeta> metas,
                          const RpnTestCfg& cfg);

/// As detections of one class, of the original image where `rescale` asks for it.
std::vector<Detections> as_detections(const Proposals& proposals, std::span<const ImageMeta> metas, bool rescale);
/// The same of merged ones, which are of the original image; without `rescale` they go to the first view.
Detections merged_as_detections(const torch::Tensor& merged, std::span<const ImageMeta> metas, bool rescale);

}  // namespace detforge
