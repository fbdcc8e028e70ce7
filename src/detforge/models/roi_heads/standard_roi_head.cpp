#include "detforge/models/roi_heads/standard_roi_head.h"

#include "detforge/models/roi_heads/mask_heads/mask_target.h"
#include "detforge/models/roi_heads/merge_augs.h"
#include "detforge/models/roi_heads/shared_heads/shared_head.h"

namespace detforge {

Arguments<StandardRoIHead::Options> StandardRoIHead::arguments() {
  return {
      arg(&Options::bbox_roi_extractor, "bbox_roi_extractor", "features of the proposals").built_by("ROI_EXTRACTORS"),
      arg(&Options::bbox_head, "bbox_head", "classes and boxes").built_by("HEADS"),
      arg(&Options::mask_roi_extractor, "mask_roi_extractor", "features for masks; None: those of the boxes").built_by("ROI_EXTRACTORS"),
      arg(&Options::mask_head, "mask_head", "masks").built_by("HEADS"),
      arg(&Options::shared_head, "shared_head", "what features pass before the other heads").built_by("SHARED_HEADS"),
      arg(&Options::train_cfg, "train_cfg", "what training needs; the detector's own is put here"),
      arg(&Options::test_cfg, "test_cfg", "which detections are kept; the detector's own is put here"),
      arg(&Options::pretrained, "pretrained", "weights that the shared head starts from").since_v2_27(),
      arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

StandardRoIHead::StandardRoIHead(std::string python_name, const Options& options, const BuildContext& context)
    : RoIHead(std::move(python_name)), reference_(context.reference) {
  if (options.train_cfg) {
    train_cfg_ = rcnn_train_cfg_from(options.train_cfg->value(), this->python_name(), context.child("train_cfg"));
    proposal_sampler_.emplace(*train_cfg_, context.child("train_cfg"));
  }
  if (options.test_cfg) test_cfg_ = rcnn_test_cfg_from(options.test_cfg->value(), this->python_name(), context.child("test_cfg"));
  if (options.shared_head) {
    Value config = options.shared_head->value();
    if (options.pretrained) config["pretrained"] = *options.pretrained;
    shared_head_ = register_module("shared_head", shared_heads().build(config, context.child("shared_head")));
  }
  if (!options.bbox_head) throw ArgumentError("bbox_head", "must be given");
  if (!options.bbox_roi_extractor) throw ArgumentError("bbox_roi_extractor", "must be given");
  const auto extractor = [&](const char* name, const ConfigDict& config) {
    return register_module(name, roi_extractors().build(config, context.child(name)));
  };
  bbox_roi_extractor_ = extractor("bbox_roi_extractor", *options.bbox_roi_extractor);
  bbox_head_ = register_module("bbox_head", build_head<RoIBBoxHead>(*options.bbox_head, context.child("bbox_head"), "box head"));
  if (!options.mask_head) return;
  share_roi_extractor_ = !options.mask_roi_extractor;
  mask_roi_extractor_ = share_roi_extractor_ ? register_module("mask_roi_extractor", bbox_roi_extractor_)
                                             : extractor("mask_roi_extractor", *options.mask_roi_extractor);
  mask_head_ = register_module("mask_head", build_head<FCNMaskHead>(*options.mask_head, context.child("mask_head"), "mask head"));
}

const RcnnTrainCfg& StandardRoIHead::train_cfg() const {
  if (!train_cfg_) throw missing_rcnn_train_cfg(python_name());
  return *train_cfg_;
}

const RcnnTestCfg& StandardRoIHead::test_cfg() const {
  if (!test_cfg_) throw missing_rcnn_test_cfg(python_name());
  return *test_cfg_;
}

ProposalSampler& StandardRoIHead::proposal_sampler() const {
  static_cast<void>(train_cfg());
  return const_cast<ProposalSampler&>(*proposal_sampler_);
}

torch::Tensor StandardRoIHead::through_shared_head(const torch::Tensor& roi_feats) {
  return shared_head_ ? shared_head_->forward(roi_feats) : roi_feats;
}

StandardRoIHead::BBoxForward StandardRoIHead::bbox_forward(const nn::Features& features, const torch::Tensor& rois) {
  BBoxForward result;
  result.bbox_feats = through_shared_head(bbox_roi_extractor_->forward(features, rois));
  result.outputs = bbox_head_->forward(result.bbox_feats);
  return result;
}

StandardRoIHead::MaskForward StandardRoIHead::mask_forward(const nn::Features& features, const torch::Tensor& rois) {
  MaskForward result;
  result.mask_feats = through_shared_head(mask_roi_extractor_->forward(features, rois));
  result.mask_pred = mask_head_->forward(result.mask_feats);
  return result;
}

SampleContext StandardRoIHead::sample_context(const nn::Features& features, std::size_t image) {
  SampleContext context;
  context.num_classes = bbox_head_->num_classes();
  context.bbox_coder = bbox_head_->bbox_coder();
  context.judge = [this, features, image](const torch::Tensor& boxes, const torch::Tensor& labels, const std::string& loss_key) {
    const torch::NoGradGuard no_grad;
    return bbox_head_->judge(bbox_forward(features_of_image(features, image), bbox2roi(std::array{boxes})).outputs, labels, loss_key);
  };
  return context;
}

std::vector<SamplingResult> StandardRoIHead::sample(const nn::Features& features, const Proposals& proposals, const Targets& targets) {
  return proposal_sampler().sample(proposals, targets, [&](std::size_t image) { return sample_context(features, image); });
}

Losses StandardRoIHead::loss(const nn::Features& features, const Proposals& proposals, const Targets& targets) {
  const std::vector<SamplingResult> samples = sample(features, proposals, targets);
  BBoxLoss boxes = bbox_loss(features, samples, targets);
  if (with_mask()) boxes.losses.update(mask_loss(features, samples, boxes.bbox_feats, targets));
  return boxes.losses;
}

StandardRoIHead::BBoxLoss StandardRoIHead::bbox_loss(const nn::Features& features, std::span<const SamplingResult> samples,
                                                     const Targets&) {
  const torch::Tensor rois = rois_of(samples);
  const BBoxForward forward = bbox_forward(features, rois);
  return {bbox_head_->loss(forward.outputs, rois, bbox_head_->get_targets(samples, train_cfg().pos_weight)), forward.bbox_feats};
}

Losses StandardRoIHead::mask_loss(const nn::Features& features, std::span<const SamplingResult> samples, const torch::Tensor& bbox_feats,
                                  const Targets& targets) {
  return fcn_mask_loss(features, samples, bbox_feats, targets).losses;
}

StandardRoIHead::MaskLoss StandardRoIHead::fcn_mask_loss(const nn::Features& features, std::span<const SamplingResult> samples,
                                                         const torch::Tensor& bbox_feats, const Targets& targets) {
  MaskLoss result;
  if (share_roi_extractor_) {
    result.forward.mask_feats = bbox_feats.index_select(0, positive_rows_of(samples).to(bbox_feats.device()));
    result.forward.mask_pred = mask_head_->forward(result.forward.mask_feats);
  } else {
    result.forward = mask_forward(features, positive_rois_of(samples));
  }
  result.mask_targets = mask_target(samples, targets.gt_masks, train_cfg());
  result.losses = mask_head_->loss(result.forward.mask_pred, result.mask_targets, positive_labels_of(samples));
  return result;
}

std::vector<RoIOutput> StandardRoIHead::roi_outputs(const nn::Features& features, const torch::Tensor& rois, std::int64_t max_masks) {
  std::vector<RoIOutput> all;
  const BBoxForward boxes = bbox_forward(features, rois);
  append_outputs("bbox", boxes.outputs, all);
  all.push_back({"bbox.bbox_feats", boxes.bbox_feats});
  if (!with_mask()) return all;
  const MaskForward masks = mask_forward(features, max_masks < 0 ? rois : rois.slice(0, 0, max_masks));
  all.push_back({"mask.mask_pred", masks.mask_pred});
  all.push_back({"mask.mask_feats", masks.mask_feats});
  return all;
}

DETFORGE_REGISTER(heads, StandardRoIHead,
                  {.name = "StandardRoIHead",
                   .python = "mmdet.models.roi_heads.standard_roi_head.StandardRoIHead",
                   .meaning = "one box head and at most one mask head"});

}  // namespace detforge
