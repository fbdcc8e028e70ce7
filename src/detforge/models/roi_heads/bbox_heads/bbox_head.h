#pragma once

#include "detforge/boxes/coders/bbox_coder.h"
#include "detforge/models/losses/loss.h"
#include "detforge/models/roi_heads/bbox_heads/roi_bbox_head.h"
#include "detforge/nn/pair.h"

namespace detforge {

/// Two linear layers on the features of a region, one for its class and one for its box: the base of the other box heads.
class BBoxHead : public RoIBBoxHead {
 public:
  struct Options {
    bool with_avg_pool = false;
    bool with_cls = true;
    bool with_reg = true;
    nn::Pair roi_feat_size = 7;
    std::int64_t in_channels = 256;
    std::int64_t num_classes = 80;
    ConfigDict bbox_coder = {{"type", "DeltaXYWHBBoxCoder"},
                             {"clip_border", true},
                             {"target_means", Value::list({0.0, 0.0, 0.0, 0.0})},
                             {"target_stds", Value::list({0.1, 0.1, 0.2, 0.2})}};
    bool reg_class_agnostic = false;
    bool reg_decoded_bbox = false;
    ConfigDict reg_predictor_cfg = {{"type", "Linear"}};
    ConfigDict cls_predictor_cfg = {{"type", "Linear"}};
    ConfigDict loss_cls = {{"type", "CrossEntropyLoss"}, {"use_sigmoid", false}, {"loss_weight", 1.0}};
    ConfigDict loss_bbox = {{"type", "SmoothL1Loss"}, {"beta", 1.0}, {"loss_weight", 1.0}};
    std::optional<Value> init_cfg;

    std::int64_t roi_feat_area() const { return roi_feat_size.height * roi_feat_size.width; }
  };
  static Arguments<Options> arguments();

  BBoxHead(const Options& options, const BuildContext& context);

  BBoxTargets get_targets(std::span<const SamplingResult> samples, double pos_weight) const override;
  Losses loss(const BBoxOutputs& outputs, const torch::Tensor& rois, const BBoxTargets& targets) override;
  torch::Tensor classification_losses(const torch::Tensor& cls_score, const torch::Tensor& labels, const std::string& loss_key) override;
  ScoredBoxes get_bboxes(const torch::Tensor& rois, const BBoxOutputs& outputs, const ImageMeta& meta) const override;
  torch::Tensor regress_by_class(const torch::Tensor& boxes, const torch::Tensor& labels, const BBoxOutputs& outputs,
                                 const ImageMeta& meta) const override;
  torch::Tensor comparable_scores(const torch::Tensor& cls_score) const override;

  BBoxCoder* bbox_coder() const override { return bbox_coder_.get(); }
  Loss& loss_cls() const { return *loss_cls_; }
  Loss& loss_bbox() const { return *loss_bbox_; }
  /// The predictions [P, 4] for the regions `positive` [P] of their classes `labels` [P].
  torch::Tensor predictions_of_class(const torch::Tensor& bbox_pred, const torch::Tensor& positive, const torch::Tensor& labels) const;

 protected:
  /// Lengths of the vectors that the two linear layers read.
  struct PredictorInputs {
    std::int64_t cls = 0;
    std::int64_t reg = 0;
  };
  BBoxHead(std::string python_name, const Options& options, const PredictorInputs& inputs, const BuildContext& context);

  BBoxOutputs compute(const torch::Tensor& roi_feats, const torch::Tensor& reg_feats) override;
  /// [N, C, h, w] → [N, C, 1, 1] where the head has an average pooling, and flat in any case.
  torch::Tensor flattened(const torch::Tensor& feats) const;
  BBoxOutputs predict(const torch::Tensor& cls_input, const torch::Tensor& reg_input);

  const Options& options() const { return options_; }
  /// What `init_cfg` None stands for: small weights of the two linear layers.
  static Value default_init_cfg(const Options& options);

 private:
  class AvgPool;

  Options options_;
  std::shared_ptr<BBoxCoder> bbox_coder_;
  std::shared_ptr<Loss> loss_cls_;
  std::shared_ptr<Loss> loss_bbox_;
  std::shared_ptr<nn::Layer> avg_pool_;
  std::shared_ptr<nn::Layer> fc_cls_;
  std::shared_ptr<nn::Layer> fc_reg_;
};

}  // namespace detforge
