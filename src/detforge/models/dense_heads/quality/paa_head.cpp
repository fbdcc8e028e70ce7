#include "detforge/models/dense_heads/quality/paa_head.h"

#include <algorithm>
#include <cmath>

#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/kernels/gaussian_mixture.h"
#include "detforge/kernels/score_voting.h"

namespace detforge {

Arguments<PAAHead::Options> PAAHead::arguments() {
  return {ATSSHead::arguments(), arg(&Options::topk, "topk", "candidates of each object on each level").at_least(1),
          arg(&Options::score_voting, "score_voting", "detections become means of the boxes around them"),
          arg(&Options::covariance_type, "covariance_type", "of the mixture; of single numbers only 'tied' differs")};
}

std::vector<std::int64_t> PAAHead::separate(std::vector<std::pair<double, std::int64_t>> candidates) const {
  if (candidates.size() < 2) return {};
  std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<double> losses;
  for (const auto& [loss, index] : candidates) losses.push_back(loss);
  const kernels::GaussianMixture mixture(losses, {losses.front(), losses.back()}, tied_);
  std::vector<std::int64_t> better;
  std::size_t densest = 0;
  double best = 0;
  for (const auto& [loss, index] : candidates) {
    if (mixture.predict(loss) != 0) continue;
    const double score = mixture.score(loss);
    if (better.empty() || score > best) {
      best = score;
      densest = better.size();
    }
    better.push_back(index);
  }
  if (!better.empty()) better.resize(densest + 1);
  return better;
}

torch::Tensor PAAHead::reassign(const torch::Tensor& losses, const torch::Tensor& pos_inds, const torch::Tensor& pos_gt_inds,
                                std::span<const std::int64_t> sizes) const {
  std::vector<std::int64_t> kept;
  const std::int64_t objects = pos_gt_inds.numel() > 0 ? pos_gt_inds.max().item<std::int64_t>() + 1 : 0;
  for (std::int64_t object = 0; object < objects; ++object) {
    std::vector<std::pair<double, std::int64_t>> candidates;
    std::int64_t first = 0;
    for (const std::int64_t size : sizes) {
      const torch::Tensor mask = (pos_gt_inds == object) & (pos_inds >= first) & (pos_inds < first + size);
      const torch::Tensor of_level = losses.index({mask}), inds = pos_inds.index({mask});
      const auto [best, order] = of_level.topk(std::min(topk_, of_level.size(0)), 0, /*largest=*/false);
      for (std::int64_t i = 0; i < best.size(0); ++i) {
        candidates.emplace_back(best[i].item<double>(), inds[order[i].item<std::int64_t>()].item<std::int64_t>());
      }
      first += size;
    }
    const std::vector<std::int64_t> better = separate(std::move(candidates));
    kept.insert(kept.end(), better.begin(), better.end());
  }
  return torch::tensor(kept, torch::kLong).to(pos_inds.device());
}

PAAHead::Assignment PAAHead::assign(const HeadOutputs& outputs, const Targets& targets) {
  const torch::NoGradGuard no_grad;
  const BatchTargets batch = get_targets(outputs.at(0), targets, /*with_labels=*/true, TargetBoxes::AsTheyAre);
  const torch::Tensor cls_scores = by_anchor(outputs.at(0), cls_out_channels()), bbox_preds = by_anchor(outputs.at(1), 4);
  const torch::Tensor anchors = torch::cat(batch.anchors);
  std::vector<torch::Tensor> all_labels;
  std::int64_t num_pos = 0;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const auto row = static_cast<std::int64_t>(image);
    const AnchorTargets& of_image = batch.images[image];
    const torch::Tensor pos_inds = (of_image.labels < num_classes()).nonzero().view({-1});
    torch::Tensor labels = of_image.labels.clone();
    if (pos_inds.numel() > 0) {
      LossCall call;
      call.reduction = Reduction::None;
      call.weight = of_image.label_weights.index({pos_inds});
      const torch::Tensor of_classes = loss_cls().forward(cls_scores[row].index({pos_inds}), labels.index({pos_inds}), call).sum(-1);
      call.weight = of_image.bbox_weights.index({pos_inds});
      const torch::Tensor boxes = bbox_coder().decode(anchors.index({pos_inds}), bbox_preds[row].index({pos_inds}));
      const torch::Tensor of_boxes = loss_bbox().forward(boxes, of_image.bbox_targets.index({pos_inds}), call);
      const torch::Tensor stay = reassign(of_boxes + of_classes, pos_inds, of_image.gt_inds.index({pos_inds}), batch.level_sizes());
      const torch::Tensor wanted = of_image.labels.index({stay});
      labels.index_fill_(0, pos_inds, num_classes()).index_put_({stay}, wanted);
      num_pos += stay.numel();
    }
    all_labels.push_back(labels);
  }
  return {.anchors = anchors.repeat({cls_scores.size(0), 1}),
          .labels = torch::cat(all_labels),
          .label_weights = batch.stacked(&AnchorTargets::label_weights).flatten(),
          .bbox_targets = batch.stacked(&AnchorTargets::bbox_targets).flatten(0, 1),
          .num_pos = num_pos,
          .num_images = static_cast<std::int64_t>(targets.size())};
}

Losses PAAHead::loss_of_assignment(const HeadOutputs& outputs, const Assignment& assignment, BoxWeights box_weights) {
  const auto all_images = [&](std::size_t kind, std::int64_t values) { return by_anchor(outputs.at(kind), values).flatten(0, 1); };
  const torch::Tensor cls_scores = all_images(0, cls_out_channels()), bbox_preds = all_images(1, 4), iou_preds = all_images(2, 1);
  const torch::Tensor& labels = assignment.labels;
  LossCall call;
  call.weight = assignment.label_weights;
  call.avg_factor = static_cast<double>(std::max(assignment.num_pos, assignment.num_images));
  Losses losses;
  losses.set("loss_cls", loss_cls().forward(cls_scores, labels, call));
  if (assignment.num_pos == 0) {
    losses.set("loss_bbox", bbox_preds.sum() * 0);
    losses.set("loss_iou", iou_preds.sum() * 0);
    return losses;
  }
  const torch::Tensor positive = ((labels >= 0) & (labels < num_classes())).nonzero().reshape({-1});
  const torch::Tensor boxes = bbox_coder().decode(assignment.anchors.index({positive}), bbox_preds.index({positive}));
  const torch::Tensor wanted = assignment.bbox_targets.index({positive});
  const torch::Tensor ious = aligned_bbox_overlaps(boxes.detach(), wanted);
  LossCall of_boxes, of_ious;
  of_ious.avg_factor = static_cast<double>(assignment.num_pos);
  of_boxes.avg_factor = of_ious.avg_factor;
  if (box_weights == BoxWeights::Overlaps) {
    of_boxes.weight = ious.clamp_min(1e-12);
    of_boxes.avg_factor = ious.sum().item<double>();
  }
  losses.set("loss_bbox", loss_bbox().forward(boxes, wanted, of_boxes));
  losses.set("loss_iou", loss_centerness().forward(iou_preds.index({positive}), ious.unsqueeze(-1), of_ious));
  return losses;
}

/// Scores are the geometric mean of class score and IoU, and so is what the threshold holds for.
std::vector<kernels::Candidates> PAAHead::decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) {
  kernels::SelectionOptions options = selection(activation());
  options.rule = kernels::SelectionRule::Places;
  const double threshold = std::max(test_cfg().score_thr, 0.0);
  options.score_thr = threshold * threshold * (1 - 1e-4);
  std::vector<kernels::Candidates> images = decode_anchors(outputs, metas, 2, options);
  for (kernels::Candidates& image : images) {
    kernels::Candidates good;
    for (std::size_t i = 0; i < image.boxes.size(); ++i) {
      const float score = std::sqrt(image.scores[i]);
      if (score > static_cast<float>(test_cfg().score_thr)) good.add(image.boxes[i], score, image.labels[i]);
    }
    image = std::move(good);
  }
  return images;
}

std::vector<Detections> PAAHead::predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) {
  std::vector<Detections> results;
  std::vector<kernels::Candidates> images = candidates(outputs, metas, rescale);
  for (kernels::Candidates& image : images) {
    results.push_back(select_detections(image, test_cfg().nms, test_cfg().max_per_img));
    if (with_score_voting_) kernels::score_voting(results.back(), image);
  }
  return results;
}

DETFORGE_REGISTER(heads, PAAHead,
                  {.name = "PAAHead",
                   .python = "mmdet.models.dense_heads.paa_head.PAAHead",
                   .meaning = "positives by a mixture over their losses, score voting"});

}  // namespace detforge
