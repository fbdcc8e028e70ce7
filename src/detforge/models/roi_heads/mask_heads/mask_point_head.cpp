#include "detforge/models/roi_heads/mask_heads/mask_point_head.h"

#include "detforge/nn/layers/conv1d.h"
#include "detforge/nn/layers/conv_module.h"
#include "detforge/ops/point_sample.h"

namespace detforge {
namespace {

/// How near the logits [N, C, ...] of each mask's class are to 0: [N, ...], higher is nearer.
torch::Tensor mask_point_uncertainty(const torch::Tensor& logits, const torch::Tensor& labels) {
  if (logits.size(1) == 1) return -logits.squeeze(1).abs();
  return -logits.index({torch::arange(logits.size(0), labels.options()), labels}).abs();
}

}  // namespace

Arguments<MaskPointHead::Options> MaskPointHead::arguments() {
  return {arg(&Options::num_classes, "num_classes", required, "number of classes, the background not counted").at_least(1),
          arg(&Options::num_fcs, "num_fcs", "layers before the last").at_least(0),
          arg(&Options::in_channels, "in_channels", "channels of the pyramid's features, all levels together").at_least(1),
          arg(&Options::fc_channels, "fc_channels", "channels of the layers").at_least(1),
          arg(&Options::class_agnostic, "class_agnostic", "one mask for all classes"),
          arg(&Options::coarse_pred_each_layer, "coarse_pred_each_layer", "every layer sees the coarse mask again"),
          arg(&Options::conv_cfg, "conv_cfg", "layer of points"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::act_cfg, "act_cfg", "activation layer"),
          arg(&Options::loss_point, "loss_point", "loss of the points").built_by("LOSSES"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

MaskPointHead::MaskPointHead(const Options& options, const BuildContext& context)
    : Module("MaskPointHead"), class_agnostic_(options.class_agnostic), coarse_pred_each_layer_(options.coarse_pred_each_layer) {
  loss_point_ = register_module("loss_point", build_loss(options.loss_point, context.child("loss_point")));
  fcs_ = register_module("fcs", std::make_shared<nn::ModuleList<>>());
  std::int64_t channels = options.in_channels + options.num_classes;
  for (std::int64_t i = 0; i < options.num_fcs; ++i) {
    fcs_->append(std::make_shared<nn::ConvModule>(nn::ConvModule::Options{.in_channels = channels,
                                                                          .out_channels = options.fc_channels,
                                                                          .kernel_size = 1,
                                                                          .layers = {options.conv_cfg, options.norm_cfg, options.act_cfg}},
                                                  context));
    channels = options.fc_channels + (options.coarse_pred_each_layer ? options.num_classes : 0);
  }
  nn::Conv1d::Options logits;
  logits.in_channels = channels;
  logits.out_channels = options.class_agnostic ? 1 : options.num_classes;
  fc_logits_ = register_module("fc_logits", std::make_shared<nn::Conv1d>(logits, context));
  show_init_cfg(context, options.init_cfg);
}

torch::Tensor MaskPointHead::forward(const torch::Tensor& fine_feats, const torch::Tensor& coarse_feats) {
  const std::array inputs = {fine_feats, coarse_feats};
  return nn::observed(*this, inputs, [&] {
    torch::Tensor feats = torch::cat({fine_feats, coarse_feats}, 1);
    for (const auto& fc : *fcs_) {
      feats = fc->forward(feats);
      if (coarse_pred_each_layer_) feats = torch::cat({feats, coarse_feats}, 1);
    }
    return fc_logits_->forward(feats);
  });
}

torch::Tensor MaskPointHead::training_points(const torch::Tensor& mask_pred, const torch::Tensor& labels, const RcnnTrainCfg& config) {
  const torch::NoGradGuard no_grad;
  const std::int64_t count = mask_pred.size(0);
  const auto sampled = static_cast<std::int64_t>(static_cast<double>(config.num_points) * config.oversample_ratio);
  const auto uncertain = static_cast<std::int64_t>(config.importance_sample_ratio * static_cast<double>(config.num_points));
  const torch::Tensor candidates = torch::rand({count, sampled, 2}, mask_pred.options());
  // The uncertainty of the value at a point, not the value of the uncertainty there: between -1 and 1 lies a 0.
  const torch::Tensor uncertainty = mask_point_uncertainty(ops::point_sample(mask_pred, candidates), labels);
  const torch::Tensor chosen = std::get<1>(uncertainty.topk(uncertain, 1));
  const torch::Tensor points = candidates.gather(1, chosen.unsqueeze(2).expand({-1, -1, 2}));
  const std::int64_t random = config.num_points - uncertain;
  return random > 0 ? torch::cat({points, torch::rand({count, random, 2}, mask_pred.options())}, 1) : points;
}

torch::Tensor MaskPointHead::get_targets(const torch::Tensor& points, std::span<const SamplingResult> samples,
                                         std::span<const InstanceMasks> gt_masks) const {
  std::vector<torch::Tensor> targets;
  std::int64_t begin = 0;
  for (std::size_t image = 0; image < samples.size(); ++image) {
    const torch::Tensor& boxes = samples[image].pos_bboxes;
    const std::int64_t count = boxes.size(0);
    if (count == 0) continue;
    const BitmapMasks bitmaps = gt_masks[image].to_bitmaps();
    const std::int64_t height = bitmaps.size().height, width = bitmaps.size().width;
    const torch::Tensor pixels = torch::from_blob(const_cast<std::uint8_t*>(bitmaps.pixels().data()),
                                                  {static_cast<std::int64_t>(bitmaps.count()), height, width}, torch::kByte)
                                     .to(boxes.options());
    const torch::Tensor rois = torch::cat({torch::zeros({count, 1}, boxes.options()), boxes}, 1);
    const torch::Tensor of_map = ops::roi_points_in_map(rois, points.slice(0, begin, begin + count), height, width);
    const torch::Tensor masks = pixels.index_select(0, samples[image].pos_assigned_gt_inds).unsqueeze(1);
    targets.push_back(ops::point_sample(masks, of_map).squeeze(1));
    begin += count;
  }
  return targets.empty() ? torch::empty({0, points.size(1)}, points.options()) : torch::cat(targets);
}

Losses MaskPointHead::loss(const torch::Tensor& point_pred, const torch::Tensor& point_targets, const torch::Tensor& labels) {
  LossCall call;
  call.weight = class_agnostic_ ? torch::zeros_like(labels) : labels;
  Losses losses;
  losses.set("loss_point", loss_point_->forward(point_pred, point_targets, call));
  return losses;
}

MaskPointHead::UncertainPoints MaskPointHead::uncertain_points(const torch::Tensor& mask_pred, const torch::Tensor& labels,
                                                               std::int64_t count) {
  const std::int64_t height = mask_pred.size(2), width = mask_pred.size(3);
  const torch::Tensor uncertainty = mask_point_uncertainty(mask_pred, labels).flatten(1);
  const torch::Tensor indices = std::get<1>(uncertainty.topk(std::min(height * width, count), 1));
  const auto middles = [](const torch::Tensor& places, std::int64_t length) {
    const double step = 1.0 / static_cast<double>(length);
    return step / 2.0 + places.to(torch::kFloat) * step;
  };
  const torch::Tensor columns = indices.remainder(width), rows = indices.floor_divide(width);
  return {indices, torch::stack({middles(columns, width), middles(rows, height)}, 2)};
}

DETFORGE_REGISTER(heads, MaskPointHead,
                  {.name = "MaskPointHead",
                   .python = "mmdet.models.roi_heads.mask_heads.mask_point_head.MaskPointHead",
                   .meaning = "decides single points of masks"});

}  // namespace detforge
