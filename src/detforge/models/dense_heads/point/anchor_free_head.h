#pragma once

#include "detforge/boxes/coders/bbox_coder.h"
#include "detforge/models/dense_heads/parts/dense_box_head.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"
#include "detforge/models/losses/loss.h"

namespace detforge {

/// A head that predicts at points, one per place: two towers of 3×3 convolutions, shared by all levels, one for classes, one
/// for boxes. Heads derive with outputs and losses of their own.
class AnchorFreeHead : public DenseBoxHead {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::int64_t in_channels = 0;
    std::int64_t feat_channels = 256;
    std::int64_t stacked_convs = 4;
    std::vector<double> strides = {4, 8, 16, 32, 64};
    bool dcn_on_last_conv = false;
    std::variant<bool, std::string> conv_bias = "auto";
    ConfigDict loss_cls = focal_loss();
    ConfigDict loss_bbox = {{"type", "IoULoss"}, {"loss_weight", 1.0}};
    ConfigDict bbox_coder = {{"type", "DistancePointBBoxCoder"}};
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<Value> init_cfg = init_cfg_with_prior("conv_cls");

    static ConfigDict focal_loss() {
      return {{"type", "FocalLoss"}, {"use_sigmoid", true}, {"gamma", 2.0}, {"alpha", 0.25}, {"loss_weight", 1.0}};
    }
    /// Normal(0.01) for convolutions; the one that `name` names begins with scores of 0.01.
    static Value init_cfg_with_prior(const char* name);
  };
  static Arguments<Options> arguments();

  AnchorFreeHead(const Options& options, const BuildContext& context);

 protected:
  /// Without layers.
  AnchorFreeHead(std::string python_name, const Options& options, const BuildContext& context);

  /// Add the parts in Python's order; a head that derives calls those that it has.
  void init_layers();
  void init_cls_convs() { cls_convs_ = register_module("cls_convs", tower()); }
  void init_reg_convs() { reg_convs_ = register_module("reg_convs", tower()); }
  void init_predictor();
  void set_cls_convs(std::shared_ptr<StackedConvs> convs) { cls_convs_ = register_module("cls_convs", std::move(convs)); }
  void set_reg_convs(std::shared_ptr<StackedConvs> convs) { reg_convs_ = register_module("reg_convs", std::move(convs)); }

  struct Single {
    torch::Tensor cls_score;
    torch::Tensor bbox_pred;
    torch::Tensor cls_feat;
    torch::Tensor reg_feat;
  };
  /// The towers and predictions at one level.
  Single forward_single(const torch::Tensor& feature);

  HeadOutputs compute(const nn::Features& features) override;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override {
    return decode_points(outputs.at(0), outputs.at(1), nullptr, metas);
  }
  /// Of scores, boxes and, where there are some, score factors.
  std::vector<kernels::Candidates> decode_points(const nn::Features& cls_scores, const nn::Features& bbox_preds,
                                                 const nn::Features* score_factors, std::span<const ImageMeta> metas) const;
  /// Boxes [n, 4] px of the predictions [n, 4] at points [n, 4] of a level.
  virtual torch::Tensor decode_boxes(std::size_t /*level*/, const torch::Tensor& points, const torch::Tensor& predictions,
                                     const CoderCall& call) const {
    return bbox_coder_->decode(points, predictions, call);
  }

  const Options& options() const { return options_; }
  std::int64_t num_classes() const { return options_.num_classes; }
  std::int64_t cls_out_channels() const { return use_sigmoid_cls_ ? options_.num_classes : options_.num_classes + 1; }
  const std::vector<double>& strides() const { return options_.strides; }
  Loss& loss_cls() { return *loss_cls_; }
  Loss& loss_bbox() { return *loss_bbox_; }
  const BBoxCoder& bbox_coder() const { return *bbox_coder_; }
  kernels::ScoreActivation activation() const {
    return use_sigmoid_cls_ ? kernels::ScoreActivation::Sigmoid : kernels::ScoreActivation::Softmax;
  }
  const StackedConvs& cls_convs() const { return *cls_convs_; }
  const StackedConvs& reg_convs() const { return *reg_convs_; }
  std::shared_ptr<StackedConvs> tower() const;
  /// The points of each level, [H_i·W_i, 4]: x, y px, stride, stride.
  std::vector<torch::Tensor> grid_points_of(const nn::Features& maps) const;
  /// Where in its cell a point lies, in cells.
  virtual double point_offset() const { return 0.5; }

 private:
  Options options_;
  BuildContext context_;
  bool use_sigmoid_cls_;
  std::shared_ptr<Loss> loss_cls_;
  std::shared_ptr<Loss> loss_bbox_;
  std::shared_ptr<BBoxCoder> bbox_coder_;
  std::shared_ptr<StackedConvs> cls_convs_;
  std::shared_ptr<StackedConvs> reg_convs_;
  std::shared_ptr<nn::Conv2d> conv_cls_;
  std::shared_ptr<nn::Conv2d> conv_reg_;
};

/// Whether a convolution that `conv_bias` speaks of has a bias; none: where no normalisation follows. Throws `ArgumentError`.
std::optional<bool> conv_bias_of(const std::variant<bool, std::string>& conv_bias);

}  // namespace detforge
