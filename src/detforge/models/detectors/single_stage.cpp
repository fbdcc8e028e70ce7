#include "detforge/models/detectors/single_stage.h"

#include "detforge/models/backbones/pretrained_backbone.h"

namespace detforge {

using Options = SingleStageDetector::Options;

namespace {

/// The detector's train_cfg and test_cfg are its head's, None too: that is how the head sees that there is none.
Value head_config(const Options& options) {
  Value config = options.bbox_head->value();
  config["train_cfg"] = options.train_cfg ? options.train_cfg->value() : Value();
  config["test_cfg"] = options.test_cfg ? options.test_cfg->value() : Value();
  return config;
}

}  // namespace

Arguments<Options> SingleStageDetector::arguments() {
  return {arg(&Options::backbone, "backbone", required, "image to features").built_by("BACKBONES"),
          arg(&Options::neck, "neck", "features to features").built_by("NECKS"),
          arg(&Options::bbox_head, "bbox_head", "features to detections").built_by("HEADS"),
          arg(&Options::train_cfg, "train_cfg", "what training needs"),
          arg(&Options::test_cfg, "test_cfg", "which detections are kept"),
          arg(&Options::pretrained, "pretrained", "weights of the backbone that training starts from"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

Arguments<Options> SingleStageDetector::arguments_with_neck() {
  return {arguments(), arg(&Options::neck, "neck", required, "features to features").built_by("NECKS"),
          arg(&Options::bbox_head, "bbox_head", required, "features to detections").built_by("HEADS")};
}

SingleStageDetector::SingleStageDetector(std::string python_name, const Options& options, const BuildContext& context)
    : Detector(std::move(python_name)) {
  backbone_ = register_module("backbone", build_pretrained_backbone(options.backbone, options.pretrained, context.child("backbone")));
  if (options.neck) neck_ = register_module("neck", build_neck(*options.neck, context.child("neck")));
  if (!options.bbox_head) throw ArgumentError("bbox_head", "must be given");
  bbox_head_ = register_module("bbox_head", build_head<DenseHead>(head_config(options), context.child("bbox_head"), "dense head"));
  show_init_cfg(context, options.init_cfg);
}

nn::Features SingleStageDetector::extract_feat(const torch::Tensor& images) {
  const nn::Features features = backbone_->forward(images);
  return neck_ ? neck_->forward(features) : features;
}

HeadOutputs SingleStageDetector::compute(const torch::Tensor& images) { return bbox_head_->forward(extract_feat(images)); }

std::vector<Detections> SingleStageDetector::predict(const torch::Tensor& images, std::span<const ImageMeta> metas, bool rescale) {
  return bbox_head_->simple_test(extract_feat(images), metas, rescale);
}

Losses SingleStageDetector::loss(const torch::Tensor& images, const Targets& targets) {
  return bbox_head_->forward_train(extract_feat(images), targets);
}

Detections SingleStageDetector::aug_predict(std::span<const torch::Tensor> views, std::span<const ImageMeta> metas, bool rescale) {
  std::vector<nn::Features> features;
  for (const torch::Tensor& view : views) features.push_back(extract_feat(view));
  return bbox_head_->aug_predict(features, metas, rescale);
}

DETFORGE_REGISTER(detectors, SingleStageDetector,
                  {.name = "SingleStageDetector",
                   .python = "mmdet.models.detectors.single_stage.SingleStageDetector",
                   .meaning = "backbone, neck and a dense head"});

}  // namespace detforge
