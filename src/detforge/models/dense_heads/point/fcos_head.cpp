#include "detforge/models/dense_heads/point/fcos_head.h"

#include <algorithm>

#include "detforge/boxes/bbox_transforms.h"
#include "detforge/models/dense_heads/anchor/anchor_targets.h"

namespace detforge {
namespace {

constexpr double infinite_area = 1e8;

}  // namespace

FCOSHead::Options::Options() { norm_cfg = ConfigDict{{"type", "GN"}, {"num_groups", 32}, {"requires_grad", true}}; }

Arguments<FCOSHead::Options> FCOSHead::arguments() {
  return {AnchorFreeHead::arguments(),
          arg(&Options::regress_ranges, "regress_ranges", "smallest and largest distance that each level learns, px"),
          arg(&Options::center_sampling, "center_sampling", "only points near the middle of an object count"),
          arg(&Options::center_sample_radius, "center_sample_radius", "how near, in strides"),
          arg(&Options::norm_on_bbox, "norm_on_bbox", "distances are learnt in strides"),
          arg(&Options::centerness_on_reg, "centerness_on_reg", "centerness comes from the boxes' tower"),
          arg(&Options::loss_centerness, "loss_centerness", "loss of the centerness").built_by("LOSSES")};
}

FCOSHead::FCOSHead(std::string name, const Options& options, const BuildContext& context)
    : AnchorFreeHead(std::move(name), options, context), options_(options), context_(context) {
  if (options.regress_ranges.size() != options.strides.size()) {
    throw ArgumentError("regress_ranges", "must have as many entries as strides, " + std::to_string(options.strides.size()));
  }
}

FCOSHead::FCOSHead(const Options& options, const BuildContext& context) : FCOSHead("FCOSHead", options, context) {
  init_layers();
  init_centerness_and_scales();
  init_loss_centerness();
}

void FCOSHead::init_centerness_and_scales() {
  conv_centerness_ = register_module("conv_centerness", prediction_conv(options_.feat_channels, 1, context_));
  scales_ = register_module("scales", std::make_shared<nn::ModuleList<nn::Scale>>());
  for (std::size_t i = 0; i < strides().size(); ++i) scales_->append(std::make_shared<nn::Scale>());
}

void FCOSHead::init_loss_centerness() {
  loss_centerness_ = register_module("loss_centerness", build_loss(options_.loss_centerness, context_.child("loss_centerness")));
}

HeadOutputs FCOSHead::compute(const nn::Features& features) {
  if (features.size() != strides().size()) {
    throw Error(python_name() + " has " + std::to_string(strides().size()) + " levels, but the neck gives " +
                std::to_string(features.size()));
  }
  nn::Features cls_scores, bbox_preds, centernesses;
  for (std::size_t level = 0; level < features.size(); ++level) {
    const Single single = forward_single(features[level]);
    centernesses.push_back(conv_centerness_->forward(options_.centerness_on_reg ? single.reg_feat : single.cls_feat));
    cls_scores.push_back(single.cls_score);
    bbox_preds.push_back(distances((*scales_)[level].forward(single.bbox_pred), level));
  }
  return {cls_scores, bbox_preds, centernesses};
}

torch::Tensor FCOSHead::distances(const torch::Tensor& predictions, std::size_t level) const {
  if (!options_.norm_on_bbox) return predictions.exp();
  return is_training() ? predictions.clamp_min(0) : predictions.clamp_min(0) * strides()[level];
}

Losses FCOSHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const auto flat = [&](std::size_t kind, std::int64_t values) { return by_anchor(outputs.at(kind), values).flatten(0, 1); };
  const torch::Tensor cls_scores = flat(0, cls_out_channels()), bbox_preds = flat(1, 4), centerness = flat(2, 1).squeeze(1);
  const std::vector<torch::Tensor> levels = grid_points_of(outputs.at(0));
  std::vector<torch::Tensor> ranges;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const auto& range = options_.regress_ranges[level];
    ranges.push_back(torch::tensor({range[0], range[1]}, levels[level].options()).expand({levels[level].size(0), 2}));
  }
  const torch::Tensor points = torch::cat(levels), all_ranges = torch::cat(ranges);
  const PointTargetRules rules{num_classes(), options_.center_sampling, options_.center_sample_radius};
  std::vector<torch::Tensor> labels_of_images, boxes_of_images;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    PointTargets of_image = point_targets(points, all_ranges, targets.gt_bboxes[image], targets.gt_labels[image], rules);
    if (options_.norm_on_bbox) of_image.bbox_targets = of_image.bbox_targets / points.slice(1, 2, 3);
    labels_of_images.push_back(std::move(of_image.labels));
    boxes_of_images.push_back(std::move(of_image.bbox_targets));
  }
  const torch::Tensor labels = torch::cat(labels_of_images);
  const torch::Tensor positive = ((labels >= 0) & (labels < num_classes())).nonzero().reshape({-1});
  const auto num_pos = static_cast<double>(positive.size(0));
  const bool v2_8 = reference() == Reference::V2_8;
  LossCall call;
  call.avg_factor = v2_8 ? num_pos + static_cast<double>(targets.size()) : std::max(num_pos, 1.0);
  Losses losses;
  losses.set("loss_cls", loss_cls().forward(cls_scores, labels, call));
  const torch::Tensor pos_preds = bbox_preds.index({positive}), pos_centerness = centerness.index({positive});
  if (positive.numel() == 0) {
    losses.set("loss_bbox", pos_preds.sum());
    losses.set("loss_centerness", pos_centerness.sum());
    return losses;
  }
  const torch::Tensor wanted = torch::cat(boxes_of_images).index({positive});
  const torch::Tensor centerness_targets = centerness_target(wanted);
  const torch::Tensor pos_points = points.repeat({static_cast<std::int64_t>(targets.size()), 1}).index({positive});
  call.weight = centerness_targets;
  call.avg_factor = centerness_targets.sum().item<double>();
  if (!v2_8) call.avg_factor = std::max(*call.avg_factor, 1e-6);
  losses.set("loss_bbox", loss_bbox().forward(bbox_coder().decode(pos_points, pos_preds), bbox_coder().decode(pos_points, wanted), call));
  LossCall of_centerness;
  if (!v2_8) of_centerness.avg_factor = num_pos;
  losses.set("loss_centerness", loss_centerness_->forward(pos_centerness, centerness_targets, of_centerness));
  return losses;
}

PointTargets point_targets(const torch::Tensor& points, const torch::Tensor& ranges, const torch::Tensor& gt_bboxes,
                           const torch::Tensor& gt_labels, const PointTargetRules& rules) {
  const torch::NoGradGuard no_grad;
  const std::int64_t count = points.size(0);
  if (gt_labels.size(0) == 0) {
    return {torch::full({count}, rules.num_classes, gt_labels.options()), torch::zeros({count, 4}, gt_bboxes.options())};
  }
  const torch::Tensor places = points.slice(1, 0, 2).unsqueeze(1);  // [P, 1, 2]
  const torch::Tensor boxes = gt_bboxes.unsqueeze(0);               // [1, G, 4]
  const auto distances_to = [&](const torch::Tensor& first, const torch::Tensor& last) {
    return torch::cat({places - first, last - places}, -1);  // [P, G, 4]
  };
  const torch::Tensor first = boxes.slice(-1, 0, 2), last = boxes.slice(-1, 2, 4);
  const torch::Tensor distances = distances_to(first, last);
  torch::Tensor inside = distances.amin(-1) > 0;
  if (rules.center_sampling) {
    const torch::Tensor center = (first + last) / 2;
    const torch::Tensor reach = points.slice(1, 2, 4).unsqueeze(1) * rules.center_sample_radius;
    inside = distances_to(torch::max(center - reach, first), torch::min(center + reach, last)).amin(-1) > 0;
  }
  const torch::Tensor largest = distances.amax(-1);
  const torch::Tensor in_range = (largest >= ranges.slice(1, 0, 1)) & (largest <= ranges.slice(1, 1, 2));
  const torch::Tensor area = (gt_bboxes.select(1, 2) - gt_bboxes.select(1, 0)) * (gt_bboxes.select(1, 3) - gt_bboxes.select(1, 1));
  const torch::Tensor areas = torch::where(inside & in_range, area.unsqueeze(0), torch::full({}, infinite_area, area.options()));
  const auto [smallest, object] = areas.min(1);
  const torch::Tensor labels = gt_labels.index({object}).masked_fill(smallest == infinite_area, rules.num_classes);
  return {labels, distances.index({torch::arange(count, object.options()), object})};
}

torch::Tensor centerness_target(const torch::Tensor& distances) {
  const torch::Tensor horizontal = torch::stack({distances.select(1, 0), distances.select(1, 2)}, 1);
  const torch::Tensor vertical = torch::stack({distances.select(1, 1), distances.select(1, 3)}, 1);
  return ((horizontal.amin(-1) / horizontal.amax(-1)) * (vertical.amin(-1) / vertical.amax(-1))).sqrt();
}

DETFORGE_REGISTER(heads, FCOSHead,
                  {.name = "FCOSHead",
                   .python = "mmdet.models.dense_heads.fcos_head.FCOSHead",
                   .meaning = "points with distances to the sides of their boxes"});

}  // namespace detforge
