#include "detforge/models/dense_heads/yolact/yolact_protonet.h"
#include "detforge/models/dense_heads/yolact/yolact_segm_head.h"
#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// YOLACT (arXiv 1904.02689): boxes, and masks out of prototypes.
class YOLACT : public SingleStageDetector {
 public:
  struct Options : SingleStageDetector::Options {
    ConfigDict segm_head;
    ConfigDict mask_head;
  };
  static Arguments<Options> arguments() {
    return {SingleStageDetector::arguments_with_neck(),
            arg(&Options::segm_head, "segm_head", required, "classes of places, only while training").built_by("HEADS"),
            arg(&Options::mask_head, "mask_head", required, "prototypes of masks").built_by("HEADS")};
  }

  YOLACT(const Options& options, const BuildContext& context) : SingleStageDetector("YOLACT", options, context) {
    boxes_ = dynamic_cast<YOLACTHead*>(&bbox_head());
    if (boxes_ == nullptr) throw ArgumentError("bbox_head", "must be a YOLACTHead");
    segm_head_ = register_module("segm_head",
                                 build_head<YOLACTSegmHead>(options.segm_head, context.child("segm_head"), "segmentation head of YOLACT"));
    mask_head_ =
        register_module("mask_head", build_head<YOLACTProtonet>(options.mask_head, context.child("mask_head"), "mask head of YOLACT"));
  }

  std::vector<Detections> predict(const torch::Tensor& images, std::span<const ImageMeta> metas, bool rescale) override {
    const nn::Features features = extract_feat(images);
    return mask_head_->predict(features.at(0), boxes_->instances(boxes_->forward(features), metas, rescale), metas, rescale);
  }

  Losses loss(const torch::Tensor& images, const Targets& targets) override {
    const nn::Features features = extract_feat(images);
    const HeadOutputs outputs = boxes_->forward(features);
    YOLACTHead::Learned learned = boxes_->learn(outputs, targets);
    Losses losses = std::move(learned.losses);
    losses.update(segm_head_->loss(segm_head_->forward(features.at(0)), targets));
    losses.update(mask_head_->loss(features[0], outputs.at(2), learned.sampled, targets));
    return losses;
  }

  Detections aug_predict(std::span<const torch::Tensor>, std::span<const ImageMeta>, bool) override {
    throw Error("YOLACT does not support test-time augmentation").help("give it one view of each image");
  }

 private:
  YOLACTHead* boxes_ = nullptr;
  std::shared_ptr<YOLACTSegmHead> segm_head_;
  std::shared_ptr<YOLACTProtonet> mask_head_;
};

DETFORGE_REGISTER(detectors, YOLACT,
                  {.name = "YOLACT",
                   .python = "mmdet.models.detectors.yolact.YOLACT",
                   .meaning = "boxes, and masks out of prototypes (arXiv 1904.02689)"});

}  // namespace detforge
