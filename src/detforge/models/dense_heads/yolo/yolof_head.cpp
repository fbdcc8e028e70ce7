#include <algorithm>
#include <limits>

#include "detforge/models/dense_heads/anchor/anchor_head.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// YOLOF's head (arXiv 2103.09460): one level; class scores are made one with an objectness that has no label of its own.
class YOLOFHead : public AnchorHead {
 public:
  struct Options : AnchorHead::Options {
    std::int64_t num_cls_convs = 2;
    std::int64_t num_reg_convs = 4;
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "BN"}, {"requires_grad", true}};
  };
  static Arguments<Options> arguments() {
    return {AnchorHead::arguments(), arg(&Options::num_cls_convs, "num_cls_convs", "convolutions before the class scores").at_least(0),
            arg(&Options::num_reg_convs, "num_reg_convs", "convolutions before the boxes").at_least(0),
            arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none")};
  }

  YOLOFHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 protected:
  Prediction forward_single(const torch::Tensor& feature) override;

 private:
  std::shared_ptr<nn::Sequential> cls_subnet_;
  std::shared_ptr<nn::Sequential> bbox_subnet_;
  std::shared_ptr<nn::Conv2d> cls_score_;
  std::shared_ptr<nn::Conv2d> bbox_pred_;
  std::shared_ptr<nn::Conv2d> object_pred_;
};

YOLOFHead::YOLOFHead(const Options& options, const BuildContext& context) : AnchorHead("YOLOFHead", options, context) {
  if (prior_generator().num_levels() != 1) throw ArgumentError("anchor_generator", "must have one level");
  const nn::LayerConfigs norm_and_relu{std::nullopt, options.norm_cfg, ConfigDict{{"type", "ReLU"}}};
  const auto subnet = [&](std::int64_t count) {
    auto convs = std::make_shared<nn::Sequential>();
    for (std::int64_t i = 0; i < count; ++i) {
      const nn::ConvModule::Options conv{
          .in_channels = options.in_channels, .out_channels = options.in_channels, .kernel_size = 3, .padding = 1, .layers = norm_and_relu};
      convs->append(std::make_shared<nn::ConvModule>(conv, context));
    }
    return convs;
  };
  cls_subnet_ = register_module("cls_subnet", subnet(options.num_cls_convs));
  bbox_subnet_ = register_module("bbox_subnet", subnet(options.num_reg_convs));
  cls_score_ = register_module("cls_score", prediction_conv(options.in_channels, num_anchors() * num_classes(), context));
  bbox_pred_ = register_module("bbox_pred", prediction_conv(options.in_channels, num_anchors() * 4, context));
  object_pred_ = register_module("object_pred", prediction_conv(options.in_channels, num_anchors(), context));
}

AnchorHead::Prediction YOLOFHead::forward_single(const torch::Tensor& feature) {
  constexpr double largest = 1e8;
  const torch::Tensor scores = cls_score_->forward(cls_subnet_->forward(feature)).unflatten(1, {num_anchors(), num_classes()});
  const torch::Tensor reg_feat = bbox_subnet_->forward(feature);
  const torch::Tensor boxes = bbox_pred_->forward(reg_feat);
  const torch::Tensor objectness = object_pred_->forward(reg_feat).unsqueeze(2);
  const torch::Tensor joint = scores + objectness - torch::log(1.0 + scores.exp().clamp_max(largest) + objectness.exp().clamp_max(largest));
  return {joint.flatten(1, 2), boxes};
}

Losses YOLOFHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const AnchorTrainCfg& cfg = train_cfg();
  const torch::Tensor scores = by_anchor(outputs.at(0).at(0), cls_out_channels()), codes = by_anchor(outputs.at(1).at(0), 4);
  const std::vector<ImageSize> sizes = featmap_sizes(outputs[0]);
  const torch::Tensor all_anchors = prior_generator().grid_priors(sizes, scores.options().requires_grad(false)).front();
  std::vector<torch::Tensor> labels, label_weights, boxes, wanted, box_weights;
  std::int64_t num_pos = 0, num_neg = 0;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const ImageMeta& meta = targets.metas[image];
    const torch::Tensor valid = prior_generator().valid_flags(sizes, meta.pad_shape).front();
    const torch::Tensor inside = anchor_inside_flags(all_anchors, valid, meta.img_shape, cfg.allowed_border);
    AssignInput input;
    input.priors = all_anchors.index({inside});
    input.decoded_bboxes = bbox_coder().decode(input.priors, codes[static_cast<std::int64_t>(image)].index({inside}));
    input.gt_bboxes = targets.gt_bboxes[image];
    input.gt_bboxes_ignore = targets.ignored(image);
    if (!cfg.sampling) input.gt_labels = targets.gt_labels[image];
    const AssignResult assigned = cfg.assigner->assign(input);
    const SamplingResult sampled = cfg.sampler->sample(assigned, input.priors, input.gt_bboxes);
    torch::Tensor label = torch::full({input.priors.size(0)}, num_classes(), input.priors.options().dtype(torch::kLong));
    torch::Tensor weight = torch::zeros({input.priors.size(0)}, input.priors.options());
    if (sampled.pos_inds.numel() > 0) {
      label.index_put_({sampled.pos_inds}, targets.gt_labels[image].index({sampled.pos_assigned_gt_inds}));
      weight.index_fill_(0, sampled.pos_inds, cfg.pos_weight > 0 ? cfg.pos_weight : 1);
    }
    weight.index_fill_(0, sampled.neg_inds, 1);
    labels.push_back(unmap(label, inside, static_cast<double>(num_classes())));
    label_weights.push_back(unmap(weight, inside));
    boxes.push_back(assigned.pos_predicted_boxes);
    wanted.push_back(assigned.target_boxes);
    box_weights.push_back(assigned.pos_idx);
    num_pos += std::max<std::int64_t>(sampled.pos_inds.numel(), 1);
    num_neg += std::max<std::int64_t>(sampled.neg_inds.numel(), 1);
  }
  LossCall call;
  call.avg_factor = std::max(static_cast<double>(num_pos + (cfg.sampling ? num_neg : 0)), 1.0);
  call.weight = torch::cat(label_weights);
  Losses losses;
  losses.set("loss_cls", loss_cls().forward(scores.flatten(0, 1), torch::cat(labels), call));
  const torch::Tensor predicted = torch::cat(boxes);
  call.weight = torch::cat(box_weights).to(torch::kFloat);
  losses.set("loss_bbox", predicted.size(0) == 0 ? predicted.sum() * 0 : loss_bbox().forward(predicted, torch::cat(wanted), call));
  return losses;
}

DETFORGE_REGISTER(heads, YOLOFHead,
                  {.name = "YOLOFHead",
                   .python = "mmdet.models.dense_heads.yolof_head.YOLOFHead",
                   .meaning = "one level, scores with an implicit objectness",
                   .since = Reference::V2_27});

}  // namespace detforge
