#include "detforge/models/dense_heads/anchor/anchor_head.h"

#include "detforge/models/dense_heads/parts/stacked_convs.h"

namespace detforge {
Arguments<AnchorHead::Options> AnchorHead::arguments_without_classes() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of every input level").at_least(1),
          arg(&Options::feat_channels, "feat_channels", "channels of the hidden layers").at_least(1),
          arg(&Options::anchor_generator, "anchor_generator", "anchors").built_by("ANCHOR_GENERATORS"),
          arg(&Options::bbox_coder, "bbox_coder", "what is predicted instead of boxes").built_by("BBOX_CODERS"),
          arg(&Options::reg_decoded_bbox, "reg_decoded_bbox", "whether the loss of boxes sees boxes instead of codes"),
          arg(&Options::loss_cls, "loss_cls", "loss of the classes").built_by("LOSSES"),
          arg(&Options::loss_bbox, "loss_bbox", "loss of the boxes").built_by("LOSSES"),
          arg(&Options::train_cfg, "train_cfg", "what training needs; the model's own is put here"),
          arg(&Options::test_cfg, "test_cfg", "which detections are kept; the model's own is put here"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

Arguments<AnchorHead::Options> AnchorHead::arguments() {
  return {arguments_without_classes(),
          arg(&Options::num_classes, "num_classes", required, "number of classes, the background not counted").at_least(0)};
}

AnchorHead::AnchorHead(std::string name, const Options& options, const BuildContext& context, Sampling sampling)
    : AnchorBasedHead(std::move(name),
                      {.num_classes = options.num_classes,
                       .use_sigmoid_cls = uses_sigmoid(options.loss_cls),
                       .anchor_generator = options.anchor_generator,
                       .bbox_coder = options.bbox_coder,
                       .reg_decoded_bbox = options.reg_decoded_bbox,
                       .loss_cls = options.loss_cls.contains("type") ? options.loss_cls["type"].as_string() : "",
                       .sampling = sampling,
                       .train_cfg = options.train_cfg,
                       .test_cfg = options.test_cfg},
                      context) {
  if (cls_out_channels() <= 0) throw ArgumentError("num_classes", "must be at least 1 where 'loss_cls' uses a sigmoid");
  loss_cls_ = register_module("loss_cls", build_loss(options.loss_cls, context.child("loss_cls")));
  loss_bbox_ = register_module("loss_bbox", build_loss(options.loss_bbox, context.child("loss_bbox")));
  show_init_cfg(context, options.init_cfg);
}

AnchorHead::AnchorHead(const Options& options, const BuildContext& context) : AnchorHead("AnchorHead", options, context) {
  const auto add = [&](const char* name, std::int64_t channels) {
    return register_module(name, prediction_conv(options.in_channels, channels, context, 1));
  };
  conv_cls_ = add("conv_cls", num_anchors() * cls_out_channels());
  conv_reg_ = add("conv_reg", num_anchors() * 4);
}

AnchorHead::Prediction AnchorHead::forward_single(const torch::Tensor& feature) {
  return {conv_cls_->forward(feature), conv_reg_->forward(feature)};
}

HeadOutputs AnchorHead::compute(const nn::Features& features) {
  nn::Features cls_scores, bbox_preds;
  for (const torch::Tensor& feature : features) {
    Prediction prediction = forward_single(feature);
    cls_scores.push_back(std::move(prediction.cls_score));
    bbox_preds.push_back(std::move(prediction.bbox_pred));
  }
  return {cls_scores, bbox_preds};
}

double AnchorHead::num_total_samples(const BatchTargets& targets) const {
  return static_cast<double>(targets.num_total_pos + (train_cfg().sampling ? targets.num_total_neg : 0));
}

Losses AnchorHead::loss_by_level(const HeadOutputs& outputs, const BatchTargets& targets) const {
  const AnchorLosses losses{*loss_cls_, *loss_bbox_, reg_decoded_bbox() ? &bbox_coder() : nullptr, cls_out_channels(),
                            num_total_samples(targets)};
  return losses.by_level(outputs.at(0), outputs.at(1), targets);
}

Losses AnchorLosses::by_level(const nn::Features& cls_scores, const nn::Features& bbox_preds, const BatchTargets& targets) const {
  const auto labels = targets.levels(&AnchorTargets::labels), label_weights = targets.levels(&AnchorTargets::label_weights);
  const auto bbox_targets = targets.levels(&AnchorTargets::bbox_targets), bbox_weights = targets.levels(&AnchorTargets::bbox_weights);
  const auto anchors = decoder != nullptr ? targets.levels(&AnchorTargets::anchors) : std::vector<torch::Tensor>();
  LossCall call;
  call.avg_factor = num_total_samples;
  std::vector<torch::Tensor> losses_cls, losses_bbox;
  for (std::size_t level = 0; level < labels.size(); ++level) {
    if (!cls_scores.empty()) {
      call.weight = label_weights[level].reshape({-1});
      losses_cls.push_back(
          loss_cls.forward(by_anchor(cls_scores.at(level), cls_out_channels).flatten(0, 1), labels[level].reshape({-1}), call));
    }
    torch::Tensor boxes = by_anchor(bbox_preds.at(level), 4).flatten(0, 1);
    if (decoder != nullptr) boxes = decoder->decode(anchors[level].reshape({-1, 4}), boxes);
    call.weight = bbox_weights[level].reshape({-1, 4});
    losses_bbox.push_back(loss_bbox.forward(boxes, bbox_targets[level].reshape({-1, 4}), call));
  }
  Losses losses;
  if (!cls_scores.empty()) losses.set("loss_cls", std::move(losses_cls));
  losses.set("loss_bbox", std::move(losses_bbox));
  return losses;
}

DETFORGE_REGISTER(heads, AnchorHead,
                  {.name = "AnchorHead",
                   .python = "mmdet.models.dense_heads.anchor_head.AnchorHead",
                   .meaning = "scores and moves anchors, one convolution for each"});

}  // namespace detforge
