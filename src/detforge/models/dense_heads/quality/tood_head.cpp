#include <algorithm>

#include "detforge/boxes/bbox_transforms.h"
#include "detforge/models/dense_heads/quality/atss_head.h"
#include "detforge/models/dense_heads/quality/task_decomposition.h"
#include "detforge/nn/layers/deform_conv2d.h"
#include "detforge/ops/deform_conv.h"

namespace detforge {

/// TOOD's head (arXiv 2108.07755): one tower from which both tasks are taken apart; probabilities [N, A·classes, H_i, W_i]
/// and boxes [N, 4, H_i, W_i] in strides, each side sampled from a place near by.
class TOODHead : public AnchorHead, public EpochAware {
 public:
  enum class AnchorType { Free, Based };
  struct Options : ATSSHead::Options {
    std::int64_t num_dcn = 0;
    AnchorType anchor_type = AnchorType::Free;
    ConfigDict initial_loss_cls = {{"type", "FocalLoss"}, {"use_sigmoid", true}, {"activated", true},
                                   {"gamma", 2.0},        {"alpha", 0.25},       {"loss_weight", 1.0}};
  };
  static Arguments<Options> arguments();

  TOODHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  void set_epoch(std::int64_t epoch) override { epoch_ = epoch; }

 protected:
  HeadOutputs compute(const nn::Features& features) override;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override;
  torch::Tensor decode_boxes(std::size_t level, const torch::Tensor&, const torch::Tensor& predictions, const CoderCall&) const override {
    return predictions * stride(level);
  }

 private:
  double stride(std::size_t level) const { return prior_generator().strides().at(level)[0]; }
  bool is_initial() const { return train_cfg().initial_assigner && epoch_ < train_cfg().initial_epoch; }
  Prediction align(const torch::Tensor& feature, const torch::Tensor& anchors, std::size_t level);
  /// The targets of a batch, and how well each anchor agrees with its object [N, B].
  struct Aligned {
    BatchTargets batch;
    torch::Tensor metrics;
  };
  Aligned aligned_targets(const HeadOutputs& outputs, const Targets& targets) const;

  AnchorType anchor_type_;
  std::int64_t epoch_ = 0;
  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<StackedConvs> inter_convs_;
  std::shared_ptr<TaskDecomposition> cls_decomp_;
  std::shared_ptr<TaskDecomposition> reg_decomp_;
  std::shared_ptr<nn::Conv2d> tood_cls_;
  std::shared_ptr<nn::Conv2d> tood_reg_;
  std::shared_ptr<nn::Sequential> cls_prob_module_;
  std::shared_ptr<nn::Sequential> reg_offset_module_;
  std::shared_ptr<nn::ModuleList<nn::Scale>> scales_;
  std::shared_ptr<Loss> loss_centerness_;
  std::shared_ptr<Loss> initial_loss_cls_;
};

template <>
struct EnumNames<TOODHead::AnchorType> {
  static constexpr std::array<std::pair<TOODHead::AnchorType, std::string_view>, 2> names = {
      {{TOODHead::AnchorType::Free, "anchor_free"}, {TOODHead::AnchorType::Based, "anchor_based"}}};
};

Arguments<TOODHead::Options> TOODHead::arguments() {
  return {ATSSHead::arguments(), arg(&Options::num_dcn, "num_dcn", "how many convolutions of the tower are deformable").at_least(0),
          arg(&Options::anchor_type, "anchor_type", "whether boxes are distances from the places or codes of anchors"),
          arg(&Options::initial_loss_cls, "initial_loss_cls", "loss of the classes in the first epochs").built_by("LOSSES")};
}

TOODHead::TOODHead(const Options& options, const BuildContext& context)
    : AnchorHead("TOODHead", options, context, Sampling::Never), anchor_type_(options.anchor_type) {
  const std::int64_t channels = options.feat_channels, stacked = options.stacked_convs;
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  inter_convs_ = register_module("inter_convs", std::make_shared<StackedConvs>());
  for (std::int64_t i = 0; i < stacked; ++i) {
    const bool deforms = i < options.num_dcn;
    const nn::ConvModule::Options conv{.in_channels = i == 0 ? options.in_channels : channels,
                                       .out_channels = channels,
                                       .kernel_size = 3,
                                       .padding = 1,
                                       .layers = {deforms ? ConfigDict{{"type", "DCNv2"}, {"deform_groups", 4}} : options.conv_cfg,
                                                  options.norm_cfg, ConfigDict{{"type", "ReLU"}}}};
    inter_convs_->append(std::make_shared<nn::ConvModule>(conv, context));
  }
  const TaskDecomposition::Options decomposition{.feat_channels = channels,
                                                 .stacked_convs = stacked,
                                                 .la_down_rate = stacked * 8,
                                                 .conv_cfg = options.conv_cfg,
                                                 .norm_cfg = options.norm_cfg};
  const auto small_tower = [&](std::int64_t out_channels) {
    auto tower = std::make_shared<nn::Sequential>();
    tower->append(prediction_conv(channels * stacked, channels / 4, context, 1));
    tower->append(nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
    tower->append(prediction_conv(channels / 4, out_channels, context));
    return tower;
  };
  cls_decomp_ = register_module("cls_decomp", std::make_shared<TaskDecomposition>(decomposition, context));
  reg_decomp_ = register_module("reg_decomp", std::make_shared<TaskDecomposition>(decomposition, context));
  tood_cls_ = register_module("tood_cls", prediction_conv(channels, num_anchors() * cls_out_channels(), context));
  tood_reg_ = register_module("tood_reg", prediction_conv(channels, num_anchors() * 4, context));
  cls_prob_module_ = register_module("cls_prob_module", small_tower(1));
  reg_offset_module_ = register_module("reg_offset_module", small_tower(4 * 2));
  scales_ = register_module("scales", std::make_shared<nn::ModuleList<nn::Scale>>());
  for (std::size_t i = 0; i < prior_generator().num_levels(); ++i) scales_->append(std::make_shared<nn::Scale>());
  loss_centerness_ = register_module("loss_centerness", build_loss(options.loss_centerness, context.child("loss_centerness")));
  if (options.train_cfg) {
    initial_loss_cls_ = register_module("initial_loss_cls", build_loss(options.initial_loss_cls, context.child("initial_loss_cls")));
  }
}

AnchorHead::Prediction TOODHead::align(const torch::Tensor& feature, const torch::Tensor& anchors, std::size_t level) {
  std::vector<torch::Tensor> stages;
  torch::Tensor hidden = feature;
  for (const auto& conv : *inter_convs_) stages.push_back(hidden = conv->forward(hidden));
  const torch::Tensor all = torch::cat(stages, 1), mean = torch::adaptive_avg_pool2d(all, {1, 1});
  const torch::Tensor cls_feat = cls_decomp_->forward(all, mean), reg_feat = reg_decomp_->forward(all, mean);
  // The geometric mean of two probabilities, by their logarithms.
  const torch::Tensor scores =
      (0.5 * (torch::log_sigmoid(tood_cls_->forward(cls_feat)) + torch::log_sigmoid(cls_prob_module_->forward(all)))).exp();
  const std::int64_t images = feature.size(0);
  const torch::Tensor repeated = anchors.repeat({images, 1});
  torch::Tensor boxes;
  if (anchor_type_ == AnchorType::Free) {
    const torch::Tensor distances = (*scales_)[level].forward(tood_reg_->forward(reg_feat).exp());
    boxes = distance2bbox(anchor_centers(repeated) / stride(level), by_anchor(distances, 4).flatten(0, 1));
  } else {
    const torch::Tensor codes = (*scales_)[level].forward(tood_reg_->forward(reg_feat));
    boxes = bbox_coder().decode(repeated, by_anchor(codes, 4).flatten(0, 1)) / stride(level);
  }
  const torch::Tensor map = boxes.view({images, feature.size(2), feature.size(3), 4}).permute({0, 3, 1, 2}).contiguous();
  ops::DeformConvOptions sampling;
  sampling.groups = sampling.deform_groups = 4;
  const torch::Tensor sampled = ops::deform_conv2d(map, reg_offset_module_->forward(all).contiguous(),
                                                   torch::ones({4, 1, 1, 1}, map.options().requires_grad(false)), sampling);
  // Sides that were sampled from different places may have changed their order.
  const torch::Tensor invalid = (sampled.slice(1, 0, 2) > sampled.slice(1, 2, 4)).any(1, /*keepdim=*/true);
  return {scores, torch::where(invalid, map, sampled)};
}

HeadOutputs TOODHead::compute(const nn::Features& features) {
  const std::vector<torch::Tensor> anchors =
      prior_generator().grid_priors(featmap_sizes(features), features.front().options().dtype(torch::kFloat).requires_grad(false));
  nn::Features cls_scores, bbox_preds;
  for (std::size_t level = 0; level < features.size(); ++level) {
    const Prediction prediction = align(features[level], anchors[level], level);
    cls_scores.push_back(prediction.cls_score);
    bbox_preds.push_back(prediction.bbox_pred);
  }
  return {cls_scores, bbox_preds};
}

std::vector<kernels::Candidates> TOODHead::decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) {
  return decode_anchors(outputs, metas, std::nullopt, selection(kernels::ScoreActivation::None));
}

TOODHead::Aligned TOODHead::aligned_targets(const HeadOutputs& outputs, const Targets& targets) const {
  const torch::NoGradGuard no_grad;
  AnchorTargetRules rules{train_cfg(), nullptr, num_classes()};
  Aligned aligned;
  if (is_initial()) {
    rules.assigner = train_cfg().initial_assigner.get();
    aligned.batch = batch_targets(prior_generator(), outputs.at(0), rules, targets);
    aligned.metrics = aligned.batch.stacked(&AnchorTargets::bbox_weights).select(-1, 0);
    return aligned;
  }
  nn::Features boxes;
  for (std::size_t level = 0; level < outputs.at(1).size(); ++level) boxes.push_back(outputs[1][level] * stride(level));
  const torch::Tensor all_scores = by_anchor(outputs.at(0), cls_out_channels()), all_boxes = by_anchor(boxes, 4);
  aligned.batch = batch_targets(prior_generator(), outputs.at(0), rules, targets, /*with_labels=*/true,
                                AnchorPredictions::by_image(all_scores, all_boxes));
  std::vector<torch::Tensor> metrics;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const AnchorTargets& of_image = aligned.batch.images[image];
    torch::Tensor metric = torch::zeros({all_boxes.size(1)}, all_boxes.options().requires_grad(false));
    for (std::int64_t object = 0; object < targets.gt_labels[image].size(0); ++object) {
      const torch::Tensor own = of_image.gt_inds == object;
      if (!own.any().item<bool>()) continue;
      const torch::Tensor raw = of_image.metrics.index({own});
      metric.index_put_({own}, raw / (raw.max() + 10e-8) * of_image.overlaps.index({own}).max());
    }
    metrics.push_back(metric);
  }
  aligned.metrics = torch::stack(metrics);
  return aligned;
}

Losses TOODHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const bool initial = is_initial();
  const Aligned aligned = aligned_targets(outputs, targets);
  const BatchTargets& batch = aligned.batch;
  const auto labels = batch.levels(&AnchorTargets::labels), label_weights = batch.levels(&AnchorTargets::label_weights);
  const auto bbox_targets = batch.levels(&AnchorTargets::bbox_targets), anchors = batch.levels(&AnchorTargets::anchors);
  const auto metrics = aligned.metrics.split_with_sizes(batch.level_sizes(), 1);
  std::vector<torch::Tensor> losses_cls, losses_bbox;
  double cls_factor = 0, bbox_factor = 0;
  for (std::size_t level = 0; level < labels.size(); ++level) {
    const torch::Tensor label = labels[level].flatten(), metric = metrics[level].flatten();
    const torch::Tensor boxes = by_anchor(outputs.at(1)[level], 4).flatten(0, 1);
    LossCall call;
    call.weight = label_weights[level].flatten();
    call.avg_factor = 1.0;
    if (!initial) call.quality = metric;
    losses_cls.push_back((initial ? *initial_loss_cls_ : loss_cls())
                             .forward(by_anchor(outputs.at(0)[level], cls_out_channels()).flatten(0, 1), label, call));
    cls_factor += metric.sum().item<double>();
    const torch::Tensor positive = ((label >= 0) & (label < num_classes())).nonzero().squeeze(1);
    if (positive.numel() == 0) {
      losses_bbox.push_back(boxes.sum() * 0);
      continue;
    }
    const torch::Tensor wanted = bbox_targets[level].flatten(0, 1).index({positive});
    LossCall of_boxes;
    of_boxes.weight = initial ? anchor_centerness(anchors[level].flatten(0, 1).index({positive}), wanted) : metric.index({positive});
    of_boxes.avg_factor = 1.0;
    losses_bbox.push_back(loss_bbox().forward(boxes.index({positive}), wanted / stride(level), of_boxes));
    bbox_factor += of_boxes.weight.sum().item<double>();
  }
  for (torch::Tensor& loss : losses_cls) loss = loss / std::max(cls_factor, 1.0);
  for (torch::Tensor& loss : losses_bbox) loss = loss / std::max(bbox_factor, 1.0);
  Losses losses;
  losses.set("loss_cls", std::move(losses_cls));
  losses.set("loss_bbox", std::move(losses_bbox));
  return losses;
}

DETFORGE_REGISTER(heads, TOODHead,
                  {.name = "TOODHead",
                   .python = "mmdet.models.dense_heads.tood_head.TOODHead",
                   .meaning = "classification and boxes aligned with each other",
                   .since = Reference::V2_27});

}  // namespace detforge
