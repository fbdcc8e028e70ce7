#include <algorithm>

#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/models/dense_heads/anchor/retina_head.h"

namespace detforge {

/// RetinaHead that learns which anchors match which objects (FreeAnchor, arXiv 1909.02466): each object has a bag of the
/// anchors that overlap it most.
class FreeAnchorRetinaHead : public RetinaHead {
 public:
  struct Options : RetinaHead::Options {
    std::int64_t pre_anchor_topk = 50;
    double bbox_thr = 0.6;
    double gamma = 2.0;
    double alpha = 0.5;
  };
  static Arguments<Options> arguments() {
    return {RetinaHead::arguments(), arg(&Options::pre_anchor_topk, "pre_anchor_topk", "anchors in each object's bag").at_least(1),
            arg(&Options::bbox_thr, "bbox_thr", "IoU of a box from which on it may be an object"),
            arg(&Options::gamma, "gamma", "power of the focal loss of negatives"),
            arg(&Options::alpha, "alpha", "factor of positives; negatives have 1 - alpha")};
  }
  FreeAnchorRetinaHead(const Options& options, const BuildContext& context)
      : RetinaHead("FreeAnchorRetinaHead", options, context), options_(options) {}

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 private:
  torch::Tensor object_probability(const torch::Tensor& boxes, const torch::Tensor& gt_bboxes, const torch::Tensor& gt_labels) const;
  torch::Tensor positive_bag_loss(const torch::Tensor& cls_prob, const torch::Tensor& box_prob) const;
  torch::Tensor negative_bag_loss(const torch::Tensor& cls_prob, const torch::Tensor& box_prob) const;

  Options options_;
};

/// [B, classes]: how surely each box is an object of each class.
torch::Tensor FreeAnchorRetinaHead::object_probability(const torch::Tensor& boxes, const torch::Tensor& gt_bboxes,
                                                       const torch::Tensor& gt_labels) const {
  const torch::NoGradGuard no_grad;
  torch::Tensor probability = torch::zeros({boxes.size(0), cls_out_channels()}, boxes.options());
  if (gt_bboxes.size(0) == 0) return probability;
  const torch::Tensor ious = bbox_overlaps(gt_bboxes, boxes);
  const double low = options_.bbox_thr;
  const torch::Tensor high = std::get<0>(ious.max(1, /*keepdim=*/true)).clamp_min(low + 1e-12);
  const torch::Tensor of_objects = ((ious - low) / (high - low)).clamp(0, 1);
  for (std::int64_t i = 0; i < gt_labels.size(0); ++i) {
    torch::Tensor column = probability.select(1, gt_labels[i].item<std::int64_t>());
    column.copy_(torch::max(column, of_objects[i]));
  }
  return probability;
}

/// -log of the mean-max of a bag's probabilities, both [G, bag]: [G].
torch::Tensor FreeAnchorRetinaHead::positive_bag_loss(const torch::Tensor& cls_prob, const torch::Tensor& box_prob) const {
  const torch::Tensor matched = cls_prob * box_prob;
  torch::Tensor weight = 1 / (1 - matched).clamp_min(1e-12);
  weight = weight / weight.sum(1, /*keepdim=*/true);
  const torch::Tensor bag = (weight * matched).sum(1);
  return options_.alpha * torch::binary_cross_entropy(bag, torch::ones_like(bag), {}, at::Reduction::None);
}

torch::Tensor FreeAnchorRetinaHead::negative_bag_loss(const torch::Tensor& cls_prob, const torch::Tensor& box_prob) const {
  constexpr double eps = 1e-12;
  const torch::Tensor prob = (cls_prob * (1 - box_prob)).clamp(eps, 1 - eps);
  const torch::Tensor loss = torch::binary_cross_entropy(prob, torch::zeros_like(prob), {}, at::Reduction::None);
  return (1 - options_.alpha) * (prob.pow(options_.gamma) * loss);
}

Losses FreeAnchorRetinaHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const torch::Tensor cls_prob = by_anchor(outputs.at(0), cls_out_channels()).sigmoid(), bbox_preds = by_anchor(outputs.at(1), 4);
  const torch::Tensor anchors = torch::cat(prior_generator().grid_priors(featmap_sizes(outputs.at(0)), bbox_preds.options()));
  const std::int64_t bag = std::min(options_.pre_anchor_topk, anchors.size(0));
  LossCall elementwise;
  elementwise.reduction = Reduction::None;
  std::vector<torch::Tensor> positive_losses, box_prob;
  std::int64_t num_pos = 0;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const torch::Tensor &gt_bboxes = targets.gt_bboxes[image], &gt_labels = targets.gt_labels[image];
    const torch::Tensor prob = cls_prob[static_cast<std::int64_t>(image)], pred = bbox_preds[static_cast<std::int64_t>(image)];
    box_prob.push_back(object_probability(bbox_coder().decode(anchors, pred.detach()), gt_bboxes, gt_labels));
    const std::int64_t objects = gt_bboxes.size(0);
    if (objects == 0) continue;
    const torch::Tensor matched = std::get<1>(bbox_overlaps(gt_bboxes, anchors).topk(bag, 1, /*largest=*/true, /*sorted=*/false));
    const torch::Tensor matched_cls = prob.index({matched, gt_labels.unsqueeze(1)});
    const torch::Tensor matched_anchors = anchors.index({matched}).view({-1, 4});
    const torch::Tensor wanted =
        bbox_coder().encode(matched_anchors, gt_bboxes.unsqueeze(1).expand({objects, bag, 4}).reshape({-1, 4})).view({objects, bag, 4});
    const torch::Tensor matched_box = (-loss_bbox().forward(pred.index({matched}), wanted, elementwise).sum(-1)).exp();
    positive_losses.push_back(positive_bag_loss(matched_cls, matched_box));
    num_pos += objects;
  }
  // Without any object the boxes still have a gradient, of 0.
  const torch::Tensor positive = num_pos == 0 ? bbox_preds.sum() * 0 : torch::cat(positive_losses).sum() / static_cast<double>(num_pos);
  const auto bags = static_cast<double>(std::max<std::int64_t>(1, num_pos * options_.pre_anchor_topk));
  Losses losses;
  losses.set("positive_bag_loss", positive);
  losses.set("negative_bag_loss", negative_bag_loss(cls_prob, torch::stack(box_prob)).sum() / bags);
  return losses;
}

DETFORGE_REGISTER(heads, FreeAnchorRetinaHead,
                  {.name = "FreeAnchorRetinaHead",
                   .python = "mmdet.models.dense_heads.free_anchor_retina_head.FreeAnchorRetinaHead",
                   .meaning = "RetinaHead that learns which anchors match which objects"});

}  // namespace detforge
