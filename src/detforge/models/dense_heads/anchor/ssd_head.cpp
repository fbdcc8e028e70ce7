#include "detforge/models/dense_heads/anchor/ssd_head.h"

#include <algorithm>
#include <limits>

#include "detforge/models/dense_heads/parts/stacked_convs.h"

namespace detforge {

SSDHead::Options::Options() {
  const Value two = Value::list({2}), two_and_three = Value::list({2, 3});
  anchor_generator = {{"type", "SSDAnchorGenerator"},
                      {"scale_major", false},
                      {"input_size", 300},
                      {"strides", Value::list({8, 16, 32, 64, 100, 300})},
                      {"ratios", Value::tuple({two, two_and_three, two_and_three, two_and_three, two, two})},
                      {"basesize_ratio_range", Value::tuple({0.1, 0.9})}};
  bbox_coder = {{"type", "DeltaXYWHBBoxCoder"},
                {"clip_border", true},
                {"target_means", Value::list({0.0, 0.0, 0.0, 0.0})},
                {"target_stds", Value::list({1.0, 1.0, 1.0, 1.0})}};
}

Arguments<SSDHead::Options> SSDHead::arguments() {
  return {arg(&Options::num_classes, "num_classes", "number of classes, the background not counted").at_least(0),
          arg(&Options::in_channels, "in_channels", "channels of each input level"),
          arg(&Options::stacked_convs, "stacked_convs", "convolutions before each prediction").at_least(0).since_v2_27(),
          arg(&Options::feat_channels, "feat_channels", "channels of those convolutions").at_least(1).since_v2_27(),
          arg(&Options::use_depthwise, "use_depthwise", "depthwise separable convolutions").since_v2_27(),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d").since_v2_27(),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none").since_v2_27(),
          arg(&Options::act_cfg, "act_cfg", "activation layer; None: none").since_v2_27(),
          arg(&Options::anchor_generator, "anchor_generator", "anchors").built_by("ANCHOR_GENERATORS"),
          arg(&Options::bbox_coder, "bbox_coder", "what is predicted instead of boxes").built_by("BBOX_CODERS"),
          arg(&Options::reg_decoded_bbox, "reg_decoded_bbox", "whether the loss of boxes sees boxes instead of codes"),
          arg(&Options::train_cfg, "train_cfg", "what training needs; the model's own is put here"),
          arg(&Options::test_cfg, "test_cfg", "which detections are kept; the model's own is put here"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

SSDHead::SSDHead(std::string name, const Options& options, const BuildContext& context)
    : AnchorBasedHead(std::move(name),
                      {.num_classes = options.num_classes,
                       .use_sigmoid_cls = false,
                       .anchor_generator = options.anchor_generator,
                       .bbox_coder = options.bbox_coder,
                       .reg_decoded_bbox = options.reg_decoded_bbox,
                       .loss_cls = {},
                       .sampling = Sampling::Never,
                       .train_cfg = options.train_cfg,
                       .test_cfg = options.test_cfg},
                      context) {
  if (options.in_channels.size() != prior_generator().num_levels()) {
    throw ArgumentError("in_channels",
                        "must have as many entries as anchor_generator has levels, " + std::to_string(prior_generator().num_levels()));
  }
  cls_convs_ = std::make_shared<nn::ModuleList<>>();
  reg_convs_ = std::make_shared<nn::ModuleList<>>();
  if (reference() == Reference::V2_8 && options.stacked_convs == 0 && !options.use_depthwise) {
    add_single_convolutions(options, context);
  } else {
    add_stacks(options, context);
  }
  show_init_cfg(context, options.init_cfg);
}

void SSDHead::add_single_convolutions(const Options& options, const BuildContext& context) {
  register_module("reg_convs", reg_convs_);
  register_module("cls_convs", cls_convs_);
  const auto anchors = prior_generator().num_base_priors();
  for (std::size_t level = 0; level < anchors.size(); ++level) {
    reg_convs_->append(prediction_conv(options.in_channels[level], anchors[level] * 4, context));
    cls_convs_->append(prediction_conv(options.in_channels[level], anchors[level] * cls_out_channels(), context));
  }
}

void SSDHead::add_stacks(const Options& options, const BuildContext& context) {
  register_module("cls_convs", cls_convs_);
  register_module("reg_convs", reg_convs_);
  const nn::LayerConfigs layers{options.conv_cfg, options.norm_cfg, options.act_cfg};
  const auto stack = [&](std::int64_t channels, std::int64_t out_channels) {
    auto stacked = std::make_shared<nn::Sequential>();
    for (std::int64_t i = 0; i < options.stacked_convs; ++i) {
      const nn::ConvModule::Options conv{
          .in_channels = channels, .out_channels = options.feat_channels, .kernel_size = 3, .padding = 1, .layers = layers};
      stacked->append(nn::make_conv_module(options.use_depthwise, conv, context));
      channels = options.feat_channels;
    }
    if (options.use_depthwise) {
      const nn::ConvModule::Options conv{
          .in_channels = channels, .out_channels = channels, .kernel_size = 3, .padding = 1, .groups = channels, .layers = layers};
      stacked->append(std::make_shared<nn::ConvModule>(conv, context));
    }
    stacked->append(prediction_conv(channels, out_channels, context, options.use_depthwise ? 1 : 3));
    return stacked;
  };
  const auto anchors = prior_generator().num_base_priors();
  for (std::size_t level = 0; level < anchors.size(); ++level) {
    cls_convs_->append(stack(options.in_channels[level], anchors[level] * cls_out_channels()));
    reg_convs_->append(stack(options.in_channels[level], anchors[level] * 4));
  }
}

HeadOutputs SSDHead::compute(const nn::Features& features) {
  if (features.size() != cls_convs_->size()) {
    throw Error(python_name() + " has " + std::to_string(cls_convs_->size()) + " levels, but is given " + std::to_string(features.size()));
  }
  nn::Features cls_scores, bbox_preds;
  for (std::size_t level = 0; level < features.size(); ++level) {
    cls_scores.push_back((*cls_convs_)[level].forward(features[level]));
    bbox_preds.push_back((*reg_convs_)[level].forward(features[level]));
  }
  return {cls_scores, bbox_preds};
}

SSDHead::Flat SSDHead::flatten(const HeadOutputs& outputs, const BatchTargets& targets) const {
  std::vector<torch::Tensor> scores, boxes;
  for (const torch::Tensor& level : outputs.at(0)) scores.push_back(by_anchor(level, cls_out_channels()));
  for (const torch::Tensor& level : outputs.at(1)) boxes.push_back(by_anchor(level, 4));
  return {.cls_scores = torch::cat(scores, 1),
          .bbox_preds = torch::cat(boxes, 1),
          .anchors = torch::cat(targets.anchors),
          .labels = targets.stacked(&AnchorTargets::labels),
          .label_weights = targets.stacked(&AnchorTargets::label_weights),
          .bbox_targets = targets.stacked(&AnchorTargets::bbox_targets),
          .bbox_weights = targets.stacked(&AnchorTargets::bbox_weights)};
}

torch::Tensor hard_negative_loss(const torch::Tensor& losses, const torch::Tensor& labels, std::int64_t num_classes, double neg_pos_ratio) {
  const torch::Tensor positive = losses.index({(labels >= 0) & (labels < num_classes)});
  const torch::Tensor negative = losses.index({labels == num_classes});
  const auto wanted = static_cast<std::int64_t>(neg_pos_ratio * static_cast<double>(positive.size(0)));
  return positive.sum() + std::get<0>(negative.topk(std::min(wanted, negative.size(0)))).sum();
}

Losses SSDHead::loss_by_image(const Flat& flat, double num_total_samples) const {
  const AnchorTrainCfg& cfg = train_cfg();
  const double floor = reference() == Reference::V2_27 ? static_cast<double>(std::numeric_limits<float>::epsilon()) : 0.0;
  std::vector<torch::Tensor> losses_cls, losses_bbox;
  for (std::int64_t image = 0; image < flat.labels.size(0); ++image) {
    const torch::Tensor losses =
        torch::cross_entropy_loss(flat.cls_scores[image], flat.labels[image], {}, at::Reduction::None) * flat.label_weights[image];
    losses_cls.push_back(
        (hard_negative_loss(losses, flat.labels[image], num_classes(), cfg.neg_pos_ratio) / num_total_samples).unsqueeze(0));
    torch::Tensor boxes = flat.bbox_preds[image];
    if (reg_decoded_bbox()) boxes = bbox_coder().decode(flat.anchors, boxes);
    const torch::Tensor of_boxes = torch::smooth_l1_loss(boxes, flat.bbox_targets[image], at::Reduction::None, cfg.smoothl1_beta);
    losses_bbox.push_back((of_boxes * flat.bbox_weights[image]).sum() / (num_total_samples + floor));
  }
  Losses losses;
  losses.set("loss_cls", std::move(losses_cls));
  losses.set("loss_bbox", std::move(losses_bbox));
  return losses;
}

Losses SSDHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const BatchTargets batch = get_targets(outputs.at(0), targets);
  return loss_by_image(flatten(outputs, batch), static_cast<double>(batch.num_total_pos));
}

DETFORGE_REGISTER(heads, SSDHead,
                  {.name = "SSDHead",
                   .python = "mmdet.models.dense_heads.ssd_head.SSDHead",
                   .meaning = "anchors of SSD: softmax, hard negatives"});

}  // namespace detforge
