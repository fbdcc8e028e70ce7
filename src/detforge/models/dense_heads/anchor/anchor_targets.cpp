#include "detforge/models/dense_heads/anchor/anchor_targets.h"

#include <algorithm>

namespace detforge {

std::vector<std::int64_t> level_sizes(std::span<const torch::Tensor> levels) {
  std::vector<std::int64_t> sizes;
  for (const torch::Tensor& level : levels) sizes.push_back(level.size(0));
  return sizes;
}

torch::Tensor by_anchor(const torch::Tensor& map, std::int64_t values_per_anchor) {
  return map.permute({0, 2, 3, 1}).reshape({map.size(0), -1, values_per_anchor});
}

torch::Tensor by_anchor(std::span<const torch::Tensor> levels, std::int64_t values_per_anchor) {
  std::vector<torch::Tensor> all;
  for (const torch::Tensor& level : levels) all.push_back(by_anchor(level, values_per_anchor));
  return torch::cat(all, 1);
}

std::vector<AnchorPredictions> AnchorPredictions::by_image(const torch::Tensor& cls_scores, const torch::Tensor& bboxes) {
  std::vector<AnchorPredictions> images;
  for (std::int64_t image = 0; image < bboxes.size(0); ++image) images.push_back({cls_scores[image], bboxes[image]});
  return images;
}

AnchorTargets anchor_targets(const AnchorTargetRules& rules, const torch::Tensor& all_anchors, std::span<const std::int64_t> sizes,
                             const torch::Tensor& valid, const Targets& targets, std::size_t image, bool with_labels,
                             const AnchorPredictions& predictions) {
  const torch::NoGradGuard no_grad;
  const AnchorTrainCfg& cfg = rules.cfg;
  const torch::Tensor inside = anchor_inside_flags(all_anchors, valid, targets.metas.at(image).img_shape, cfg.allowed_border);
  const torch::Tensor anchors = all_anchors.index({inside});
  const torch::Tensor& gt_bboxes = targets.gt_bboxes.at(image);
  const torch::Tensor gt_labels = with_labels ? targets.gt_labels.at(image) : torch::Tensor();
  const std::int64_t count = anchors.size(0);
  AnchorTargets result;
  result.anchors = all_anchors;
  torch::Tensor labels = torch::full({count}, rules.num_classes, anchors.options().dtype(torch::kLong));
  torch::Tensor label_weights = torch::zeros({count}, anchors.options());
  torch::Tensor bbox_targets = torch::zeros({count, 4}, anchors.options()), bbox_weights = torch::zeros_like(bbox_targets);
  torch::Tensor gt_inds = torch::full_like(labels, -1);
  if (count > 0) {
    AssignInput input;
    input.priors = anchors;
    input.gt_bboxes = gt_bboxes;
    input.gt_bboxes_ignore = targets.ignored(image);
    if (!cfg.sampling) input.gt_labels = gt_labels;
    for (const torch::Tensor& level : inside.split_with_sizes({sizes.data(), sizes.size()})) {
      input.num_level_priors.push_back(level.sum().item<std::int64_t>());
    }
    input.img_shape = targets.metas[image].img_shape;
    input.alpha = cfg.alpha;
    input.beta = cfg.beta;
    if (predictions.cls_scores.defined()) input.cls_scores = predictions.cls_scores.index({inside});
    if (predictions.bboxes.defined()) input.decoded_bboxes = predictions.bboxes.index({inside});
    const AssignResult assigned = (rules.assigner != nullptr ? *rules.assigner : *cfg.assigner).assign(input);
    if (assigned.max_overlaps.defined()) result.overlaps = unmap(assigned.max_overlaps, inside);
    if (assigned.assign_metrics.defined()) result.metrics = unmap(assigned.assign_metrics, inside);
    if (assigned.shadowed_labels.defined()) {
      const torch::Tensor places = inside.nonzero().squeeze(1).index({assigned.shadowed_labels.select(1, 0)});
      result.shadowed = torch::stack({places, assigned.shadowed_labels.select(1, 1)}, 1);
    }
    result.sampled = cfg.sampler->sample(assigned, anchors, gt_bboxes);
    const torch::Tensor& positive = result.sampled.pos_inds;
    if (positive.numel() > 0) {
      const torch::Tensor& boxes = result.sampled.pos_gt_bboxes;
      bbox_targets.index_put_({positive}, rules.bbox_coder != nullptr ? rules.bbox_coder->encode(result.sampled.pos_bboxes, boxes) : boxes);
      bbox_weights.index_fill_(0, positive, 1);
      gt_inds.index_put_({positive}, result.sampled.pos_assigned_gt_inds);
      labels.index_put_({positive},
                        gt_labels.defined() ? gt_labels.index({result.sampled.pos_assigned_gt_inds}) : torch::zeros_like(positive));
      label_weights.index_fill_(0, positive, cfg.pos_weight > 0 ? cfg.pos_weight : 1);
    }
    label_weights.index_fill_(0, result.sampled.neg_inds, 1);
  } else {
    result.sampled.pos_inds = result.sampled.neg_inds = torch::empty({0}, labels.options());
    result.sampled.pos_assigned_gt_inds = result.sampled.pos_inds;
  }
  result.labels = unmap(labels, inside, static_cast<double>(rules.num_classes));
  result.label_weights = unmap(label_weights, inside);
  result.bbox_targets = unmap(bbox_targets, inside);
  result.bbox_weights = unmap(bbox_weights, inside);
  result.gt_inds = unmap(gt_inds, inside, -1);
  return result;
}

void BatchTargets::add(AnchorTargets image) {
  num_total_pos += std::max<std::int64_t>(image.sampled.pos_inds.numel(), 1);
  num_total_neg += std::max<std::int64_t>(image.sampled.neg_inds.numel(), 1);
  images.push_back(std::move(image));
}

std::vector<torch::Tensor> BatchTargets::levels(torch::Tensor AnchorTargets::*member) const {
  std::vector<torch::Tensor> all;
  for (const AnchorTargets& image : images) all.push_back(image.*member);
  return images_to_levels(all, level_sizes());
}

torch::Tensor BatchTargets::stacked(torch::Tensor AnchorTargets::*member) const {
  std::vector<torch::Tensor> all;
  for (const AnchorTargets& image : images) all.push_back(image.*member);
  return torch::stack(all);
}

std::vector<SamplingResult> BatchTargets::sampled() const {
  std::vector<SamplingResult> all;
  for (const AnchorTargets& image : images) all.push_back(image.sampled);
  return all;
}

BatchTargets batch_targets(const PriorGenerator& generator, std::span<const torch::Tensor> maps, const AnchorTargetRules& rules,
                           const Targets& targets, bool with_labels, std::span<const AnchorPredictions> predictions) {
  const std::vector<ImageSize> sizes = featmap_sizes(maps);
  BatchTargets batch;
  batch.anchors = generator.grid_priors(sizes, maps.front().options().dtype(torch::kFloat).requires_grad(false));
  const torch::Tensor anchors = torch::cat(batch.anchors);
  const AnchorPredictions none;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const torch::Tensor valid = torch::cat(generator.valid_flags(sizes, targets.metas[image].pad_shape)).to(anchors.device());
    const AnchorPredictions& predicted = predictions.empty() ? none : predictions[image];
    batch.add(anchor_targets(rules, anchors, batch.level_sizes(), valid, targets, image, with_labels, predicted));
  }
  return batch;
}

}  // namespace detforge
