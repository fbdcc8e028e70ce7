#include "detforge/models/dense_heads/quality/gfl_head.h"

#include <algorithm>

#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/boxes/bbox_transforms.h"
#include "detforge/models/dense_heads/quality/atss_head.h"

namespace detforge {
namespace {

ConfigDict distance_coder() { return {{"type", "DistancePointBBoxCoder"}}; }

/// v2.8 has a bbox_coder that it does not use: boxes are distances always.
AnchorHead::Options as_distances(AnchorHead::Options options, const BuildContext& context) {
  if (context.reference == Reference::V2_8) options.bbox_coder = distance_coder();
  return options;
}

}  // namespace

Integral::Integral(std::int64_t reg_max) : Module("Integral"), reg_max_(reg_max) {
  project_ = register_buffer("project", torch::linspace(0, static_cast<double>(reg_max), reg_max + 1));
}

torch::Tensor Integral::forward(const torch::Tensor& logits) const {
  std::vector<std::int64_t> shape = logits.sizes().vec();
  shape.back() = 4;
  return torch::softmax(logits.reshape({-1, reg_max_ + 1}), 1).matmul(project_.to(logits.dtype())).reshape(shape);
}

GFLHead::Options::Options() {
  init_cfg = Value::dict({{"type", "Normal"},
                          {"layer", "Conv2d"},
                          {"std", 0.01},
                          {"override", Value::dict({{"type", "Normal"}, {"name", "gfl_cls"}, {"std", 0.01}, {"bias_prob", 0.01}})}});
}

Arguments<GFLHead::Options> GFLHead::arguments() {
  return {AnchorHead::arguments(),
          arg(&Options::bbox_coder, "bbox_coder", "what is predicted instead of boxes; v2.8: distances, whatever it says")
              .built_by("BBOX_CODERS")
              .default_in_v2_27(distance_coder()),
          arg(&Options::stacked_convs, "stacked_convs", "convolutions of each tower").at_least(0),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none"),
          arg(&Options::loss_dfl, "loss_dfl", "loss of the distributions").built_by("LOSSES"),
          arg(&Options::reg_max, "reg_max", "largest distance, in strides").at_least(1)};
}

GFLHead::GFLHead(std::string name, const Options& options, const BuildContext& context)
    : AnchorHead(std::move(name), as_distances(options, context), context, Sampling::Never), reg_max_(options.reg_max) {
  if (num_anchors() != 1) throw ArgumentError("anchor_generator", "must give one anchor per place");
  for (const auto& stride : prior_generator().strides()) {
    if (stride[0] != stride[1]) throw ArgumentError("anchor_generator", "must have the same stride in x and y");
  }
  const auto tower = [&] {
    return detforge::stacked_convs(options.stacked_convs, options.in_channels, options.feat_channels, options.conv_cfg, options.norm_cfg,
                                   context);
  };
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  cls_convs_ = register_module("cls_convs", tower());
  reg_convs_ = register_module("reg_convs", tower());
  gfl_cls_ = register_module("gfl_cls", prediction_conv(options.feat_channels, cls_out_channels(), context));
  gfl_reg_ = register_module("gfl_reg", prediction_conv(options.feat_channels, 4 * (reg_max_ + 1), context));
  scales_ = register_module("scales", std::make_shared<nn::ModuleList<nn::Scale>>());
  for (std::size_t i = 0; i < prior_generator().num_levels(); ++i) scales_->append(std::make_shared<nn::Scale>());
  integral_ = register_module("integral", std::make_shared<Integral>(reg_max_));
  loss_dfl_ = register_module("loss_dfl", build_loss(options.loss_dfl, context.child("loss_dfl")));
}

HeadOutputs GFLHead::compute(const nn::Features& features) {
  nn::Features cls_scores, bbox_preds;
  for (std::size_t level = 0; level < features.size(); ++level) {
    cls_scores.push_back(gfl_cls_->forward(apply_all(*cls_convs_, features[level])));
    bbox_preds.push_back((*scales_)[level].forward(gfl_reg_->forward(apply_all(*reg_convs_, features[level]))));
  }
  return {cls_scores, bbox_preds};
}

torch::Tensor GFLHead::decode_boxes(std::size_t level, const torch::Tensor& anchors, const torch::Tensor& predictions,
                                    const CoderCall& call) const {
  const double stride = prior_generator().strides().at(level)[0];
  return bbox_coder().decode(anchor_centers(anchors), integral_->forward(predictions) * stride, call);
}

GFLHead::Level GFLHead::level_of(const HeadOutputs& outputs, const BatchTargets& batch, std::size_t level) const {
  const torch::Tensor& scores = outputs.at(0).at(level);
  return {.cls_score = by_anchor(scores, cls_out_channels()).flatten(0, 1),
          .bbox_pred = by_anchor(outputs.at(1).at(level), 4 * (reg_max_ + 1)).flatten(0, 1),
          .anchors = batch.anchors[level].repeat({scores.size(0), 1}),
          .labels = batch.levels(&AnchorTargets::labels)[level].reshape({-1}),
          .label_weights = batch.levels(&AnchorTargets::label_weights)[level].reshape({-1}),
          .bbox_targets = batch.levels(&AnchorTargets::bbox_targets)[level].reshape({-1, 4}),
          .stride_px = prior_generator().strides().at(level)[0]};
}

GFLHead::LevelLosses GFLHead::loss_single(const Level& level, double num_total_samples) {
  LevelLosses losses;
  LossCall of_classes;
  of_classes.weight = level.label_weights;
  of_classes.avg_factor = num_total_samples;
  of_classes.quality = torch::zeros_like(level.label_weights);
  const torch::Tensor positive = losses.positive = ((level.labels >= 0) & (level.labels < num_classes())).nonzero().squeeze(1);
  if (positive.numel() == 0) {
    losses.bbox = losses.dfl = level.bbox_pred.sum() * 0;
  } else {
    const torch::Tensor said = level.bbox_pred.index({positive});
    const torch::Tensor centers = anchor_centers(level.anchors.index({positive})) / level.stride_px;
    const torch::Tensor wanted = level.bbox_targets.index({positive}) / level.stride_px;
    const torch::Tensor boxes = bbox_coder().decode(centers, integral_->forward(said));
    of_classes.quality.index_put_({positive}, aligned_bbox_overlaps(boxes.detach(), wanted));
    const torch::Tensor weights = losses.weights = std::get<0>(level.cls_score.detach().sigmoid().max(1)).index({positive});
    LossCall of_boxes;
    of_boxes.weight = weights;
    of_boxes.avg_factor = 1.0;
    losses.bbox = loss_bbox().forward(boxes, wanted, of_boxes);
    CoderCall call;
    call.max_dis = static_cast<double>(reg_max_);
    LossCall of_sides;
    of_sides.weight = weights.repeat_interleave(4);
    of_sides.avg_factor = 4.0;
    losses.dfl = loss_dfl_->forward(said.reshape({-1, reg_max_ + 1}), bbox_coder().encode(centers, wanted, call).reshape({-1}), of_sides);
    losses.weight = weights.sum().item<double>();
  }
  losses.cls = loss_cls().forward(level.cls_score, level.labels, of_classes);
  return losses;
}

double GFLHead::box_avg_factor(double weight) const {
  return reference() == Reference::V2_8 && weight > 0 ? weight : std::max(weight, 1.0);
}

Losses GFLHead::loss_with(const HeadOutputs& outputs, const Targets& targets, const LevelExtra& extra) {
  const BatchTargets batch = get_targets(outputs.at(0), targets, /*with_labels=*/true, TargetBoxes::AsTheyAre);
  const double samples = std::max(static_cast<double>(batch.num_total_pos), 1.0);
  std::vector<torch::Tensor> losses_cls, losses_bbox, losses_dfl;
  double weight = 0;
  for (std::size_t index = 0; index < outputs.at(0).size(); ++index) {
    const Level level = level_of(outputs, batch, index);
    const LevelLosses of_level = loss_single(level, samples);
    if (extra) extra(index, level, of_level);
    losses_cls.push_back(of_level.cls);
    losses_bbox.push_back(of_level.bbox);
    losses_dfl.push_back(of_level.dfl);
    weight += of_level.weight;
  }
  const double factor = box_avg_factor(weight);
  for (torch::Tensor& loss : losses_bbox) loss = loss / factor;
  for (torch::Tensor& loss : losses_dfl) loss = loss / factor;
  Losses losses;
  losses.set("loss_cls", std::move(losses_cls));
  losses.set("loss_bbox", std::move(losses_bbox));
  losses.set("loss_dfl", std::move(losses_dfl));
  return losses;
}

DETFORGE_REGISTER(heads, GFLHead,
                  {.name = "GFLHead",
                   .python = "mmdet.models.dense_heads.gfl_head.GFLHead",
                   .meaning = "quality in the class scores, a distribution for each side"});

}  // namespace detforge
