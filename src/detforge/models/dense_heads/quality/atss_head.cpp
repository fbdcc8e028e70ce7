#include "detforge/models/dense_heads/quality/atss_head.h"

#include <algorithm>

namespace detforge {

ATSSHead::Options::Options() {
  init_cfg = Value::dict({{"type", "Normal"},
                          {"layer", "Conv2d"},
                          {"std", 0.01},
                          {"override", Value::dict({{"type", "Normal"}, {"name", "atss_cls"}, {"std", 0.01}, {"bias_prob", 0.01}})}});
}

Arguments<ATSSHead::Options> ATSSHead::arguments() {
  return {AnchorHead::arguments(),
          arg(&Options::reg_decoded_bbox, "reg_decoded_bbox", "boxes are the targets, whatever it says").default_in_v2_27(true),
          arg(&Options::pred_kernel_size, "pred_kernel_size", "kernel of the predictions").at_least(1).since_v2_27(),
          arg(&Options::stacked_convs, "stacked_convs", "convolutions of each tower").at_least(0),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none"),
          arg(&Options::loss_centerness, "loss_centerness", "loss of the centerness").built_by("LOSSES")};
}

ATSSHead::ATSSHead(std::string name, const Options& options, const BuildContext& context)
    : AnchorHead(std::move(name), options, context, Sampling::Never) {
  const auto tower = [&] {
    return detforge::stacked_convs(options.stacked_convs, options.in_channels, options.feat_channels, options.conv_cfg, options.norm_cfg,
                                   context);
  };
  const auto prediction = [&](std::int64_t channels) {
    return prediction_conv(options.feat_channels, num_anchors() * channels, context, options.pred_kernel_size);
  };
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  cls_convs_ = register_module("cls_convs", tower());
  reg_convs_ = register_module("reg_convs", tower());
  atss_cls_ = register_module("atss_cls", prediction(cls_out_channels()));
  atss_reg_ = register_module("atss_reg", prediction(4));
  atss_centerness_ = register_module("atss_centerness", prediction(1));
  scales_ = register_module("scales", std::make_shared<nn::ModuleList<nn::Scale>>());
  for (std::size_t i = 0; i < prior_generator().num_levels(); ++i) scales_->append(std::make_shared<nn::Scale>());
  loss_centerness_ = register_module("loss_centerness", build_loss(options.loss_centerness, context.child("loss_centerness")));
}

HeadOutputs ATSSHead::compute(const nn::Features& features) {
  nn::Features cls_scores, bbox_preds, centernesses;
  for (std::size_t level = 0; level < features.size(); ++level) {
    const torch::Tensor reg_feat = apply_all(*reg_convs_, features[level]);
    cls_scores.push_back(atss_cls_->forward(apply_all(*cls_convs_, features[level])));
    bbox_preds.push_back((*scales_)[level].forward(atss_reg_->forward(reg_feat)));
    centernesses.push_back(atss_centerness_->forward(reg_feat));
  }
  return {cls_scores, bbox_preds, centernesses};
}

torch::Tensor anchor_centers(const torch::Tensor& anchors) { return (anchors.slice(-1, 2, 4) + anchors.slice(-1, 0, 2)) / 2; }

torch::Tensor anchor_centerness(const torch::Tensor& anchors, const torch::Tensor& boxes) {
  const torch::Tensor centers = anchor_centers(anchors);
  const torch::Tensor before = centers - boxes.slice(1, 0, 2), after = boxes.slice(1, 2, 4) - centers;  // (x, y) each
  return (torch::min(before, after) / torch::max(before, after)).prod(1).sqrt();
}

Losses ATSSHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const BatchTargets batch = get_targets(outputs.at(0), targets, /*with_labels=*/true, TargetBoxes::AsTheyAre);
  const auto labels = batch.levels(&AnchorTargets::labels), label_weights = batch.levels(&AnchorTargets::label_weights);
  const auto bbox_targets = batch.levels(&AnchorTargets::bbox_targets);
  const auto images = static_cast<std::int64_t>(targets.size());
  LossCall call;
  call.avg_factor = std::max(static_cast<double>(batch.num_total_pos), 1.0);
  std::vector<torch::Tensor> losses_cls, losses_bbox, losses_centerness;
  double bbox_avg_factor = 0;
  for (std::size_t level = 0; level < labels.size(); ++level) {
    const torch::Tensor label = labels[level].reshape({-1});
    const torch::Tensor boxes = by_anchor(outputs.at(1)[level], 4).flatten(0, 1);
    const torch::Tensor centerness = by_anchor(outputs.at(2)[level], 1).flatten();
    LossCall of_classes = call;
    of_classes.weight = label_weights[level].reshape({-1});
    losses_cls.push_back(loss_cls().forward(by_anchor(outputs.at(0)[level], cls_out_channels()).flatten(0, 1), label, of_classes));
    const torch::Tensor positive = ((label >= 0) & (label < num_classes())).nonzero().squeeze(1);
    if (positive.numel() == 0) {
      losses_bbox.push_back(boxes.sum() * 0);
      losses_centerness.push_back(centerness.sum() * 0);
      continue;
    }
    const torch::Tensor anchors = batch.anchors[level].repeat({images, 1}).index({positive});
    const torch::Tensor wanted = bbox_targets[level].reshape({-1, 4}).index({positive});
    LossCall of_boxes;
    of_boxes.weight = anchor_centerness(anchors, wanted);
    of_boxes.avg_factor = 1.0;
    losses_bbox.push_back(loss_bbox().forward(bbox_coder().decode(anchors, boxes.index({positive})), wanted, of_boxes));
    losses_centerness.push_back(loss_centerness_->forward(centerness.index({positive}), of_boxes.weight, call));
    bbox_avg_factor += of_boxes.weight.sum().item<double>();
  }
  // v2.8 keeps a small sum as it is.
  bbox_avg_factor = reference() == Reference::V2_8 ? (bbox_avg_factor < 1e-12 ? 1.0 : bbox_avg_factor) : std::max(bbox_avg_factor, 1.0);
  for (torch::Tensor& loss : losses_bbox) loss = loss / bbox_avg_factor;
  Losses losses;
  losses.set("loss_cls", std::move(losses_cls));
  losses.set("loss_bbox", std::move(losses_bbox));
  losses.set("loss_centerness", std::move(losses_centerness));
  return losses;
}

DETFORGE_REGISTER(heads, ATSSHead,
                  {.name = "ATSSHead", .python = "mmdet.models.dense_heads.atss_head.ATSSHead", .meaning = "anchors with a centerness"});

}  // namespace detforge
