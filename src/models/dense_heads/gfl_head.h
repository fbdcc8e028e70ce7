#pragma once

#include "detforge/models/dense_heads/anchor_head.h"
#include "detforge/models/dense_heads/stacked_convs.h"
#include "detforge/nn/layers/scale.h"

namespace detforge {

/// The mean of distributions over 0…reg_max, given as logits: [..., 4·(reg_max + 1)] → [..., 4].
class Integral : public nn::Module {
 public:
  explicit Integral(std::int64_t reg_max);
  torch::Tensor forward(const torch::Tensor& logits) const;

 private:
  std::int64_t reg_max_;
  torch::Tensor project_;  // [reg_max + 1]: 0…reg_max
};

/// The head of generalised focal loss (arXiv 2006.04388): class scores that say how good the box is, and a distribution for
/// the distance of each of its sides.
class GFLHead : public AnchorHead {
 public:
  struct Options : AnchorHead::Options {
    std::int64_t stacked_convs = 4;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "GN"}, {"num_groups", 32}, {"requires_grad", true}};
    ConfigDict loss_dfl = {{"type", "DistributionFocalLoss"}, {"loss_weight", 0.25}};
    std::int64_t reg_max = 16;
    Options();
  };
  static Arguments<Options> arguments();

  GFLHead(const Options& options, const BuildContext& context) : GFLHead("GFLHead", options, context) {}

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 protected:
  GFLHead(std::string python_name, const Options& options, const BuildContext& context);
  HeadOutputs compute(const nn::Features& features) override;
  torch::Tensor decode_boxes(std::size_t level, const torch::Tensor& anchors, const torch::Tensor& predictions,
                             const CoderCall& call) const override;

  /// What one level's positives and labels are.
  struct Level {
    torch::Tensor cls_score;      ///< [n, classes]
    torch::Tensor bbox_pred;      ///< [n, 4·(reg_max + 1)]
    torch::Tensor anchors;        ///< [n, 4]
    torch::Tensor labels;         ///< [n]
    torch::Tensor label_weights;  ///< [n]
    torch::Tensor bbox_targets;   ///< [n, 4] px
    double stride_px = 0;
  };
  struct LevelLosses {
    torch::Tensor cls, bbox, dfl;
    double weight = 0;  ///< what the last two are averaged over
  };
  LevelLosses loss_single(const Level& level, double num_total_samples);
  Level level_of(const HeadOutputs& outputs, const BatchTargets& batch, std::size_t level) const;
  std::int64_t reg_max() const { return reg_max_; }
  const Integral& integral() const { return *integral_; }
  /// Divides by the sum of weights, which v2.8 takes as it is.
  void average(std::vector<torch::Tensor>& losses, double weight) const;

 private:
  std::int64_t reg_max_;
  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<StackedConvs> cls_convs_;
  std::shared_ptr<StackedConvs> reg_convs_;
  std::shared_ptr<nn::Conv2d> gfl_cls_;
  std::shared_ptr<nn::Conv2d> gfl_reg_;
  std::shared_ptr<nn::ModuleList<nn::Scale>> scales_;
  std::shared_ptr<Integral> integral_;
  std::shared_ptr<Loss> loss_dfl_;
};

}  // namespace detforge
