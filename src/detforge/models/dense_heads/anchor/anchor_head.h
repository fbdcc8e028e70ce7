#pragma once

#include "detforge/models/dense_heads/anchor/anchor_based_head.h"
#include "detforge/models/losses/loss.h"
#include "detforge/nn/layers/conv2d.h"

namespace detforge {

/// A head that scores and moves anchors: features [N, in_channels, H_i, W_i] → class scores [N, A·channels, H_i, W_i] and
/// box codes [N, A·4, H_i, W_i]. By itself one convolution for each; others derive with layers of their own.
class AnchorHead : public AnchorBasedHead {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::int64_t in_channels = 0;
    std::int64_t feat_channels = 256;
    ConfigDict anchor_generator = {{"type", "AnchorGenerator"},
                                   {"scales", Value::list({8, 16, 32})},
                                   {"ratios", Value::list({0.5, 1.0, 2.0})},
                                   {"strides", Value::list({4, 8, 16, 32, 64})}};
    ConfigDict bbox_coder = {{"type", "DeltaXYWHBBoxCoder"},
                             {"clip_border", true},
                             {"target_means", Value::tuple({0.0, 0.0, 0.0, 0.0})},
                             {"target_stds", Value::tuple({1.0, 1.0, 1.0, 1.0})}};
    bool reg_decoded_bbox = false;
    ConfigDict loss_cls = {{"type", "CrossEntropyLoss"}, {"use_sigmoid", true}, {"loss_weight", 1.0}};
    ConfigDict loss_bbox = {{"type", "SmoothL1Loss"}, {"beta", 1.0 / 9.0}, {"loss_weight", 1.0}};
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<Value> init_cfg = Value::dict({{"type", "Normal"}, {"layer", "Conv2d"}, {"std", 0.01}});
  };
  static Arguments<Options> arguments();
  /// Those of heads whose number of classes is fixed.
  static Arguments<Options> arguments_without_classes();

  AnchorHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override {
    return loss_by_level(outputs, get_targets(outputs.at(0), targets));
  }

 protected:
  /// Without layers.
  AnchorHead(std::string python_name, const Options& options, const BuildContext& context, Sampling sampling = Sampling::ByVersion);

  HeadOutputs compute(const nn::Features& features) override;
  struct Prediction {
    torch::Tensor cls_score;
    torch::Tensor bbox_pred;
  };
  /// The predictions of one level.
  virtual Prediction forward_single(const torch::Tensor& feature);

  /// `loss_cls` and `loss_bbox`, a value per level.
  Losses loss_by_level(const HeadOutputs& outputs, const BatchTargets& targets) const;
  /// What losses are averaged over.
  double num_total_samples(const BatchTargets& targets) const;

  std::int64_t num_anchors() const { return prior_generator().num_base_priors().front(); }
  Loss& loss_cls() { return *loss_cls_; }
  Loss& loss_bbox() { return *loss_bbox_; }

 private:
  std::shared_ptr<Loss> loss_cls_;
  std::shared_ptr<Loss> loss_bbox_;
  std::shared_ptr<nn::Conv2d> conv_cls_;
  std::shared_ptr<nn::Conv2d> conv_reg_;
};

/// What the losses of anchors are made of.
struct AnchorLosses {
  Loss& loss_cls;
  Loss& loss_bbox;
  const BBoxCoder* decoder = nullptr;  ///< of boxes, where their loss sees them; else it sees codes
  std::int64_t cls_out_channels = 0;
  double num_total_samples = 1;  ///< what losses are averaged over

  /// `loss_cls` and `loss_bbox`, a value per level, of scores [N, A·cls_out_channels, H_i, W_i] and codes [N, A·4, H_i, W_i]; without
  /// levels of scores only the latter.
  Losses by_level(const nn::Features& cls_scores, const nn::Features& bbox_preds, const BatchTargets& targets) const;
};

}  // namespace detforge
