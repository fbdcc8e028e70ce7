#include <algorithm>

#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/models/dense_heads/anchor/anchor_head.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/scale.h"

namespace detforge {

/// DDOD's head (arXiv 2107.02963): ATSS's with deformable towers, whose classes and boxes learn from different anchors; levels with few
/// positives count more; the third output is the IoU of the box.
class DDODHead : public AnchorHead {
 public:
  struct Options : AnchorHead::Options {
    std::int64_t stacked_convs = 4;
    std::optional<ConfigDict> conv_cfg;
    bool use_dcn = true;
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "GN"}, {"num_groups", 32}, {"requires_grad", true}};
    ConfigDict loss_iou = {{"type", "CrossEntropyLoss"}, {"use_sigmoid", true}, {"loss_weight", 1.0}};
  };
  static Arguments<Options> arguments();

  DDODHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  void init_weights(const nn::PretrainedLoader&) override;

 protected:
  HeadOutputs compute(const nn::Features& features) override;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override {
    return decode_anchors(outputs, metas, 2, selection(activation()));
  }

 private:
  static std::shared_ptr<StackedConvs> tower(const Options& options, const BuildContext& context);
  /// How much each level counts, 1 to 2, by the positives it has had since the head was built; these are counted as well.
  std::vector<double> level_weights(std::span<const torch::Tensor> labels);
  torch::Tensor is_object(const torch::Tensor& labels) const { return (labels >= 0) & (labels < num_classes()); }
  std::vector<torch::Tensor> class_losses(const nn::Features& cls_scores, const BatchTargets& batch);
  void set_box_losses(Losses& losses, const HeadOutputs& outputs, const BatchTargets& batch);

  std::vector<double> positives_of_level_;
  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<StackedConvs> cls_convs_;
  std::shared_ptr<StackedConvs> reg_convs_;
  std::shared_ptr<nn::Conv2d> atss_cls_;
  std::shared_ptr<nn::Conv2d> atss_reg_;
  std::shared_ptr<nn::Conv2d> atss_iou_;
  std::shared_ptr<nn::ModuleList<nn::Scale>> scales_;
  std::shared_ptr<Loss> loss_iou_;
};

Arguments<DDODHead::Options> DDODHead::arguments() {
  return {AnchorHead::arguments(),
          arg(&Options::stacked_convs, "stacked_convs", "convolutions of each tower").at_least(0),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::use_dcn, "use_dcn", "the first convolution of each tower is deformable"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none"),
          arg(&Options::loss_iou, "loss_iou", "loss of the IoU").built_by("LOSSES")};
}

DDODHead::DDODHead(const Options& options, const BuildContext& context)
    : AnchorHead("DDODHead", options, context, Sampling::Never), positives_of_level_(prior_generator().num_levels()) {
  if (options.train_cfg && !train_cfg().reg_assigner) throw ArgumentError("train_cfg", "must have a 'reg_assigner'");
  const auto prediction = [&](std::int64_t channels) { return prediction_conv(options.feat_channels, num_anchors() * channels, context); };
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  cls_convs_ = register_module("cls_convs", tower(options, context));
  reg_convs_ = register_module("reg_convs", tower(options, context));
  atss_cls_ = register_module("atss_cls", prediction(cls_out_channels()));
  atss_reg_ = register_module("atss_reg", prediction(4));
  atss_iou_ = register_module("atss_iou", prediction(1));
  scales_ = register_module("scales", std::make_shared<nn::ModuleList<nn::Scale>>());
  for (std::size_t i = 0; i < prior_generator().num_levels(); ++i) scales_->append(std::make_shared<nn::Scale>());
  loss_iou_ = register_module("loss_iou", build_loss(options.loss_iou, context.child("loss_iou")));
}

std::shared_ptr<StackedConvs> DDODHead::tower(const Options& options, const BuildContext& context) {
  auto list = std::make_shared<StackedConvs>();
  for (std::int64_t i = 0; i < options.stacked_convs; ++i) {
    const bool deforms = i == 0 && options.use_dcn;
    const nn::ConvModule::Options conv{.in_channels = i == 0 ? options.in_channels : options.feat_channels,
                                       .out_channels = options.feat_channels,
                                       .kernel_size = 3,
                                       .padding = 1,
                                       .layers = {deforms ? ConfigDict{{"type", "DCN"}, {"deform_groups", 1}} : options.conv_cfg,
                                                  options.norm_cfg, ConfigDict{{"type", "ReLU"}}}};
    list->append(std::make_shared<nn::ConvModule>(conv, context));
  }
  return list;
}

void DDODHead::init_weights(const nn::PretrainedLoader&) {
  for (const auto& convs : {cls_convs_, reg_convs_}) {
    for (const auto& module : *convs) nn::normal_init(*module->conv(), 0, 0.01);
  }
  nn::normal_init(*atss_cls_, 0, 0.01, nn::bias_init_with_prob(0.01));
  nn::normal_init(*atss_reg_, 0, 0.01);
  nn::normal_init(*atss_iou_, 0, 0.01);
}

HeadOutputs DDODHead::compute(const nn::Features& features) {
  nn::Features cls_scores, bbox_preds, iou_preds;
  for (std::size_t level = 0; level < features.size(); ++level) {
    const torch::Tensor reg_feat = apply_all(*reg_convs_, features[level]);
    cls_scores.push_back(atss_cls_->forward(apply_all(*cls_convs_, features[level])));
    bbox_preds.push_back((*scales_)[level].forward(atss_reg_->forward(reg_feat)));
    iou_preds.push_back(atss_iou_->forward(reg_feat));
  }
  return {cls_scores, bbox_preds, iou_preds};
}

std::vector<double> DDODHead::level_weights(std::span<const torch::Tensor> labels) {
  for (std::size_t level = 0; level < labels.size(); ++level) positives_of_level_[level] += is_object(labels[level]).sum().item<double>();
  const auto [fewest, most] = std::minmax_element(positives_of_level_.begin(), positives_of_level_.end());
  std::vector<double> weights;
  for (const double positives : positives_of_level_) weights.push_back(2 - (positives - *fewest) / (*most - *fewest + 1e-10));
  return weights;
}

std::vector<torch::Tensor> DDODHead::class_losses(const nn::Features& cls_scores, const BatchTargets& batch) {
  const auto labels = batch.levels(&AnchorTargets::labels), label_weights = batch.levels(&AnchorTargets::label_weights);
  const std::vector<double> weights = level_weights(labels);
  LossCall call;
  call.avg_factor = std::max(static_cast<double>(batch.num_total_pos), 1.0);
  std::vector<torch::Tensor> losses;
  for (std::size_t level = 0; level < labels.size(); ++level) {
    call.weight = label_weights[level].flatten();
    const torch::Tensor scores = by_anchor(cls_scores.at(level), cls_out_channels()).flatten(0, 1);
    losses.push_back(weights[level] * loss_cls().forward(scores, labels[level].flatten(), call));
  }
  return losses;
}

void DDODHead::set_box_losses(Losses& losses, const HeadOutputs& outputs, const BatchTargets& batch) {
  const auto labels = batch.levels(&AnchorTargets::labels), anchors = batch.levels(&AnchorTargets::anchors);
  const auto bbox_targets = batch.levels(&AnchorTargets::bbox_targets), bbox_weights = batch.levels(&AnchorTargets::bbox_weights);
  const std::vector<double> weights = level_weights(labels);
  LossCall call;
  call.avg_factor = std::max(static_cast<double>(batch.num_total_pos), 1.0);
  std::vector<torch::Tensor> losses_bbox, losses_iou;
  for (std::size_t level = 0; level < labels.size(); ++level) {
    const torch::Tensor codes = by_anchor(outputs.at(1)[level], 4).flatten(0, 1), ious = by_anchor(outputs.at(2)[level], 1).flatten();
    const torch::Tensor positive = is_object(labels[level].flatten()).nonzero().squeeze(1);
    if (positive.numel() == 0) {
      losses_bbox.push_back(codes.sum() * 0);
      losses_iou.push_back(ious.sum() * 0);
      continue;
    }
    const torch::Tensor priors = anchors[level].flatten(0, 1).index({positive});
    const torch::Tensor boxes = bbox_coder().decode(priors, codes.index({positive}));
    const torch::Tensor wanted = bbox_coder().decode(priors, bbox_targets[level].flatten(0, 1).index({positive}));
    losses_bbox.push_back(weights[level] * loss_bbox().forward(boxes, wanted, call));
    const torch::Tensor wanted_ious = torch::zeros_like(ious).index_put({positive}, aligned_bbox_overlaps(boxes.detach(), wanted));
    LossCall of_ious = call;
    of_ious.weight = (bbox_weights[level].flatten(0, 1).sum(1) > 0).to(ious.dtype());
    losses_iou.push_back(weights[level] * loss_iou_->forward(ious, wanted_ious.detach(), of_ious));
  }
  losses.set("loss_bbox", std::move(losses_bbox));
  losses.set("loss_iou", std::move(losses_iou));
}

Losses DDODHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const torch::Tensor scores = by_anchor(outputs.at(0), cls_out_channels()).detach(), codes = by_anchor(outputs.at(1), 4).detach();
  const torch::Tensor anchors = torch::cat(prior_generator().grid_priors(featmap_sizes(outputs[0]), codes.options()));
  const auto predictions = AnchorPredictions::by_image(scores, bbox_coder().decode(anchors.expand_as(codes), codes));
  AnchorTargetRules rules{train_cfg(), &bbox_coder(), num_classes()};
  const auto targets_by = [&](const Assigner* assigner) {
    rules.assigner = assigner;
    return batch_targets(prior_generator(), outputs[0], rules, targets, /*with_labels=*/true, predictions);
  };
  Losses losses;
  losses.set("loss_cls", class_losses(outputs[0], targets_by(train_cfg().assigner.get())));
  set_box_losses(losses, outputs, targets_by(train_cfg().reg_assigner.get()));
  return losses;
}

DETFORGE_REGISTER(heads, DDODHead,
                  {.name = "DDODHead",
                   .python = "mmdet.models.dense_heads.ddod_head.DDODHead",
                   .meaning = "classes and boxes learn from different anchors",
                   .since = Reference::V2_27});

}  // namespace detforge
