#include "detforge/models/detectors/two_stage.h"

#include "detforge/models/backbones/pretrained_backbone.h"

namespace detforge {
namespace {

/// A head's part of the detector's cfg, None where the detector has none: that is how the head sees it.
Value part_of_cfg(const std::optional<ConfigDict>& config, const char* key) {
  const Value* part = config ? config->find(key) : nullptr;
  return part != nullptr ? *part : Value();
}

Value with_cfgs(Value head, const TwoStageDetector::Options& options, const char* key) {
  head["train_cfg"] = part_of_cfg(options.train_cfg, key);
  head["test_cfg"] = part_of_cfg(options.test_cfg, key);
  return head;
}

/// The weights that training starts from are the RoI head's too, for what it shares with a backbone.
Value with_pretrained(Value part, const TwoStageDetector::Options& options) {
  if (options.pretrained && !options.pretrained->empty()) part["pretrained"] = *options.pretrained;
  return part;
}

}  // namespace

Arguments<TwoStageDetector::Options> TwoStageDetector::arguments() {
  return {arg(&Options::backbone, "backbone", required, "image to features").built_by("BACKBONES"),
          arg(&Options::neck, "neck", "features to features").built_by("NECKS"),
          arg(&Options::rpn_head, "rpn_head", "features to proposals").built_by("HEADS"),
          arg(&Options::roi_head, "roi_head", "features and proposals to detections").built_by("HEADS"),
          arg(&Options::train_cfg, "train_cfg", "what training needs: rpn, rpn_proposal, rcnn"),
          arg(&Options::test_cfg, "test_cfg", "which proposals and detections are kept: rpn, rcnn"),
          arg(&Options::pretrained, "pretrained", "weights of the backbone that training starts from"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

Arguments<TwoStageDetector::Options> TwoStageDetector::arguments_with_heads() {
  return {arguments(), arg(&Options::rpn_head, "rpn_head", required, "features to proposals").built_by("HEADS"),
          arg(&Options::roi_head, "roi_head", required, "features and proposals to detections").built_by("HEADS"),
          arg(&Options::train_cfg, "train_cfg", required, "what training needs: rpn, rpn_proposal, rcnn"),
          arg(&Options::test_cfg, "test_cfg", required, "which proposals and detections are kept: rpn, rcnn")};
}

TwoStageDetector::TwoStageDetector(std::string python_name, const Options& options, const BuildContext& context)
    : Detector(std::move(python_name)) {
  backbone_ =
      register_module("backbone", build_pretrained_backbone(options.backbone.value(), options.pretrained, context.child("backbone")));
  if (options.neck) neck_ = register_module("neck", build_neck(*options.neck, context.child("neck")));
  if (options.rpn_head) {
    rpn_head_ = register_module(
        "rpn_head", build_head<DenseHead>(with_cfgs(options.rpn_head->value(), options, "rpn"), context.child("rpn_head"), "dense head"));
    if (dynamic_cast<ProposalSource*>(rpn_head_.get()) == nullptr) throw ArgumentError("rpn_head", "must be a head that proposes regions");
  }
  if (!options.roi_head) throw ArgumentError("roi_head", "must be given");
  roi_head_ =
      register_module("roi_head", build_head<RoIHead>(with_pretrained(with_cfgs(options.roi_head->value(), options, "rcnn"), options),
                                                      context.child("roi_head"), "RoI head"));
  if (const Value config = part_of_cfg(options.train_cfg, "rpn_proposal"); !config.is_none()) proposal_cfg_ = ConfigDict(config);
  show_init_cfg(context, options.init_cfg);
}

nn::Features TwoStageDetector::extract_feat(const torch::Tensor& images) {
  const nn::Features features = backbone_->forward(images);
  return neck_ ? neck_->forward(features) : features;
}

ProposalSource& TwoStageDetector::rpn_head() const {
  if (!rpn_head_) {
    throw Error(python_name() + " has no 'rpn_head' and so needs to be given proposals")
        .help("LoadProposals in the pipeline reads them from the dataset's proposal_file");
  }
  return dynamic_cast<ProposalSource&>(*rpn_head_);
}

HeadOutputs TwoStageDetector::compute(const torch::Tensor& images) {
  const nn::Features features = extract_feat(images);
  HeadOutputs outputs = rpn_head_ ? rpn_head_->forward(features) : HeadOutputs();
  // As many regions as MMDetection's own counting of operations has.
  constexpr std::int64_t regions = 1000, masks = 100;
  for (const RoIOutput& output : roi_head_->roi_outputs(features, torch::zeros({regions, 5}, images.options()), masks)) {
    outputs.push_back({output.tensor});
  }
  return outputs;
}

std::vector<Detections> TwoStageDetector::predict(const torch::Tensor& images, std::span<const ImageMeta> metas, bool rescale) {
  ProposalSource& source = rpn_head();
  const nn::Features features = extract_feat(images);
  return roi_head_->predict(features, source.propose(features, metas), metas, rescale);
}

std::vector<Detections> TwoStageDetector::predict_from_proposals(const torch::Tensor& images, std::span<const ImageMeta> metas,
                                                                 const Proposals& proposals, bool rescale) {
  return roi_head_->predict(extract_feat(images), proposals, metas, rescale);
}

Losses TwoStageDetector::loss(const torch::Tensor& images, const Targets& targets) {
  if (!rpn_head_ && targets.proposals.size() != targets.size()) static_cast<void>(rpn_head());
  const nn::Features features = extract_feat(images);
  if (!rpn_head_) return roi_head_->loss(features, targets.proposals, targets);
  auto [losses, proposals] = rpn_head().learn_and_propose(features, targets, proposal_cfg_);
  losses.update(roi_head_->loss(features, proposals, targets));
  return losses;
}

Detections TwoStageDetector::aug_predict(std::span<const torch::Tensor> views, std::span<const ImageMeta> metas, bool rescale) {
  ProposalSource& source = rpn_head();
  std::vector<nn::Features> features;
  for (const torch::Tensor& view : views) features.push_back(extract_feat(view));
  return roi_head_->aug_predict(features, source.aug_propose(features, metas), metas, rescale);
}

DETFORGE_REGISTER(detectors, TwoStageDetector,
                  {.name = "TwoStageDetector",
                   .python = "mmdet.models.detectors.two_stage.TwoStageDetector",
                   .meaning = "backbone, neck, a head that proposes and one that looks at the proposals"});

}  // namespace detforge
