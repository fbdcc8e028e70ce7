#pragma once

#include "detforge/models/dense_heads/anchor/approx_anchors.h"
#include "detforge/models/dense_heads/parts/dense_box_head.h"
#include "detforge/models/dense_heads/rpn/feature_adaption.h"
#include "detforge/models/losses/loss.h"
#include "detforge/nn/layers/masked_conv2d.h"

namespace detforge {

/// A head that predicts where anchors stand and what shape they have before it scores and moves them (guided anchoring,
/// arXiv 1901.03278). Per level: class scores [N, channels, H_i, W_i], box codes [N, 4, …], logarithms of the anchors' width
/// and height relative to a square [N, 2, …], and whether an anchor stands there [N, 1, …].
class GuidedAnchorHead : public DenseBoxHead {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::int64_t in_channels = 0;
    std::int64_t feat_channels = 256;
    ConfigDict approx_anchor_generator = {{"type", "AnchorGenerator"},
                                          {"octave_base_scale", 8},
                                          {"scales_per_octave", 3},
                                          {"ratios", Value::list({0.5, 1.0, 2.0})},
                                          {"strides", Value::list({4, 8, 16, 32, 64})}};
    ConfigDict square_anchor_generator = {{"type", "AnchorGenerator"},
                                          {"ratios", Value::list({1.0})},
                                          {"scales", Value::list({8})},
                                          {"strides", Value::list({4, 8, 16, 32, 64})}};
    ConfigDict anchor_coder = delta_coder();
    ConfigDict bbox_coder = delta_coder();
    bool reg_decoded_bbox = false;
    std::int64_t deform_groups = 4;
    double loc_filter_thr = 0.01;
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    ConfigDict loss_loc = {{"type", "FocalLoss"}, {"use_sigmoid", true}, {"gamma", 2.0}, {"alpha", 0.25}, {"loss_weight", 1.0}};
    ConfigDict loss_shape = {{"type", "BoundedIoULoss"}, {"beta", 0.2}, {"loss_weight", 1.0}};
    ConfigDict loss_cls = {{"type", "CrossEntropyLoss"}, {"use_sigmoid", true}, {"loss_weight", 1.0}};
    ConfigDict loss_bbox = {{"type", "SmoothL1Loss"}, {"beta", 1.0}, {"loss_weight", 1.0}};
    std::optional<Value> init_cfg =
        Value::dict({{"type", "Normal"},
                     {"layer", "Conv2d"},
                     {"std", 0.01},
                     {"override", Value::dict({{"type", "Normal"}, {"name", "conv_loc"}, {"std", 0.01}, {"bias_prob", 0.01}})}});

    static ConfigDict delta_coder() {
      return {{"type", "DeltaXYWHBBoxCoder"},
              {"target_means", Value::list({0.0, 0.0, 0.0, 0.0})},
              {"target_stds", Value::list({1.0, 1.0, 1.0, 1.0})}};
    }
  };
  static Arguments<Options> arguments();
  static Arguments<Options> arguments_without_classes();

  GuidedAnchorHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override { return losses_of(outputs, targets, /*with_labels=*/true); }

 protected:
  /// Without layers.
  GuidedAnchorHead(std::string python_name, const Options& options, const BuildContext& context);
  void init_layers();

  struct Prediction {
    torch::Tensor cls_score, bbox_pred, shape_pred, loc_pred;
  };
  virtual Prediction forward_single(const torch::Tensor& feature);
  HeadOutputs compute(const nn::Features& features) override;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override;

  /// `loss_cls`, `loss_bbox`, `loss_shape` and `loss_loc`, a value per level.
  Losses losses_of(const HeadOutputs& outputs, const Targets& targets, bool with_labels);
  /// The mask of the places that are worth convolving: all of them in training.
  torch::Tensor mask_of(const torch::Tensor& loc_pred) const;

  /// The predictions of one level and image that stand where anchors do, best first where `nms_pre` cut them.
  struct Guided {
    torch::Tensor scores;  ///< [n, classes] after the activation
    torch::Tensor boxes;   ///< [n, 4] px
  };
  Guided guided_level(const HeadOutputs& outputs, const torch::Tensor& squares, std::size_t level, std::size_t image, std::int64_t nms_pre,
                      const ImageMeta& meta) const;

  const Options& options() const { return options_; }
  const BuildContext& context() const { return context_; }
  const ApproxAnchors& anchors() const { return anchors_; }
  std::int64_t cls_out_channels() const { return use_sigmoid_cls_ ? options_.num_classes : options_.num_classes + 1; }
  std::int64_t num_anchors() const { return anchors_.squares().num_base_priors().front(); }

 private:
  struct LocationTargets {
    torch::Tensor targets;  ///< [N, H·W] 1 in the middle of an object
    torch::Tensor weights;  ///< [N, H·W]
  };
  std::vector<LocationTargets> location_targets(const nn::Features& maps, const std::vector<torch::Tensor>& gt_bboxes) const;
  torch::Tensor guided_anchors(const torch::Tensor& squares, const torch::Tensor& shape_pred) const;
  std::vector<torch::Tensor> shape_losses(const HeadOutputs& outputs, const ApproxAnchors::Grid& grid,
                                          const std::vector<torch::Tensor>& inside, const Targets& targets);

  Options options_;
  BuildContext context_;
  ApproxAnchors anchors_;
  bool use_sigmoid_cls_;
  std::shared_ptr<BBoxCoder> anchor_coder_;
  std::shared_ptr<BBoxCoder> bbox_coder_;
  std::optional<AnchorTrainCfg> train_cfg_;
  std::shared_ptr<Loss> loss_loc_;
  std::shared_ptr<Loss> loss_shape_;
  std::shared_ptr<Loss> loss_cls_;
  std::shared_ptr<Loss> loss_bbox_;
  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<nn::Conv2d> conv_loc_;
  std::shared_ptr<nn::Conv2d> conv_shape_;
  std::shared_ptr<FeatureAdaption> feature_adaption_;
  std::shared_ptr<nn::MaskedConv2d> conv_cls_;
  std::shared_ptr<nn::MaskedConv2d> conv_reg_;
};

/// A masked convolution that predicts.
std::shared_ptr<nn::MaskedConv2d> masked_prediction_conv(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_size);

}  // namespace detforge
