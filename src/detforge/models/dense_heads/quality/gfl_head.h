#pragma once

#include <functional>

#include "detforge/models/dense_heads/anchor/anchor_head.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"
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

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override { return loss_with(outputs, targets); }

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
    torch::Tensor positive;  ///< [p] int64: rows of the level
    torch::Tensor weights;   ///< [p] of the positives: how sure their classes are
    double weight = 0;       ///< the sum of these, which boxes and distributions are averaged over
  };
  LevelLosses loss_single(const Level& level, double num_total_samples);
  Level level_of(const HeadOutputs& outputs, const BatchTargets& batch, std::size_t level) const;
  std::int64_t reg_max() const { return reg_max_; }
  const Integral& integral() const { return *integral_; }
  /// What the losses of boxes and distributions are divided by, given the sum of weights: v2.8 takes it as it is.
  virtual double box_avg_factor(double weight) const;
  /// One more loss of a level, of which the others are known. None by itself.
  using LevelExtra = std::function<void(std::size_t level, const Level& of_level, const LevelLosses& losses)>;
  Losses loss_with(const HeadOutputs& outputs, const Targets& targets, const LevelExtra& extra = {});

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
