#include "detforge/models/detectors/single_stage_instance_seg.h"

#include "detforge/models/backbones/pretrained_backbone.h"

namespace detforge {

Arguments<SingleStageInstanceSegmentor::Options> SingleStageInstanceSegmentor::arguments() {
  return {arg(&Options::backbone, "backbone", required, "image to features").built_by("BACKBONES"),
          arg(&Options::neck, "neck", "features to features").built_by("NECKS"),
          arg(&Options::bbox_head, "bbox_head", "must be None: no mask head takes boxes"),
          arg(&Options::mask_head, "mask_head", "features to masks; it must be given").built_by("HEADS"),
          arg(&Options::train_cfg, "train_cfg", "what training needs"),
          arg(&Options::test_cfg, "test_cfg", "which detections are kept"),
          arg(&Options::pretrained, "pretrained", "weights of the backbone that training starts from"),
          arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

SingleStageInstanceSegmentor::SingleStageInstanceSegmentor(std::string python_name, const Options& options, const BuildContext& context)
    : Detector(std::move(python_name)) {
  if (options.bbox_head) throw ArgumentError("bbox_head", "must be None: MMDetection has no mask head that takes boxes");
  if (!options.mask_head) throw ArgumentError("mask_head", "must be given");
  backbone_ = register_module("backbone", build_pretrained_backbone(options.backbone, options.pretrained, context.child("backbone")));
  if (options.neck) neck_ = register_module("neck", build_neck(*options.neck, context.child("neck")));
  Value head = options.mask_head->value();
  head["train_cfg"] = options.train_cfg ? options.train_cfg->value() : Value();
  head["test_cfg"] = options.test_cfg ? options.test_cfg->value() : Value();
  mask_head_ = register_module("mask_head", build_head<DenseHead>(head, context.child("mask_head"), "dense head"));
  show_init_cfg(context, options.init_cfg);
}

nn::Features SingleStageInstanceSegmentor::extract_feat(const torch::Tensor& images) {
  const nn::Features features = backbone_->forward(images);
  return neck_ ? neck_->forward(features) : features;
}

HeadOutputs SingleStageInstanceSegmentor::compute(const torch::Tensor& images) { return mask_head_->forward(extract_feat(images)); }

std::vector<Detections> SingleStageInstanceSegmentor::predict(const torch::Tensor& images, std::span<const ImageMeta> metas, bool rescale) {
  return mask_head_->simple_test(extract_feat(images), metas, rescale);
}

Losses SingleStageInstanceSegmentor::loss(const torch::Tensor& images, const Targets& targets) {
  return mask_head_->forward_train(extract_feat(images), targets);
}

DETFORGE_REGISTER(detectors, SingleStageInstanceSegmentor,
                  {.name = "SingleStageInstanceSegmentor",
                   .python = "mmdet.models.detectors.single_stage_instance_seg.SingleStageInstanceSegmentor",
                   .meaning = "backbone, neck and a head that finds masks",
                   .since = Reference::V2_27});

}  // namespace detforge
