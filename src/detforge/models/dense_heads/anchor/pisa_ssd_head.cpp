#include "detforge/models/dense_heads/anchor/ssd_head.h"
#include "detforge/models/losses/loss.h"

namespace detforge {

/// SSDHead that learns from prime samples (PISA, arXiv 1904.04821).
class PISASSDHead : public SSDHead {
 public:
  using Options = SSDHead::Options;
  PISASSDHead(const Options& options, const BuildContext& context)
      : SSDHead("PISASSDHead", options, context),
        loss_cls_(build_loss(Value::dict({{"type", "CrossEntropyLoss"}}), context)),
        loss_bbox_(build_loss(Value::dict({{"type", "SmoothL1Loss"}, {"beta", 1.0}}), context)) {}

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 private:
  // No parts of the model: they are neither printed nor saved.
  std::shared_ptr<Loss> loss_cls_;
  std::shared_ptr<Loss> loss_bbox_;
};

Losses PISASSDHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const BatchTargets batch = get_targets(outputs.at(0), targets);
  Flat flat = flatten(outputs, batch);
  PisaSamples samples{.cls_score = flat.cls_scores.flatten(0, 1),
                      .bbox_pred = flat.bbox_preds.flatten(0, 1),
                      .labels = flat.labels.flatten(),
                      .label_weights = flat.label_weights.flatten(),
                      .bbox_targets = flat.bbox_targets.flatten(0, 1),
                      .num_classes = num_classes()};
  if (train_cfg().isr) {
    const torch::Tensor anchors = flat.anchors.repeat({flat.labels.size(0), 1});
    samples.label_weights = isr_p(samples, anchors, batch.sampled(), *loss_cls_, bbox_coder(), *train_cfg().isr);
    flat.label_weights = samples.label_weights.view_as(flat.label_weights);
  }
  const auto positives = static_cast<double>(batch.num_total_pos);
  Losses losses = loss_by_image(flat, positives);
  if (train_cfg().carl) losses.set("loss_carl", carl_loss(samples, *loss_bbox_, positives, /*sigmoid=*/false, *train_cfg().carl));
  return losses;
}

DETFORGE_REGISTER(heads, PISASSDHead,
                  {.name = "PISASSDHead",
                   .python = "mmdet.models.dense_heads.pisa_ssd_head.PISASSDHead",
                   .meaning = "SSDHead that learns from prime samples"});

}  // namespace detforge
