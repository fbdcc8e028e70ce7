#include <algorithm>

#include "detforge/models/dense_heads/anchor/anchor_targets.h"
#include "detforge/models/dense_heads/point/anchor_free_head.h"
#include "detforge/models/dense_heads/rpn/feature_adaption.h"

namespace detforge {

/// FoveaBox's head (arXiv 1904.03797): points in the middle part of an object are of its class and tell the logarithms of
/// their distances to its sides, in the level's base edge.
class FoveaHead : public AnchorFreeHead {
 public:
  struct Options : AnchorFreeHead::Options {
    std::vector<double> base_edge_list = {16, 32, 64, 128, 256};
    std::vector<std::array<double, 2>> scale_ranges = {{8, 32}, {16, 64}, {32, 128}, {64, 256}, {128, 512}};
    double sigma = 0.4;
    bool with_deform = false;
    std::int64_t deform_groups = 4;
  };
  static Arguments<Options> arguments() {
    return {AnchorFreeHead::arguments(),
            arg(&Options::base_edge_list, "base_edge_list", "unit of each level's distances, px"),
            arg(&Options::scale_ranges, "scale_ranges", "smallest and largest object of each level, px"),
            arg(&Options::sigma, "sigma", "part of an object's sides that is its middle"),
            arg(&Options::with_deform, "with_deform", "class features are adapted to the boxes"),
            arg(&Options::deform_groups, "deform_groups", "groups of channels with offsets of their own").at_least(1)};
  }

  FoveaHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 protected:
  HeadOutputs compute(const nn::Features& features) override;
  torch::Tensor decode_boxes(std::size_t level, const torch::Tensor& points, const torch::Tensor& predictions,
                             const CoderCall& call) const override;

 private:
  struct LevelTargets {
    torch::Tensor labels;     ///< [H·W]
    torch::Tensor distances;  ///< [H·W, 4] logarithms
  };
  LevelTargets level_targets(std::size_t level, ImageSize size, const torch::Tensor& points, const torch::Tensor& gt_bboxes,
                             const torch::Tensor& gt_labels) const;
  void add_deformed_cls_branch(const BuildContext& context);

  Options options_;
  std::shared_ptr<nn::Conv2d> conv_reg_;
  std::shared_ptr<StackedConvs> deformed_cls_convs_;
  std::shared_ptr<FeatureAdaption> feature_adaption_;
  std::shared_ptr<nn::Conv2d> conv_cls_;
};

FoveaHead::FoveaHead(const Options& options, const BuildContext& context)
    : AnchorFreeHead("FoveaHead", options, context), options_(options) {
  const std::size_t levels = options.strides.size();
  const std::string wrong = "must have as many entries as strides, " + std::to_string(levels);
  if (options.base_edge_list.size() != levels) throw ArgumentError("base_edge_list", wrong);
  if (options.scale_ranges.size() != levels) throw ArgumentError("scale_ranges", wrong);
  init_reg_convs();
  conv_reg_ = register_module("conv_reg", prediction_conv(options.feat_channels, 4, context));
  if (options.with_deform) {
    add_deformed_cls_branch(context);
  } else {
    init_cls_convs();
    conv_cls_ = register_module("conv_cls", prediction_conv(options.feat_channels, cls_out_channels(), context));
  }
}

void FoveaHead::add_deformed_cls_branch(const BuildContext& context) {
  const std::int64_t channels = options_.feat_channels;
  deformed_cls_convs_ = register_module("cls_convs", std::make_shared<StackedConvs>());
  nn::ConvModule::Options conv{.in_channels = channels,
                               .out_channels = 4 * channels,
                               .kernel_size = 3,
                               .padding = 1,
                               .layers = {options_.conv_cfg, options_.norm_cfg, ConfigDict{{"type", "ReLU"}}}};
  deformed_cls_convs_->append(std::make_shared<nn::ConvModule>(conv, context));
  conv.in_channels = 4 * channels;
  conv.kernel_size = 1;
  conv.padding = 0;
  deformed_cls_convs_->append(std::make_shared<nn::ConvModule>(conv, context));
  const FeatureAdaption::Options adaption{.python_name = "FeatureAlign",
                                          .shape_channels = 4,
                                          .in_channels = channels,
                                          .out_channels = channels,
                                          .deform_groups = options_.deform_groups};
  feature_adaption_ = register_module("feature_adaption", std::make_shared<FeatureAdaption>(adaption, context));
  conv_cls_ = register_module("conv_cls", prediction_conv(4 * channels, cls_out_channels(), context));
}

HeadOutputs FoveaHead::compute(const nn::Features& features) {
  nn::Features cls_scores, bbox_preds;
  for (const torch::Tensor& feature : features) {
    bbox_preds.push_back(conv_reg_->forward(apply_all(reg_convs(), feature)));
    torch::Tensor cls_feat = feature;
    if (feature_adaption_) {
      cls_feat = apply_all(*deformed_cls_convs_, feature_adaption_->forward(cls_feat, bbox_preds.back().exp()));
    } else {
      cls_feat = apply_all(cls_convs(), cls_feat);
    }
    cls_scores.push_back(conv_cls_->forward(cls_feat));
  }
  return {cls_scores, bbox_preds};
}

torch::Tensor FoveaHead::decode_boxes(std::size_t level, const torch::Tensor& points, const torch::Tensor& predictions,
                                      const CoderCall& call) const {
  const torch::Tensor distances = options_.base_edge_list[level] * predictions.exp(), places = points.slice(1, 0, 2);
  const torch::Tensor boxes = torch::cat({places - distances.slice(1, 0, 2), places + distances.slice(1, 2, 4)}, 1);
  const auto within = [&](std::int64_t first, std::int64_t length) {
    return torch::stack({boxes.select(1, first), boxes.select(1, first + 2)}, 1).clamp(0, static_cast<double>(length - 1));
  };
  const torch::Tensor x = within(0, call.max_shape->width), y = within(1, call.max_shape->height);
  return torch::stack({x.select(1, 0), y.select(1, 0), x.select(1, 1), y.select(1, 1)}, 1);
}

FoveaHead::LevelTargets FoveaHead::level_targets(std::size_t level, ImageSize size, const torch::Tensor& points,
                                                 const torch::Tensor& gt_bboxes, const torch::Tensor& gt_labels) const {
  const torch::Tensor sides = gt_bboxes.slice(1, 2, 4) - gt_bboxes.slice(1, 0, 2);
  const torch::Tensor scales = sides.prod(1).sqrt();
  const auto& range = options_.scale_ranges[level];
  torch::Tensor hit = ((scales >= range[0]) & (scales <= range[1])).nonzero().flatten();
  hit = hit.index({(-scales.index({hit})).argsort()});  // larger ones first: smaller ones lie on top
  torch::Tensor labels = torch::full({size.height, size.width}, num_classes(), gt_labels.options());
  torch::Tensor distances = torch::ones({size.height, size.width, 4}, gt_bboxes.options());
  const torch::Tensor places = points.slice(1, 0, 2).view({size.height, size.width, 2});
  const torch::Tensor cells = gt_bboxes.index({hit}) / strides()[level], half = (cells.slice(1, 2, 4) - cells.slice(1, 0, 2)) * 0.5;
  const torch::Tensor first = torch::ceil(cells.slice(1, 0, 2) + (1 - options_.sigma) * half - 0.5).to(torch::kLong);
  const torch::Tensor last = torch::floor(cells.slice(1, 0, 2) + (1 + options_.sigma) * half - 0.5).to(torch::kLong);
  for (std::int64_t i = 0; i < hit.size(0); ++i) {
    const auto within = [&](const torch::Tensor& bound, std::int64_t axis, std::int64_t length) {
      return std::clamp<std::int64_t>(bound[i][axis].item<std::int64_t>(), 0, length - 1);
    };
    const torch::indexing::Slice rows(within(first, 1, size.height), within(last, 1, size.height) + 1);
    const torch::indexing::Slice columns(within(first, 0, size.width), within(last, 0, size.width) + 1);
    const torch::Tensor box = gt_bboxes[hit[i].item<std::int64_t>()], here = places.index({rows, columns});
    labels.index_put_({rows, columns}, gt_labels[hit[i].item<std::int64_t>()]);
    distances.index_put_({rows, columns},
                         torch::cat({here - box.slice(0, 0, 2), box.slice(0, 2, 4) - here}, -1) / options_.base_edge_list[level]);
  }
  return {labels.flatten(), distances.clamp(1.0 / 16, 16).log().view({-1, 4})};
}

Losses FoveaHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const auto flat = [&](std::size_t kind, std::int64_t values) { return by_anchor(outputs.at(kind), values).flatten(0, 1); };
  const torch::Tensor cls_scores = flat(0, cls_out_channels()), bbox_preds = flat(1, 4);
  const std::vector<torch::Tensor> points = grid_points_of(outputs.at(0));
  std::vector<torch::Tensor> labels, distances;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    for (std::size_t level = 0; level < points.size(); ++level) {
      const ImageSize size{outputs[0][level].size(2), outputs[0][level].size(3)};
      LevelTargets of_level = level_targets(level, size, points[level], targets.gt_bboxes[image], targets.gt_labels[image]);
      labels.push_back(std::move(of_level.labels));
      distances.push_back(std::move(of_level.distances));
    }
  }
  const torch::Tensor label = torch::cat(labels);
  const torch::Tensor positive = ((label >= 0) & (label < num_classes())).nonzero().view({-1});
  const auto num_pos = static_cast<double>(positive.size(0));
  LossCall call;
  call.avg_factor = num_pos + static_cast<double>(targets.size());
  Losses losses;
  losses.set("loss_cls", loss_cls().forward(cls_scores, label, call));
  if (positive.numel() == 0) {
    losses.set("loss_bbox", torch::zeros({}, bbox_preds.options().requires_grad(false)));
    return losses;
  }
  const torch::Tensor wanted = torch::cat(distances).index({positive});
  call.weight = torch::ones_like(wanted);
  call.avg_factor = num_pos;
  losses.set("loss_bbox", loss_bbox().forward(bbox_preds.index({positive}), wanted, call));
  return losses;
}

DETFORGE_REGISTER(heads, FoveaHead,
                  {.name = "FoveaHead",
                   .python = "mmdet.models.dense_heads.fovea_head.FoveaHead",
                   .meaning = "points in the middle of objects"});

}  // namespace detforge
