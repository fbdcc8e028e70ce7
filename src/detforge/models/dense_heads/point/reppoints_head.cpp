#include <cmath>

#include "detforge/boxes/prior_generators/prior_generator.h"
#include "detforge/models/dense_heads/anchor/anchor_targets.h"
#include "detforge/models/dense_heads/point/anchor_free_head.h"
#include "detforge/nn/layers/deform_conv2d.h"

namespace detforge {

/// RepPoints' head (arXiv 1904.11490): an object is a set of points, which a deformable convolution over a first set refines.
/// Outputs are class scores and both sets, [N, 2·num_points, H_i, W_i] as y, x in strides from the place; in evaluation v2.27
/// gives boxes [N, 4, H_i, W_i] instead of the sets.
class RepPointsHead : public AnchorFreeHead {
 public:
  enum class Transform { Minmax, PartialMinmax, Moment };
  struct Options : AnchorFreeHead::Options {
    std::int64_t point_feat_channels = 256;
    std::int64_t num_points = 9;
    double gradient_mul = 0.1;
    std::vector<double> point_strides = {8, 16, 32, 64, 128};
    double point_base_scale = 4;
    ConfigDict loss_bbox_init = {{"type", "SmoothL1Loss"}, {"beta", 1.0 / 9.0}, {"loss_weight", 0.5}};
    ConfigDict loss_bbox_refine = {{"type", "SmoothL1Loss"}, {"beta", 1.0 / 9.0}, {"loss_weight", 1.0}};
    bool use_grid_points = false;
    bool center_init = true;
    Transform transform_method = Transform::Moment;
    double moment_mul = 0.01;
    Options() { init_cfg = init_cfg_with_prior("reppoints_cls_out"); }
  };
  static Arguments<Options> arguments();

  RepPointsHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 protected:
  HeadOutputs compute(const nn::Features& features) override;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override;
  torch::Tensor decode_boxes(std::size_t level, const torch::Tensor& points, const torch::Tensor& predictions,
                             const CoderCall& call) const override;
  double point_offset() const override { return 0; }

 private:
  /// How one of the two stages learns.
  struct Stage {
    std::optional<AnchorTrainCfg> cfg;
    bool from_points = false;  ///< its assigner sees points, not boxes
  };
  static AnchorFreeHead::Options at_point_strides(const Options& options);
  Stage stage(const char* name, const BuildContext& context) const;

  /// Boxes [n, 4, …] around sets of points [n, P, 2, …], y before x.
  torch::Tensor points2bbox(const torch::Tensor& points) const;
  torch::Tensor boxes_of_map(const torch::Tensor& map) const { return points2bbox(map.unflatten(1, {options_.num_points, 2})); }

  struct Grid {
    torch::Tensor points;  ///< [N, 2·P, H, W]
    torch::Tensor boxes;   ///< [N, 4, H, W]
  };
  Grid grid_from_boxes(const torch::Tensor& regression, const torch::Tensor& boxes) const;
  struct Sets {
    torch::Tensor scores, first, refined;
  };
  Sets sets_of(const torch::Tensor& feature);

  BatchTargets stage_targets(const Stage& stage, const std::vector<std::vector<torch::Tensor>>& proposals, const nn::Features& maps,
                             const Targets& targets) const;
  /// The loss of one level's point sets [N, 2·P, H, W].
  torch::Tensor loss_of_sets(Loss& loss, const torch::Tensor& map, std::size_t level, const torch::Tensor& points,
                             const BatchTargets& targets, double samples) const;

  Options options_;
  std::int64_t dcn_kernel_;
  Stage init_;
  Stage refine_;
  std::shared_ptr<PriorGenerator> prior_generator_;
  torch::Tensor moment_transfer_;  // [2], of the transform `moment`
  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<StackedConvs> cls_convs_;
  std::shared_ptr<StackedConvs> reg_convs_;
  std::shared_ptr<nn::DeformConv2d> reppoints_cls_conv_;
  std::shared_ptr<nn::Conv2d> reppoints_cls_out_;
  std::shared_ptr<nn::Conv2d> reppoints_pts_init_conv_;
  std::shared_ptr<nn::Conv2d> reppoints_pts_init_out_;
  std::shared_ptr<nn::DeformConv2d> reppoints_pts_refine_conv_;
  std::shared_ptr<nn::Conv2d> reppoints_pts_refine_out_;
  std::shared_ptr<Loss> loss_bbox_init_;
  std::shared_ptr<Loss> loss_bbox_refine_;
};

template <>
struct EnumNames<RepPointsHead::Transform> {
  static constexpr std::array<std::pair<RepPointsHead::Transform, std::string_view>, 3> names = {
      {{RepPointsHead::Transform::Minmax, "minmax"},
       {RepPointsHead::Transform::PartialMinmax, "partial_minmax"},
       {RepPointsHead::Transform::Moment, "moment"}}};
};

Arguments<RepPointsHead::Options> RepPointsHead::arguments() {
  return {AnchorFreeHead::arguments(),
          arg(&Options::point_feat_channels, "point_feat_channels", "channels before the points").at_least(1),
          arg(&Options::num_points, "num_points", "points of an object: the square of an odd number").at_least(1),
          arg(&Options::gradient_mul, "gradient_mul", "part of the gradient that reaches the first points through the refinement"),
          arg(&Options::point_strides, "point_strides", "stride of each level in px"),
          arg(&Options::point_base_scale, "point_base_scale", "size of the first boxes, in strides"),
          arg(&Options::loss_bbox_init, "loss_bbox_init", "loss of the first points' boxes").built_by("LOSSES"),
          arg(&Options::loss_bbox_refine, "loss_bbox_refine", "loss of the refined points' boxes").built_by("LOSSES"),
          arg(&Options::use_grid_points, "use_grid_points", "points are a grid on a box, which is what is predicted"),
          arg(&Options::center_init, "center_init", "points start from the place, not from a grid around it"),
          arg(&Options::transform_method, "transform_method", "how points become a box"),
          arg(&Options::moment_mul, "moment_mul", "part of the gradient that reaches the moments' factors")};
}

AnchorFreeHead::Options RepPointsHead::at_point_strides(const Options& options) {
  AnchorFreeHead::Options base = options;
  base.strides = options.point_strides;
  return base;
}

RepPointsHead::Stage RepPointsHead::stage(const char* name, const BuildContext& context) const {
  const Value* config = options_.train_cfg->find(name);
  if (config == nullptr || !config->is_dict()) {
    throw Error("the train_cfg of RepPointsHead needs the key '" + std::string(name) + "', a dict")
        .at(options_.train_cfg->value().location());
  }
  Value with_sampler = *config;
  if (const Value* sampler = options_.train_cfg->find("sampler")) with_sampler["sampler"] = *sampler;
  const Value* assigner = config->find("assigner");
  const bool from_points = assigner != nullptr && assigner->is_dict() && python_equal((*assigner)["type"], "PointAssigner");
  // Only the focal loss keeps this head from sampling.
  const bool is_focal = python_equal(options_.loss_cls["type"], "FocalLoss");
  return {anchor_train_cfg_from(ConfigDict(with_sampler), python_name(), is_focal ? "FocalLoss" : "", Sampling::ByLoss, context),
          from_points};
}

RepPointsHead::RepPointsHead(const Options& options, const BuildContext& context)
    : AnchorFreeHead("RepPointsHead", at_point_strides(options), context),
      options_(options),
      dcn_kernel_(std::llround(std::sqrt(static_cast<double>(options.num_points)))) {
  if (dcn_kernel_ * dcn_kernel_ != options.num_points || dcn_kernel_ % 2 == 0) {
    throw ArgumentError("num_points", "must be the square of an odd number, got " + std::to_string(options.num_points));
  }
  Value strides = Value::list();
  for (const double stride : options.point_strides) strides.push_back(stride);
  prior_generator_ =
      anchor_generators().build(Value::dict({{"type", "MlvlPointGenerator"}, {"strides", strides}, {"offset", 0.0}}), context);
  if (options.train_cfg) {
    init_ = stage("init", context);
    refine_ = stage("refine", context);
  }
  if (options.transform_method == Transform::Moment) moment_transfer_ = register_parameter("moment_transfer", torch::zeros({2}));
  const auto tower = [&] {
    return detforge::stacked_convs(options.stacked_convs, options.in_channels, options.feat_channels, options.conv_cfg, options.norm_cfg,
                                   context);
  };
  const auto deform = [&] {
    nn::DeformConv2d::Options conv;
    conv.in_channels = options.feat_channels;
    conv.out_channels = options.point_feat_channels;
    conv.kernel_size = dcn_kernel_;
    conv.padding = dcn_kernel_ / 2;
    return std::make_shared<nn::DeformConv2d>(conv, context);
  };
  const auto prediction = [&](std::int64_t channels) { return prediction_conv(options.point_feat_channels, channels, context, 1); };
  const std::int64_t per_set = options.use_grid_points ? 4 : 2 * options.num_points;
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  cls_convs_ = register_module("cls_convs", tower());
  reg_convs_ = register_module("reg_convs", tower());
  reppoints_cls_conv_ = register_module("reppoints_cls_conv", deform());
  reppoints_cls_out_ = register_module("reppoints_cls_out", prediction(cls_out_channels()));
  reppoints_pts_init_conv_ =
      register_module("reppoints_pts_init_conv", prediction_conv(options.feat_channels, options.point_feat_channels, context));
  reppoints_pts_init_out_ = register_module("reppoints_pts_init_out", prediction(per_set));
  reppoints_pts_refine_conv_ = register_module("reppoints_pts_refine_conv", deform());
  reppoints_pts_refine_out_ = register_module("reppoints_pts_refine_out", prediction(per_set));
  loss_bbox_init_ = register_module("loss_bbox_init", build_loss(options.loss_bbox_init, context.child("loss_bbox_init")));
  loss_bbox_refine_ = register_module("loss_bbox_refine", build_loss(options.loss_bbox_refine, context.child("loss_bbox_refine")));
}

torch::Tensor RepPointsHead::points2bbox(const torch::Tensor& points) const {
  torch::Tensor y = points.select(2, 0), x = points.select(2, 1);
  if (options_.transform_method == Transform::Moment) {
    const torch::Tensor factor = (moment_transfer_ * options_.moment_mul + moment_transfer_.detach() * (1 - options_.moment_mul)).exp();
    const torch::Tensor x_mean = x.mean(1, /*keepdim=*/true), y_mean = y.mean(1, /*keepdim=*/true);
    const torch::Tensor half_width = (x - x_mean).std(1, /*unbiased=*/true, /*keepdim=*/true) * factor[0];
    const torch::Tensor half_height = (y - y_mean).std(1, /*unbiased=*/true, /*keepdim=*/true) * factor[1];
    return torch::cat({x_mean - half_width, y_mean - half_height, x_mean + half_width, y_mean + half_height}, 1);
  }
  if (options_.transform_method == Transform::PartialMinmax) {
    y = y.slice(1, 0, 4);
    x = x.slice(1, 0, 4);
  }
  return torch::stack({std::get<0>(x.min(1)), std::get<0>(y.min(1)), std::get<0>(x.max(1)), std::get<0>(y.max(1))}, 1);
}

/// A regular grid on the boxes that `regression` [N, 4, H, W] makes of `boxes` [N or 1, 4, H or 1, W or 1].
RepPointsHead::Grid RepPointsHead::grid_from_boxes(const torch::Tensor& regression, const torch::Tensor& boxes) const {
  const torch::Tensor center = (boxes.slice(1, 0, 2) + boxes.slice(1, 2, 4)) / 2;
  const torch::Tensor size = (boxes.slice(1, 2, 4) - boxes.slice(1, 0, 2)).clamp_min(1e-6);
  const torch::Tensor grid_size = size * regression.slice(1, 2, 4).exp();
  const torch::Tensor first = center + size * regression.slice(1, 0, 2) - 0.5 * grid_size;
  const torch::Tensor steps = torch::linspace(0, 1, dcn_kernel_, regression.options().requires_grad(false)).view({1, -1, 1, 1});
  const torch::Tensor x = first.slice(1, 0, 1) + grid_size.slice(1, 0, 1) * steps;
  const torch::Tensor y = first.slice(1, 1, 2) + grid_size.slice(1, 1, 2) * steps;
  const torch::Tensor all_x = x.unsqueeze(1).repeat({1, dcn_kernel_, 1, 1, 1}).flatten(1, 2);
  const torch::Tensor all_y = y.unsqueeze(2).repeat({1, 1, dcn_kernel_, 1, 1}).flatten(1, 2);
  return {torch::stack({all_y, all_x}, 2).flatten(1, 2), torch::cat({first, first + grid_size}, 1)};
}

RepPointsHead::Sets RepPointsHead::sets_of(const torch::Tensor& feature) {
  const std::int64_t reach = dcn_kernel_ / 2;
  const torch::Tensor steps = torch::arange(-reach, reach + 1, feature.options().requires_grad(false));
  const torch::Tensor kernel = torch::stack({steps.repeat_interleave(dcn_kernel_), steps.repeat({dcn_kernel_})}, 1).view({1, -1, 1, 1});
  const torch::Tensor cls_feat = apply_all(*cls_convs_, feature), pts_feat = apply_all(*reg_convs_, feature);
  torch::Tensor first = reppoints_pts_init_out_->forward(relu_->forward(reppoints_pts_init_conv_->forward(pts_feat)));
  torch::Tensor boxes;
  const double scale = options_.point_base_scale / 2;
  if (options_.use_grid_points) {
    const torch::Tensor start = torch::tensor({-scale, -scale, scale, scale}, kernel.options()).view({1, 4, 1, 1});
    Grid grid = grid_from_boxes(first, start);
    first = grid.points;
    boxes = grid.boxes;
  } else if (!options_.center_init) {
    first = first + kernel / static_cast<double>(reach) * scale;
  }
  const torch::Tensor offset = (1 - options_.gradient_mul) * first.detach() + options_.gradient_mul * first - kernel;
  Sets sets;
  sets.scores = reppoints_cls_out_->forward(relu_->forward(reppoints_cls_conv_->forward(cls_feat, offset)));
  sets.refined = reppoints_pts_refine_out_->forward(relu_->forward(reppoints_pts_refine_conv_->forward(pts_feat, offset)));
  sets.refined = options_.use_grid_points ? grid_from_boxes(sets.refined, boxes.detach()).points : sets.refined + first.detach();
  sets.first = first;
  return sets;
}

HeadOutputs RepPointsHead::compute(const nn::Features& features) {
  nn::Features scores, first, refined;
  const bool gives_boxes = !is_training() && reference() == Reference::V2_27;
  for (const torch::Tensor& feature : features) {
    Sets sets = sets_of(feature);
    scores.push_back(sets.scores);
    first.push_back(sets.first);
    refined.push_back(gives_boxes ? boxes_of_map(sets.refined) : sets.refined);
  }
  if (gives_boxes) return {scores, refined};
  return {scores, first, refined};
}

std::vector<kernels::Candidates> RepPointsHead::decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) {
  if (outputs.size() == 2) return decode_points(outputs[0], outputs[1], nullptr, metas);
  nn::Features boxes;
  for (const torch::Tensor& map : outputs.at(2)) boxes.push_back(boxes_of_map(map).contiguous());
  return decode_points(outputs[0], boxes, nullptr, metas);
}

torch::Tensor RepPointsHead::decode_boxes(std::size_t level, const torch::Tensor& points, const torch::Tensor& predictions,
                                          const CoderCall& call) const {
  const torch::Tensor boxes = predictions * options_.point_strides[level] + points.slice(1, 0, 2).repeat({1, 2});
  const auto width = static_cast<double>(call.max_shape->width), height = static_cast<double>(call.max_shape->height);
  return torch::stack({boxes.select(1, 0).clamp(0, width), boxes.select(1, 1).clamp(0, height), boxes.select(1, 2).clamp(0, width),
                       boxes.select(1, 3).clamp(0, height)},
                      1);
}

/// `proposals`: per image and level points [n, 4] or boxes [n, 4].
BatchTargets RepPointsHead::stage_targets(const Stage& stage, const std::vector<std::vector<torch::Tensor>>& proposals,
                                          const nn::Features& maps, const Targets& targets) const {
  const std::vector<ImageSize> sizes = featmap_sizes(maps);
  BatchTargets batch;
  batch.anchors = proposals.front();
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const torch::Tensor valid = torch::cat(prior_generator_->valid_flags(sizes, targets.metas[image].pad_shape));
    batch.add(anchor_targets({*stage.cfg, nullptr, num_classes()}, torch::cat(proposals[image]), batch.level_sizes(), valid, targets, image,
                             /*with_labels=*/true));
  }
  return batch;
}

torch::Tensor RepPointsHead::loss_of_sets(Loss& loss, const torch::Tensor& map, std::size_t level, const torch::Tensor& points,
                                          const BatchTargets& targets, double samples) const {
  const double stride = options_.point_strides[level], unit = options_.point_base_scale * stride;
  const torch::Tensor center_yx = points.slice(1, 0, 2).flip(1).repeat({map.size(0), 1}).unsqueeze(1);  // [N·H·W, 1, 2]
  const torch::Tensor sets = by_anchor(map, 2 * options_.num_points).flatten(0, 1).unflatten(1, {options_.num_points, 2});
  LossCall call;
  call.weight = targets.levels(&AnchorTargets::bbox_weights)[level].reshape({-1, 4});
  call.avg_factor = samples;
  const torch::Tensor wanted = targets.levels(&AnchorTargets::bbox_targets)[level].reshape({-1, 4});
  return loss.forward(points2bbox(sets * stride + center_yx) / unit, wanted / unit, call);
}

Losses RepPointsHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  if (!init_.cfg) throw missing_train_cfg(python_name());
  if (outputs.size() != 3) throw Error("RepPointsHead learns from the outputs of training mode only");
  const std::vector<torch::Tensor> points = grid_points_of(outputs[0]);
  std::vector<std::vector<torch::Tensor>> starts(targets.size()), refined(targets.size());
  for (std::size_t level = 0; level < points.size(); ++level) {
    const double stride = options_.point_strides[level], half = options_.point_base_scale * stride * 0.5;
    const torch::Tensor centers = points[level].slice(1, 0, 2).repeat({1, 2});
    const torch::Tensor start = centers + torch::tensor({-half, -half, half, half}, centers.options());
    const torch::Tensor moved = by_anchor(boxes_of_map(outputs[1][level].detach()), 4) * stride;
    for (std::size_t image = 0; image < targets.size(); ++image) {
      starts[image].push_back(init_.from_points ? points[level] : start);
      refined[image].push_back(centers + moved[static_cast<std::int64_t>(image)]);
    }
  }
  const BatchTargets of_init = stage_targets(init_, starts, outputs[0], targets);
  const BatchTargets of_refine = stage_targets(refine_, refined, outputs[0], targets);
  const auto samples = [](const Stage& stage, const BatchTargets& batch) {
    return static_cast<double>(batch.num_total_pos + (stage.cfg->sampling ? batch.num_total_neg : 0));
  };
  const auto labels = of_refine.levels(&AnchorTargets::labels), label_weights = of_refine.levels(&AnchorTargets::label_weights);
  std::vector<torch::Tensor> losses_cls, losses_init, losses_refine;
  for (std::size_t level = 0; level < points.size(); ++level) {
    LossCall call;
    call.weight = label_weights[level].flatten();
    call.avg_factor = samples(refine_, of_refine);
    losses_cls.push_back(loss_cls().forward(by_anchor(outputs[0][level], cls_out_channels()).flatten(0, 1), labels[level].flatten(), call));
    losses_init.push_back(loss_of_sets(*loss_bbox_init_, outputs[1][level], level, points[level], of_init, samples(init_, of_init)));
    losses_refine.push_back(loss_of_sets(*loss_bbox_refine_, outputs[2][level], level, points[level], of_refine, *call.avg_factor));
  }
  Losses losses;
  losses.set("loss_cls", std::move(losses_cls));
  losses.set("loss_pts_init", std::move(losses_init));
  losses.set("loss_pts_refine", std::move(losses_refine));
  return losses;
}

DETFORGE_REGISTER(heads, RepPointsHead,
                  {.name = "RepPointsHead",
                   .python = "mmdet.models.dense_heads.reppoints_head.RepPointsHead",
                   .meaning = "objects as sets of points"});

}  // namespace detforge
