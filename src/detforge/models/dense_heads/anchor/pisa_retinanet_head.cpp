#include "detforge/models/dense_heads/anchor/retina_head.h"

namespace detforge {

/// RetinaHead that learns from prime samples (PISA, arXiv 1904.04821): one loss for all levels.
class PISARetinaHead : public RetinaHead {
 public:
  using Options = RetinaHead::Options;
  PISARetinaHead(const Options& options, const BuildContext& context) : RetinaHead("PISARetinaHead", options, context) {}

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
};

Losses PISARetinaHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const BatchTargets batch = get_targets(outputs.at(0), targets);
  const auto images = static_cast<std::int64_t>(targets.size());
  PisaSamples samples{.cls_score = by_anchor(outputs.at(0), cls_out_channels()).flatten(0, 1),
                      .bbox_pred = by_anchor(outputs.at(1), 4).flatten(0, 1),
                      .labels = batch.stacked(&AnchorTargets::labels).flatten(),
                      .label_weights = batch.stacked(&AnchorTargets::label_weights).flatten(),
                      .bbox_targets = batch.stacked(&AnchorTargets::bbox_targets).flatten(0, 1),
                      .num_classes = num_classes()};
  const torch::Tensor anchors = torch::cat(batch.anchors).repeat({images, 1});
  if (train_cfg().isr) samples.label_weights = isr_p(samples, anchors, batch.sampled(), loss_cls(), bbox_coder(), *train_cfg().isr);
  LossCall call;
  call.avg_factor = num_total_samples(batch);
  call.weight = samples.label_weights;
  Losses losses;
  losses.set("loss_cls", loss_cls().forward(samples.cls_score, samples.labels, call));
  call.weight = batch.stacked(&AnchorTargets::bbox_weights).flatten(0, 1);
  losses.set("loss_bbox", loss_bbox().forward(samples.bbox_pred, samples.bbox_targets, call));
  if (train_cfg().carl) {
    const auto positives = static_cast<double>(batch.num_total_pos);
    losses.set("loss_carl", carl_loss(samples, loss_bbox(), positives, /*sigmoid=*/true, *train_cfg().carl));
  }
  return losses;
}

DETFORGE_REGISTER(heads, PISARetinaHead,
                  {.name = "PISARetinaHead",
                   .python = "mmdet.models.dense_heads.pisa_retinanet_head.PISARetinaHead",
                   .meaning = "RetinaHead that learns from prime samples"});

}  // namespace detforge
