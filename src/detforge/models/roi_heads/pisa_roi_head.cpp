#include "detforge/models/losses/pisa_loss.h"
#include "detforge/models/roi_heads/bbox_heads/bbox_head.h"
#include "detforge/models/roi_heads/standard_roi_head.h"

namespace detforge {

/// Prime sample attention (PISA, arXiv 1904.04821): `isr` weighs the class losses of positives by how well they fit, `carl` the box
/// losses by the scores; the train_cfg asks for the one, the other or both.
class PISARoIHead : public StandardRoIHead {
 public:
  using Options = StandardRoIHead::Options;

  PISARoIHead(const Options& options, const BuildContext& context) : StandardRoIHead("PISARoIHead", options, context) {
    head_ = dynamic_cast<BBoxHead*>(&bbox_head());
    if (head_ == nullptr) throw ArgumentError("bbox_head", "must predict one box per class or for all: a BBoxHead");
    if (options.train_cfg) {
      const auto read = [&](const std::optional<ConfigDict>& config, const char* key, const PisaCfg& defaults) -> std::optional<PisaCfg> {
        if (!config) return std::nullopt;
        return PisaCfg::from(*config, std::string("the ") + key + " of PISARoIHead's train_cfg", defaults, context.child("train_cfg"));
      };
      isr_ = read(train_cfg().isr, "isr", PisaCfg::isr());
      carl_ = read(train_cfg().carl, "carl", PisaCfg::carl());
    }
    show_init_cfg(context, options.init_cfg);
  }

 protected:
  BBoxLoss bbox_loss(const nn::Features& features, std::span<const SamplingResult> samples, const Targets&) override {
    const torch::Tensor rois = rois_of(samples);
    const BBoxForward forward = bbox_forward(features, rois);
    BBoxTargets targets = head_->get_targets(samples, train_cfg().pos_weight);
    use_negative_weights(samples, targets.label_weights);
    if (forward.outputs.bbox_pred.empty()) return {head_->loss(forward.outputs, rois, targets), forward.bbox_feats};
    PisaSamples prime{.cls_score = forward.outputs.cls_score,
                      .bbox_pred = forward.outputs.bbox_pred.front(),
                      .labels = targets.labels,
                      .label_weights = targets.label_weights,
                      .bbox_targets = targets.bbox_targets.front(),
                      .num_classes = head_->num_classes()};
    if (isr_) {
      prime.label_weights =
          isr_p(prime, rois.slice(1, 1), {samples.begin(), samples.end()}, head_->loss_cls(), *head_->bbox_coder(), *isr_);
      targets.label_weights = prime.label_weights;
    }
    BBoxLoss result{head_->loss(forward.outputs, rois, targets), forward.bbox_feats};
    if (carl_) {
      const auto count = static_cast<double>(std::max<std::int64_t>(prime.bbox_targets.size(0), 1));
      result.losses.set("loss_carl", carl_loss(prime, head_->loss_bbox(), count, /*sigmoid=*/false, *carl_));
    }
    return result;
  }

 private:
  /// Those that the sampler has found, in place of 1.
  static void use_negative_weights(std::span<const SamplingResult> samples, torch::Tensor& label_weights) {
    std::int64_t begin = 0;
    for (const SamplingResult& sample : samples) {
      const std::int64_t negative = begin + sample.pos_bboxes.size(0), end = negative + sample.neg_bboxes.size(0);
      if (sample.neg_label_weights.defined()) label_weights.slice(0, negative, end).copy_(sample.neg_label_weights);
      begin = end;
    }
  }

  BBoxHead* head_ = nullptr;
  std::optional<PisaCfg> isr_;
  std::optional<PisaCfg> carl_;
};

DETFORGE_REGISTER(heads, PISARoIHead,
                  {.name = "PISARoIHead",
                   .python = "mmdet.models.roi_heads.pisa_roi_head.PISARoIHead",
                   .meaning = "learns from prime samples"});

}  // namespace detforge
