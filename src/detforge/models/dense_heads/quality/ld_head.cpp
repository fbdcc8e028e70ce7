#include "detforge/models/dense_heads/quality/gfl_head.h"

namespace detforge {

/// Localization distillation (arXiv 2102.12252): GFL's head, whose distributions of the sides of boxes learn from a teacher's as well.
class LDHead : public GFLHead, public TaughtHead {
 public:
  struct Options : GFLHead::Options {
    ConfigDict loss_ld = {{"type", "LocalizationDistillationLoss"}, {"loss_weight", 0.25}, {"T", 10}};
  };
  static Arguments<Options> arguments() {
    return {GFLHead::arguments(), arg(&Options::loss_ld, "loss_ld", "distance of the distributions from the teacher's").built_by("LOSSES")};
  }

  LDHead(const Options& options, const BuildContext& context) : GFLHead("LDHead", options, context) {
    loss_ld_ = register_module("loss_ld", build_loss(options.loss_ld, context.child("loss_ld")));
  }

  /// Throws `Error`: without a teacher there is nothing to learn from.
  Losses loss(const HeadOutputs& outputs, const Targets& targets) override { return DenseHead::loss(outputs, targets); }

  Losses loss_with_teacher(const HeadOutputs& outputs, const HeadOutputs& teacher_outputs, const Targets& targets) override {
    const std::int64_t sides = 4 * (reg_max() + 1);
    std::vector<torch::Tensor> losses_ld;
    Losses losses = loss_with(outputs, targets, [&](std::size_t index, const Level& level, const LevelLosses& of_level) {
      const torch::Tensor& taught = teacher_distributions(outputs, teacher_outputs, index);
      if (of_level.positive.numel() == 0) {
        losses_ld.push_back(level.bbox_pred.sum() * 0);
        return;
      }
      const auto distributions = [&](const torch::Tensor& of_anchors) {
        return of_anchors.index({of_level.positive}).reshape({-1, reg_max() + 1});
      };
      LossCall of_sides;
      of_sides.weight = of_level.weights.repeat_interleave(4);
      of_sides.avg_factor = 4.0;
      losses_ld.push_back(
          loss_ld_->forward(distributions(level.bbox_pred), distributions(by_anchor(taught, sides).flatten(0, 1)), of_sides));
    });
    losses.set("loss_ld", std::move(losses_ld));
    return losses;
  }

 protected:
  double box_avg_factor(double weight) const override { return weight + 1e-6; }

 private:
  static const torch::Tensor& teacher_distributions(const HeadOutputs& outputs, const HeadOutputs& teacher_outputs, std::size_t level) {
    const torch::Tensor& ours = outputs.at(1)[level];
    if (teacher_outputs.size() < 2 || teacher_outputs[1].size() <= level || teacher_outputs[1][level].sizes() != ours.sizes()) {
      throw Error("LDHead's teacher does not predict the same distributions")
          .help("its head must be GFL's, with the same levels and 'reg_max'");
    }
    return teacher_outputs[1][level];
  }

  std::shared_ptr<Loss> loss_ld_;
};

DETFORGE_REGISTER(heads, LDHead,
                  {.name = "LDHead",
                   .python = "mmdet.models.dense_heads.ld_head.LDHead",
                   .meaning = "GFL's, learning its distributions from a teacher's",
                   .since = Reference::V2_27});

}  // namespace detforge
