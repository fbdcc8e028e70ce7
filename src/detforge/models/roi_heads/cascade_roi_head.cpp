#include "detforge/models/roi_heads/cascade_roi_head.h"

#include "detforge/models/roi_heads/mask_heads/mask_target.h"

namespace detforge {

Arguments<CascadeRoIHead::Options> CascadeRoIHead::arguments() {
  return {
      arg(&Options::num_stages, "num_stages", required, "number of stages").at_least(1),
      arg(&Options::stage_loss_weights, "stage_loss_weights", required, "weight of each stage's losses"),
      arg(&Options::bbox_roi_extractor, "bbox_roi_extractor", "features of the proposals, one or one per stage").built_by("ROI_EXTRACTORS"),
      arg(&Options::bbox_head, "bbox_head", "classes and boxes, one or one per stage").built_by("HEADS"),
      arg(&Options::mask_roi_extractor, "mask_roi_extractor", "features for masks; None: those of the boxes").built_by("ROI_EXTRACTORS"),
      arg(&Options::mask_head, "mask_head", "masks, one or one per stage").built_by("HEADS"),
      arg(&Options::shared_head, "shared_head", "only None"),
      arg(&Options::train_cfg, "train_cfg", "what training needs, one per stage; the detector's own is put here"),
      arg(&Options::test_cfg, "test_cfg", "which detections are kept; the detector's own is put here"),
      arg(&Options::pretrained, "pretrained", "has no meaning here").since_v2_27(),
      arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

CascadeRoIHead::CascadeRoIHead(std::string python_name, const Options& options, MaskHeads mask_heads, const BuildContext& context)
    : RoIHead(std::move(python_name)), reference_(context.reference), stage_loss_weights_(options.stage_loss_weights) {
  const auto stages = static_cast<std::size_t>(options.num_stages);
  if (stage_loss_weights_.size() != stages) {
    throw ArgumentError("stage_loss_weights", "must have one entry for each of the " + std::to_string(stages) + " stages");
  }
  if (options.shared_head) throw ArgumentError("shared_head", "must be None: a cascade does not share a head");
  if (!options.bbox_roi_extractor) throw ArgumentError("bbox_roi_extractor", "must be given");
  if (!options.bbox_head) throw ArgumentError("bbox_head", "must be given");
  if (options.train_cfg) {
    if (options.train_cfg->size() != stages)
      throw ArgumentError("train_cfg", "must have one entry for each of the " + std::to_string(stages) + " stages");
    for (const ConfigDict& config : *options.train_cfg) {
      const BuildContext place = context.child("train_cfg");
      train_cfgs_.push_back(rcnn_train_cfg_from(config.value(), this->python_name(), place));
      proposal_samplers_.emplace_back(train_cfgs_.back(), place);
    }
  }
  if (options.test_cfg) test_cfg_ = rcnn_test_cfg_from(options.test_cfg->value(), this->python_name(), context.child("test_cfg"));

  const auto of_stage = [&](const StageConfigs& configs, const char* name, std::size_t stage) -> const ConfigDict& {
    if (const auto* one = std::get_if<ConfigDict>(&configs)) return *one;
    const auto& all = std::get<std::vector<ConfigDict>>(configs);
    if (all.size() != stages) throw ArgumentError(name, "must have one entry for each of the " + std::to_string(stages) + " stages");
    return all[stage];
  };
  bbox_roi_extractor_ = register_module("bbox_roi_extractor", std::make_shared<nn::BaseModuleList<RoIExtractor>>());
  bbox_head_ = register_module("bbox_head", std::make_shared<nn::BaseModuleList<RoIBBoxHead>>());
  for (std::size_t stage = 0; stage < stages; ++stage) {
    bbox_roi_extractor_->append(
        roi_extractors().build(of_stage(*options.bbox_roi_extractor, "bbox_roi_extractor", stage), context.child("bbox_roi_extractor")));
    bbox_head_->append(build_head<RoIBBoxHead>(of_stage(*options.bbox_head, "bbox_head", stage), context.child("bbox_head"), "box head"));
  }
  if (!options.mask_head) return;
  if (mask_heads == MaskHeads::One) {
    if (!options.mask_roi_extractor) throw ArgumentError("mask_roi_extractor", "must be given where there is a mask head");
    mask_roi_extractors_ = {register_module(
        "mask_roi_extractor",
        roi_extractors().build(of_stage(*options.mask_roi_extractor, "mask_roi_extractor", 0), context.child("mask_roi_extractor")))};
    mask_heads_ = {register_module(
        "mask_head", build_head<FCNMaskHead>(of_stage(*options.mask_head, "mask_head", 0), context.child("mask_head"), "mask head"))};
    return;
  }
  // The walk of 2.27's initialisation does not reach into this list, 2.8 initialises each of it.
  auto heads_list =
      register_module("mask_head", context.reference == Reference::V2_27 ? std::make_shared<nn::ModuleList<FCNMaskHead>>()
                                                                         : std::make_shared<nn::BaseModuleList<FCNMaskHead>>());
  for (std::size_t stage = 0; stage < stages; ++stage) {
    heads_list->append(build_head<FCNMaskHead>(of_stage(*options.mask_head, "mask_head", stage), context.child("mask_head"), "mask head"));
  }
  auto extractors = bbox_roi_extractor_;
  if (options.mask_roi_extractor) {
    extractors = std::make_shared<nn::BaseModuleList<RoIExtractor>>();
    for (std::size_t stage = 0; stage < stages; ++stage) {
      extractors->append(
          roi_extractors().build(of_stage(*options.mask_roi_extractor, "mask_roi_extractor", stage), context.child("mask_roi_extractor")));
    }
  }
  register_module("mask_roi_extractor", extractors);
  mask_roi_extractors_.assign(extractors->begin(), extractors->end());
  mask_heads_.assign(heads_list->begin(), heads_list->end());
}

const RcnnTrainCfg& CascadeRoIHead::train_cfg(std::size_t stage) const {
  if (train_cfgs_.empty()) throw missing_rcnn_train_cfg(python_name());
  return train_cfgs_.at(stage);
}

const RcnnTestCfg& CascadeRoIHead::test_cfg() const {
  if (!test_cfg_) throw missing_rcnn_test_cfg(python_name());
  return *test_cfg_;
}

CascadeRoIHead::ImageFeatures CascadeRoIHead::ImageFeatures::of_image(std::size_t image) const {
  const auto row = static_cast<std::int64_t>(image);
  const auto one = [&](const torch::Tensor& tensor) { return tensor.defined() ? tensor.slice(0, row, row + 1) : tensor; };
  return {features_of_image(levels, image), one(semantic_pred), one(semantic_feat), one(glbctx_pred), one(glbctx_feat)};
}

CascadeRoIHead::BBoxForward CascadeRoIHead::bbox_forward(std::size_t stage, const ImageFeatures& image, const torch::Tensor& rois) {
  BBoxForward result;
  result.bbox_feats = bbox_roi_extractor(stage).forward(image.levels, rois);
  result.outputs = bbox_head(stage).forward(result.bbox_feats);
  return result;
}

std::vector<torch::Tensor> CascadeRoIHead::mask_forward(const ImageFeatures& image, const torch::Tensor& rois) {
  std::vector<torch::Tensor> masks;
  for (std::size_t stage = 0; stage < mask_heads_.size(); ++stage) {
    masks.push_back(mask_head(stage).forward(mask_roi_extractor(stage).forward(image.levels, rois)));
  }
  return masks;
}

std::vector<SamplingResult> CascadeRoIHead::sample(std::size_t stage, const ImageFeatures& image, const Proposals& proposals,
                                                   const Targets& targets) {
  static_cast<void>(train_cfg(stage));
  return proposal_samplers_.at(stage).sample(proposals, targets, [&](std::size_t index) {
    SampleContext context;
    context.num_classes = bbox_head(stage).num_classes();
    context.bbox_coder = bbox_head(stage).bbox_coder();
    context.judge = [this, stage, one = image.of_image(index)](const torch::Tensor& boxes, const torch::Tensor& labels,
                                                               const std::string& loss_key) {
      const torch::NoGradGuard no_grad;
      return bbox_head(stage).judge(bbox_forward(stage, one, bbox2roi(std::array{boxes})).outputs, labels, loss_key);
    };
    return context;
  });
}

void CascadeRoIHead::add_losses(std::size_t stage, const Losses& of_stage, Losses& losses) const {
  for (const Losses::Entry& entry : of_stage.entries()) {
    std::vector<torch::Tensor> values = entry.values;
    if (entry.name.find("loss") != std::string::npos) {
      for (torch::Tensor& value : values) value = value * stage_loss_weights_[stage];
    }
    losses.set("s" + std::to_string(stage) + "." + entry.name, std::move(values));
  }
}

CascadeRoIHead::Stage CascadeRoIHead::learn_boxes(std::size_t stage, const ImageFeatures& image, const Proposals& proposals,
                                                  const Targets& targets, Losses& losses) {
  Stage learnt;
  learnt.samples = sample(stage, image, proposals, targets);
  learnt.rois = rois_of(learnt.samples);
  learnt.outputs = bbox_forward(stage, image, learnt.rois).outputs;
  learnt.targets = bbox_head(stage).get_targets(learnt.samples, train_cfg(stage).pos_weight);
  add_losses(stage, bbox_head(stage).loss(learnt.outputs, learnt.rois, learnt.targets), losses);
  return learnt;
}

Proposals CascadeRoIHead::refined(std::size_t stage, const Stage& learnt, const Targets& targets) const {
  const torch::NoGradGuard no_grad;
  const RoIBBoxHead& head = bbox_head(stage);
  torch::Tensor labels = learnt.targets.labels;
  if (labels.size(0) > 0) {
    const torch::Tensor scores = head.comparable_scores(learnt.outputs.cls_score);
    labels = torch::where(labels == head.num_classes(), scores.slice(1, 0, head.num_classes()).argmax(1), labels);
  }
  return head.refine_bboxes(learnt.rois, labels, learnt.outputs, learnt.samples, targets.metas);
}

Losses CascadeRoIHead::loss(const nn::Features& features, const Proposals& given, const Targets& targets) {
  Losses losses;
  Proposals proposals = given;
  const ImageFeatures image = image_features(features);
  for (std::size_t stage = 0; stage < num_stages(); ++stage) {
    const Stage learnt = learn_boxes(stage, image, proposals, targets, losses);
    if (with_mask()) {
      const torch::Tensor mask_feats = mask_roi_extractor(stage).forward(features, positive_rois_of(learnt.samples));
      add_losses(stage,
                 mask_head(stage).loss(mask_head(stage).forward(mask_feats),
                                       mask_target(learnt.samples, targets.gt_masks, train_cfg(stage)), positive_labels_of(learnt.samples)),
                 losses);
    }
    if (learnt.rois.size(0) == 0) break;
    if (stage + 1 < num_stages()) proposals = refined(stage, learnt, targets);
  }
  return losses;
}

std::vector<RoIOutput> CascadeRoIHead::roi_outputs(const nn::Features& features, const torch::Tensor& rois, std::int64_t max_masks) {
  std::vector<RoIOutput> all;
  const ImageFeatures image = shown_features(features);
  for (std::size_t stage = 0; stage < num_stages(); ++stage) {
    const BBoxForward boxes = bbox_forward(stage, image, rois);
    const std::string name = "bbox" + std::to_string(stage);
    append_outputs(name, boxes.outputs, all);
    if (shows_bbox_feats()) all.push_back({name + ".bbox_feats", boxes.bbox_feats});
  }
  if (!with_mask()) return all;
  const std::vector<torch::Tensor> masks = mask_forward(image, max_masks < 0 ? rois : rois.slice(0, 0, max_masks));
  for (std::size_t i = 0; i < masks.size(); ++i) all.push_back({"mask" + std::to_string(i) + ".mask_pred", masks[i]});
  return all;
}

DETFORGE_REGISTER(heads, CascadeRoIHead,
                  {.name = "CascadeRoIHead",
                   .python = "mmdet.models.roi_heads.cascade_roi_head.CascadeRoIHead",
                   .meaning = "stages that refine each other's boxes"});

}  // namespace detforge
