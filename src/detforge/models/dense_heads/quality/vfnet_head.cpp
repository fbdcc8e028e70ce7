#include <algorithm>
#include <optional>

#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/models/dense_heads/anchor/anchor_targets.h"
#include "detforge/models/dense_heads/point/fcos_head.h"
#include "detforge/nn/layers/deform_conv2d.h"

namespace detforge {

/// VarifocalNet's head (arXiv 2008.13367): FCOS's towers, boxes that are refined, and class scores that say how good the
/// refined box is, both by a deformable convolution over a star of points of the first box.
///
/// In evaluation v2.27 leaves the first boxes out of the outputs.
class VFNetHead : public AnchorFreeHead {
 public:
  enum class BBoxNorm { RegDenom, Stride };
  struct Options : AnchorFreeHead::Options {
    std::vector<std::array<double, 2>> regress_ranges = {{-1, 64}, {64, 128}, {128, 256}, {256, 512}, {512, 1e8}};
    bool center_sampling = false;
    double center_sample_radius = 1.5;
    bool sync_num_pos = true;
    double gradient_mul = 0.1;
    BBoxNorm bbox_norm_type = BBoxNorm::RegDenom;
    ConfigDict loss_cls_fl = focal_loss();
    bool use_vfl = true;
    ConfigDict loss_bbox_refine = {{"type", "GIoULoss"}, {"loss_weight", 2.0}};
    bool use_atss = true;
    bool reg_decoded_bbox = true;
    ConfigDict anchor_generator = {{"type", "AnchorGenerator"}, {"ratios", Value::list({1.0})},
                                   {"octave_base_scale", 8},    {"scales_per_octave", 1},
                                   {"center_offset", 0.0},      {"strides", Value::list({8, 16, 32, 64, 128})}};
    Options();
  };
  static Arguments<Options> arguments();

  VFNetHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 protected:
  HeadOutputs compute(const nn::Features& features) override;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override {
    return decode_points(outputs.at(0), outputs.back(), nullptr, metas);
  }
  double point_offset() const override { return point_offset_; }

 private:
  /// What the points of all images should have said: [N·P] labels and their weights, [N·P, 4] boxes as distances.
  struct FlatTargets {
    torch::Tensor labels, label_weights, distances;
  };
  FlatTargets flat_targets(const nn::Features& cls_scores, const std::vector<torch::Tensor>& points, const Targets& targets) const;
  torch::Tensor star_dcn_offset(const torch::Tensor& bbox_pred, double stride) const;

  Options options_;
  double point_offset_;
  std::vector<double> reg_denoms_;
  std::optional<AnchorTrainCfg> train_cfg_;
  std::shared_ptr<PriorGenerator> atss_prior_generator_;
  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<nn::ConvModule> vfnet_reg_conv_;
  std::shared_ptr<nn::Conv2d> vfnet_reg_;
  std::shared_ptr<nn::ModuleList<nn::Scale>> scales_;
  std::shared_ptr<nn::DeformConv2d> vfnet_reg_refine_dconv_;
  std::shared_ptr<nn::Conv2d> vfnet_reg_refine_;
  std::shared_ptr<nn::ModuleList<nn::Scale>> scales_refine_;
  std::shared_ptr<nn::DeformConv2d> vfnet_cls_dconv_;
  std::shared_ptr<nn::Conv2d> vfnet_cls_;
  std::shared_ptr<Loss> loss_bbox_refine_;
};

template <>
struct EnumNames<VFNetHead::BBoxNorm> {
  static constexpr std::array<std::pair<VFNetHead::BBoxNorm, std::string_view>, 2> names = {
      {{VFNetHead::BBoxNorm::RegDenom, "reg_denom"}, {VFNetHead::BBoxNorm::Stride, "stride"}}};
};

VFNetHead::Options::Options() {
  norm_cfg = ConfigDict{{"type", "GN"}, {"num_groups", 32}, {"requires_grad", true}};
  loss_cls = {{"type", "VarifocalLoss"}, {"use_sigmoid", true}, {"alpha", 0.75}, {"gamma", 2.0},
              {"iou_weighted", true},    {"loss_weight", 1.0}};
  loss_bbox = {{"type", "GIoULoss"}, {"loss_weight", 1.5}};
  init_cfg = init_cfg_with_prior("vfnet_cls");
}

Arguments<VFNetHead::Options> VFNetHead::arguments() {
  return {AnchorFreeHead::arguments(),
          arg(&Options::regress_ranges, "regress_ranges", "smallest and largest distance that each level learns, px"),
          arg(&Options::center_sampling, "center_sampling", "only points near the middle of an object count"),
          arg(&Options::center_sample_radius, "center_sample_radius", "how near, in strides"),
          arg(&Options::sync_num_pos, "sync_num_pos", "average over the positives of all processes"),
          arg(&Options::gradient_mul, "gradient_mul", "part of the gradient that reaches the first boxes through the star"),
          arg(&Options::bbox_norm_type, "bbox_norm_type", "first boxes in the level's largest distance or in strides"),
          arg(&Options::loss_cls_fl, "loss_cls_fl", "loss of the classes without use_vfl").built_by("LOSSES"),
          arg(&Options::use_vfl, "use_vfl", "class scores learn the quality of the box"),
          arg(&Options::loss_bbox_refine, "loss_bbox_refine", "loss of the refined boxes").built_by("LOSSES"),
          arg(&Options::use_atss, "use_atss", "ATSS chooses the positives, else FCOS's rule"),
          arg(&Options::reg_decoded_bbox, "reg_decoded_bbox", "has no meaning here").since_v2_27(),
          arg(&Options::anchor_generator, "anchor_generator", "anchors for ATSS").built_by("ANCHOR_GENERATORS")};
}

namespace {

/// The class loss that VFNetHead uses takes the place of AnchorFreeHead's.
AnchorFreeHead::Options vfnet_base_options(const VFNetHead::Options& options) {
  AnchorFreeHead::Options base = options;
  if (!options.use_vfl) base.loss_cls = options.loss_cls_fl;
  return base;
}

std::shared_ptr<nn::DeformConv2d> vfnet_star_conv(std::int64_t channels, const BuildContext& context) {
  nn::DeformConv2d::Options options;
  options.in_channels = options.out_channels = channels;
  options.kernel_size = 3;
  options.padding = 1;
  return std::make_shared<nn::DeformConv2d>(options, context);
}

std::shared_ptr<nn::ModuleList<nn::Scale>> vfnet_scales(std::size_t count) {
  auto scales = std::make_shared<nn::ModuleList<nn::Scale>>();
  for (std::size_t i = 0; i < count; ++i) scales->append(std::make_shared<nn::Scale>());
  return scales;
}

}  // namespace

VFNetHead::VFNetHead(const Options& options, const BuildContext& context)
    : AnchorFreeHead("VFNetHead", vfnet_base_options(options), context),
      options_(options),
      train_cfg_(anchor_train_cfg_from(options.train_cfg, "VFNetHead", {}, Sampling::Never, context)),
      atss_prior_generator_(anchor_generators().build(options.anchor_generator, context.child("anchor_generator"))) {
  if (options.regress_ranges.size() != options.strides.size() || options.regress_ranges.size() < 2) {
    throw ArgumentError("regress_ranges", "must have as many entries as strides, at least 2");
  }
  if (atss_prior_generator_->num_levels() != options.strides.size()) {
    throw ArgumentError("anchor_generator", "must have as many levels as strides");
  }
  const Value* offset = options.anchor_generator.find("center_offset");
  point_offset_ = options.use_atss ? (offset != nullptr ? offset->as_double() : 0.0) : 0.5;
  for (const auto& range : options.regress_ranges) reg_denoms_.push_back(range[1]);
  reg_denoms_.back() = reg_denoms_[reg_denoms_.size() - 2] * 2;
  const std::int64_t channels = options.feat_channels;
  init_cls_convs();
  init_reg_convs();
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  const nn::ConvModule::Options conv{.in_channels = channels,
                                     .out_channels = channels,
                                     .kernel_size = 3,
                                     .padding = 1,
                                     .bias = conv_bias_of(options.conv_bias),
                                     .layers = {options.conv_cfg, options.norm_cfg, ConfigDict{{"type", "ReLU"}}}};
  vfnet_reg_conv_ = register_module("vfnet_reg_conv", std::make_shared<nn::ConvModule>(conv, context));
  vfnet_reg_ = register_module("vfnet_reg", prediction_conv(channels, 4, context));
  scales_ = register_module("scales", vfnet_scales(options.strides.size()));
  vfnet_reg_refine_dconv_ = register_module("vfnet_reg_refine_dconv", vfnet_star_conv(channels, context));
  vfnet_reg_refine_ = register_module("vfnet_reg_refine", prediction_conv(channels, 4, context));
  scales_refine_ = register_module("scales_refine", vfnet_scales(options.strides.size()));
  vfnet_cls_dconv_ = register_module("vfnet_cls_dconv", vfnet_star_conv(channels, context));
  vfnet_cls_ = register_module("vfnet_cls", prediction_conv(channels, cls_out_channels(), context));
  loss_bbox_refine_ = register_module("loss_bbox_refine", build_loss(options.loss_bbox_refine, context.child("loss_bbox_refine")));
}

/// The kernel's nine samples (y before x): the middle, the middles of the box's sides and its corners.
torch::Tensor VFNetHead::star_dcn_offset(const torch::Tensor& bbox_pred, double stride) const {
  const torch::Tensor slowed = ((1 - options_.gradient_mul) * bbox_pred.detach() + options_.gradient_mul * bbox_pred) / stride;
  const torch::Tensor left = -slowed.select(1, 0), up = -slowed.select(1, 1), right = slowed.select(1, 2), down = slowed.select(1, 3);
  const torch::Tensor none = torch::zeros_like(left);
  const torch::Tensor samples =
      torch::stack({up, left, up, none, up, right, none, left, none, none, none, right, down, left, down, none, down, right}, 1);
  const torch::Tensor steps = torch::arange(-1, 2, samples.options());
  const torch::Tensor kernel = torch::stack({steps.repeat_interleave(3), steps.repeat({3})}, 1).view({1, -1, 1, 1});
  return samples - kernel;
}

HeadOutputs VFNetHead::compute(const nn::Features& features) {
  if (features.size() != strides().size()) {
    throw Error("VFNetHead has " + std::to_string(strides().size()) + " levels, but the neck gives " + std::to_string(features.size()));
  }
  nn::Features cls_scores, bbox_preds, refined;
  for (std::size_t level = 0; level < features.size(); ++level) {
    const double stride = strides()[level];
    const torch::Tensor cls_feat = apply_all(cls_convs(), features[level]), reg_feat = apply_all(reg_convs(), features[level]);
    const torch::Tensor first = (*scales_)[level].forward(vfnet_reg_->forward(vfnet_reg_conv_->forward(reg_feat))).exp() *
                                (options_.bbox_norm_type == BBoxNorm::RegDenom ? reg_denoms_[level] : stride);
    const torch::Tensor offset = star_dcn_offset(first, stride);
    const torch::Tensor around = relu_->forward(vfnet_reg_refine_dconv_->forward(reg_feat, offset));
    refined.push_back((*scales_refine_)[level].forward(vfnet_reg_refine_->forward(around)).exp() * first.detach());
    cls_scores.push_back(vfnet_cls_->forward(relu_->forward(vfnet_cls_dconv_->forward(cls_feat, offset))));
    bbox_preds.push_back(first);
  }
  if (!is_training() && reference() == Reference::V2_27) return {cls_scores, refined};
  return {cls_scores, bbox_preds, refined};
}

VFNetHead::FlatTargets VFNetHead::flat_targets(const nn::Features& cls_scores, const std::vector<torch::Tensor>& levels,
                                               const Targets& targets) const {
  const torch::Tensor points = torch::cat(levels);
  if (options_.use_atss) {
    if (!train_cfg_) throw missing_train_cfg("VFNetHead");
    const BatchTargets batch = batch_targets(*atss_prior_generator_, cls_scores, {*train_cfg_, nullptr, num_classes()}, targets);
    const torch::Tensor boxes = batch.stacked(&AnchorTargets::bbox_targets).flatten(0, 1);
    return {batch.stacked(&AnchorTargets::labels).flatten(), batch.stacked(&AnchorTargets::label_weights).flatten(),
            bbox_coder().encode(points.repeat({static_cast<std::int64_t>(targets.size()), 1}), boxes)};
  }
  std::vector<torch::Tensor> ranges, labels, distances;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const auto& range = options_.regress_ranges[level];
    ranges.push_back(torch::tensor({range[0], range[1]}, levels[level].options()).expand({levels[level].size(0), 2}));
  }
  const PointTargetRules rules{num_classes(), options_.center_sampling, options_.center_sample_radius};
  for (std::size_t image = 0; image < targets.size(); ++image) {
    PointTargets of_image = point_targets(points, torch::cat(ranges), targets.gt_bboxes[image], targets.gt_labels[image], rules);
    labels.push_back(std::move(of_image.labels));
    distances.push_back(std::move(of_image.bbox_targets));
  }
  return {torch::cat(labels), {}, torch::cat(distances)};
}

Losses VFNetHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  if (outputs.size() != 3) throw Error("VFNetHead learns from the outputs of training mode only");
  const auto flat = [&](std::size_t kind, std::int64_t values) { return by_anchor(outputs.at(kind), values).flatten(0, 1); };
  const torch::Tensor cls_scores = flat(0, cls_out_channels());
  const std::vector<torch::Tensor> levels = grid_points_of(outputs[0]);
  const FlatTargets wanted = flat_targets(outputs[0], levels, targets);
  const torch::Tensor positive = ((wanted.labels >= 0) & (wanted.labels < num_classes())).nonzero().squeeze(1);
  const torch::Tensor points = torch::cat(levels).repeat({static_cast<std::int64_t>(targets.size()), 1}).index({positive});
  const torch::Tensor boxes = bbox_coder().decode(points, wanted.distances.index({positive}));
  torch::Tensor ious;
  const auto loss_of = [&](Loss& loss, const torch::Tensor& predictions) {
    const torch::Tensor said = predictions.index({positive});
    if (positive.numel() == 0) return said.sum() * 0;
    const torch::Tensor decoded = bbox_coder().decode(points, said);
    ious = aligned_bbox_overlaps(decoded, boxes).clamp_min(1e-6).detach();
    LossCall call;
    call.weight = ious;
    call.avg_factor = std::max(ious.sum().item<double>(), 1.0);
    return loss.forward(decoded, boxes, call);
  };
  const torch::Tensor of_first = loss_of(loss_bbox(), flat(1, 4)), of_refined = loss_of(*loss_bbox_refine_, flat(2, 4));
  LossCall call;
  const auto num_pos = static_cast<double>(positive.size(0));
  call.avg_factor = options_.sync_num_pos ? std::max(num_pos, 1.0) : num_pos;
  Losses losses;
  if (options_.use_vfl) {
    torch::Tensor qualities = torch::zeros_like(cls_scores).detach();
    if (positive.numel() > 0) qualities.index_put_({positive, wanted.labels.index({positive})}, ious);
    losses.set("loss_cls", loss_cls().forward(cls_scores, qualities, call));
  } else {
    call.weight = wanted.label_weights;
    losses.set("loss_cls", loss_cls().forward(cls_scores, wanted.labels, call));
  }
  losses.set("loss_bbox", of_first);
  losses.set("loss_bbox_rf", of_refined);
  return losses;
}

DETFORGE_REGISTER(heads, VFNetHead,
                  {.name = "VFNetHead",
                   .python = "mmdet.models.dense_heads.vfnet_head.VFNetHead",
                   .meaning = "boxes that are refined, class scores that say how good they are"});

}  // namespace detforge
