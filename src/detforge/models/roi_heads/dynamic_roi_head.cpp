#include <algorithm>
#include <numeric>

#include "detforge/boxes/assigners/max_iou_assigner.h"
#include "detforge/models/losses/smooth_l1_loss.h"
#include "detforge/models/roi_heads/bbox_heads/bbox_head.h"
#include "detforge/models/roi_heads/standard_roi_head.h"

namespace detforge {

/// Dynamic R-CNN (arXiv 2004.06002): every so many steps the IoU from which on a proposal is positive, and where the box loss becomes
/// linear, follow what the proposals have become.
class DynamicRoIHead : public StandardRoIHead {
 public:
  using Options = StandardRoIHead::Options;

  DynamicRoIHead(const Options& options, const BuildContext& context);

  Losses loss(const nn::Features& features, const Proposals& proposals, const Targets& targets) override;

 protected:
  std::vector<SamplingResult> sample(const nn::Features& features, const Proposals& proposals, const Targets& targets) override;
  BBoxLoss bbox_loss(const nn::Features& features, std::span<const SamplingResult> samples, const Targets& targets) override;

 private:
  /// `train_cfg.rcnn.dynamic_rcnn`.
  struct Schedule {
    std::int64_t iou_topk = 0;
    std::int64_t beta_topk = 0;
    std::int64_t update_iter_interval = 0;
    double initial_iou = 0;
    double initial_beta = 0;

    static Arguments<Schedule> arguments();
  };
  void update_hyperparameters();

  std::optional<Schedule> schedule_;
  bool adds_gt_ = true;
  SmoothL1Loss* loss_bbox_ = nullptr;
  MaxIoUAssigner* assigner_ = nullptr;
  std::vector<double> iou_history_;
  std::vector<double> beta_history_;
};

Arguments<DynamicRoIHead::Schedule> DynamicRoIHead::Schedule::arguments() {
  return {arg(&Schedule::iou_topk, "iou_topk", required, "the k-th largest overlap in an image counts").at_least(1),
          arg(&Schedule::beta_topk, "beta_topk", required, "the k-th smallest regression target per image counts").at_least(1),
          arg(&Schedule::update_iter_interval, "update_iter_interval", required, "steps between two updates").at_least(1),
          arg(&Schedule::initial_iou, "initial_iou", required, "lowest threshold of a positive proposal"),
          arg(&Schedule::initial_beta, "initial_beta", required, "highest beta of the box loss")};
}

DynamicRoIHead::DynamicRoIHead(const Options& options, const BuildContext& context) : StandardRoIHead("DynamicRoIHead", options, context) {
  const auto* head = dynamic_cast<const BBoxHead*>(&bbox_head());
  loss_bbox_ = head != nullptr ? dynamic_cast<SmoothL1Loss*>(&head->loss_bbox()) : nullptr;
  if (loss_bbox_ == nullptr) throw ArgumentError("bbox_head", "must have a SmoothL1Loss as loss_bbox");
  if (options.train_cfg) {
    if (!train_cfg().dynamic_rcnn) throw ArgumentError("train_cfg", "must have 'dynamic_rcnn'");
    schedule_ = options_from("the dynamic_rcnn of DynamicRoIHead's train_cfg", Schedule::arguments(), train_cfg().dynamic_rcnn->value(),
                             context.child("train_cfg"));
    assigner_ = dynamic_cast<MaxIoUAssigner*>(&proposal_sampler().assigner());
    if (assigner_ == nullptr) throw ArgumentError("train_cfg", "must have a MaxIoUAssigner");
    if (const Value* adds = train_cfg().sampler.find("add_gt_as_proposals")) adds_gt_ = adds->as_bool();
  }
  show_init_cfg(context, options.init_cfg);
}

std::vector<SamplingResult> DynamicRoIHead::sample(const nn::Features& features, const Proposals& proposals, const Targets& targets) {
  std::vector<SamplingResult> samples;
  double iou_sum = 0;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    AssignResult assigned = proposal_sampler().assign(proposals.at(image), targets, image);
    samples.push_back(proposal_sampler().sample(assigned, proposals.at(image), targets, image, sample_context(features, image)));
    if (adds_gt_) assigned.add_gt(targets.gt_labels.at(image));
    const std::int64_t count = std::min(schedule_->iou_topk, assigned.max_overlaps.size(0));
    if (count > 0) iou_sum += std::get<0>(assigned.max_overlaps.topk(count))[count - 1].item<double>();
  }
  iou_history_.push_back(iou_sum / static_cast<double>(std::max<std::size_t>(targets.size(), 1)));
  return samples;
}

StandardRoIHead::BBoxLoss DynamicRoIHead::bbox_loss(const nn::Features& features, std::span<const SamplingResult> samples,
                                                    const Targets& targets) {
  const torch::Tensor rois = rois_of(samples);
  const BBoxForward forward = bbox_forward(features, rois);
  const BBoxTargets learnt = bbox_head().get_targets(samples, train_cfg().pos_weight);
  const torch::Tensor positive = learnt.bbox_weights.front().select(1, 0).nonzero().squeeze(1);
  const torch::Tensor sizes = learnt.bbox_targets.front().index_select(0, positive).slice(1, 0, 2).abs().mean(1);
  const std::int64_t rank = std::min(schedule_->beta_topk * static_cast<std::int64_t>(targets.size()), sizes.size(0));
  if (rank > 0) beta_history_.push_back(std::get<0>(sizes.kthvalue(rank)).item<double>());
  return {bbox_head().loss(forward.outputs, rois, learnt), forward.bbox_feats};
}

Losses DynamicRoIHead::loss(const nn::Features& features, const Proposals& proposals, const Targets& targets) {
  static_cast<void>(train_cfg());
  Losses losses = StandardRoIHead::loss(features, proposals, targets);
  if (static_cast<std::int64_t>(iou_history_.size()) % schedule_->update_iter_interval == 0) update_hyperparameters();
  return losses;
}

void DynamicRoIHead::update_hyperparameters() {
  constexpr double smallest_beta = 1e-15;
  const double mean_iou = std::accumulate(iou_history_.begin(), iou_history_.end(), 0.0) / static_cast<double>(iou_history_.size());
  assigner_->set_iou_threshold(std::max(schedule_->initial_iou, mean_iou));
  iou_history_.clear();
  std::sort(beta_history_.begin(), beta_history_.end());
  if (const std::size_t count = beta_history_.size(); count > 0) {
    const double median = (beta_history_[(count - 1) / 2] + beta_history_[count / 2]) / 2;
    if (median >= smallest_beta) loss_bbox_->set_beta(std::min(schedule_->initial_beta, median));
  }
  beta_history_.clear();
}

DETFORGE_REGISTER(heads, DynamicRoIHead,
                  {.name = "DynamicRoIHead",
                   .python = "mmdet.models.roi_heads.dynamic_roi_head.DynamicRoIHead",
                   .meaning = "thresholds that follow the proposals"});

}  // namespace detforge
