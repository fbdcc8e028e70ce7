#include "detforge/models/backbones/pretrained_backbone.h"
#include "detforge/models/detectors/detector.h"
#include "detforge/models/necks/neck.h"

namespace detforge {

/// A region proposal network alone (arXiv 1506.01497): its detections are proposals, all of one class.
class RPN : public Detector {
 public:
  struct Options {
    ConfigDict backbone;
    std::optional<NeckConfig> neck;
    ConfigDict rpn_head;
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::backbone, "backbone", required, "image to features").built_by("BACKBONES"),
            arg(&Options::neck, "neck", required, "features to features").built_by("NECKS"),
            arg(&Options::rpn_head, "rpn_head", required, "features to proposals").built_by("HEADS"),
            arg(&Options::train_cfg, "train_cfg", required, "what training needs, below 'rpn'"),
            arg(&Options::test_cfg, "test_cfg", required, "which proposals are kept, below 'rpn'"),
            arg(&Options::pretrained, "pretrained", "weights of the backbone that training starts from"),
            arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
  }

  RPN(const Options& options, const BuildContext& context) : Detector("RPN") {
    backbone_ = register_module("backbone", build_pretrained_backbone(options.backbone, options.pretrained, context.child("backbone")));
    if (options.neck) neck_ = register_module("neck", build_neck(*options.neck, context.child("neck")));
    Value head = options.rpn_head.value();
    head["train_cfg"] = part_of(options.train_cfg);
    head["test_cfg"] = part_of(options.test_cfg);
    rpn_head_ = register_module("rpn_head", build_head<DenseHead>(head, context.child("rpn_head"), "dense head"));
    show_init_cfg(context, options.init_cfg);
  }

  std::vector<Detections> predict(const torch::Tensor& images, std::span<const ImageMeta> metas, bool rescale) override {
    return rpn_head_->simple_test(extract_feat(images), metas, rescale);
  }
  Losses loss(const torch::Tensor& images, const Targets& targets) override {
    return rpn_head_->forward_train(extract_feat(images), targets);
  }
  Detections aug_predict(std::span<const torch::Tensor> views, std::span<const ImageMeta> metas, bool rescale) override {
    std::vector<nn::Features> features;
    for (const torch::Tensor& view : views) features.push_back(extract_feat(view));
    return rpn_head_->aug_predict(features, metas, rescale);
  }

 protected:
  HeadOutputs compute(const torch::Tensor& images) override { return rpn_head_->forward(extract_feat(images)); }

 private:
  static Value part_of(const std::optional<ConfigDict>& config) {
    const Value* part = config ? config->find("rpn") : nullptr;
    return part != nullptr ? *part : Value();
  }
  nn::Features extract_feat(const torch::Tensor& images) {
    const nn::Features features = backbone_->forward(images);
    return neck_ ? neck_->forward(features) : features;
  }

  std::shared_ptr<Backbone> backbone_;
  std::shared_ptr<Neck> neck_;
  std::shared_ptr<DenseHead> rpn_head_;
};

DETFORGE_REGISTER(detectors, RPN,
                  {.name = "RPN", .python = "mmdet.models.detectors.rpn.RPN", .meaning = "region proposals alone (arXiv 1506.01497)"});

}  // namespace detforge
