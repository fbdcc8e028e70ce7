#include "detforge/models/roi_heads/mask_heads/maskiou_head.h"

#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/linear.h"
#include "detforge/nn/layers/max_pool2d.h"

namespace detforge {
namespace {

/// Which part of its object's mask lies inside of each positive region, [P].
torch::Tensor mask_iou_area_ratios(const SamplingResult& sample, const InstanceMasks& masks) {
  const torch::Tensor boxes = sample.pos_bboxes.detach().to(torch::kCPU, torch::kLong);
  const torch::Tensor gt_inds = sample.pos_assigned_gt_inds.to(torch::kCPU);
  const std::vector<double> areas = boxes.size(0) > 0 ? masks.areas() : std::vector<double>();
  std::vector<float> ratios;
  for (std::int64_t i = 0; i < boxes.size(0); ++i) {
    const auto object = static_cast<std::size_t>(gt_inds[i].item<std::int64_t>());
    const auto at = [&](std::int64_t side) { return boxes[i][side].item<std::int64_t>(); };
    const double inside = masks.select(std::array{object}).crop({at(0), at(1), at(2), at(3)}).areas().front();
    ratios.push_back(static_cast<float>(inside / (areas.at(object) + 1e-7)));
  }
  return torch::tensor(ratios).to(sample.pos_bboxes.device());
}

}  // namespace

Value MaskIoUHead::default_init_cfg() {
  const auto part = [](const char* name) { return Value::dict({{"name", name}}); };
  return Value::list({Value::dict({{"type", "Kaiming"}, {"override", part("convs")}}),
                      Value::dict({{"type", "Caffe2Xavier"}, {"override", part("fcs")}}),
                      Value::dict({{"type", "Normal"}, {"std", 0.01}, {"override", part("fc_mask_iou")}})});
}

Arguments<MaskIoUHead::Options> MaskIoUHead::arguments() {
  return {arg(&Options::num_convs, "num_convs", "convolutions, the last of stride 2").at_least(1),
          arg(&Options::num_fcs, "num_fcs", "linear layers").at_least(0),
          arg(&Options::roi_feat_size, "roi_feat_size", "height and width of the features"),
          arg(&Options::in_channels, "in_channels", "channels of the features").at_least(1),
          arg(&Options::conv_out_channels, "conv_out_channels", "channels of the convolutions").at_least(1),
          arg(&Options::fc_out_channels, "fc_out_channels", "outputs of the linear layers").at_least(1),
          arg(&Options::num_classes, "num_classes", "number of classes, the background not counted").at_least(1),
          arg(&Options::loss_iou, "loss_iou", "loss of the IoU").built_by("LOSSES"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

MaskIoUHead::MaskIoUHead(const Options& options, const BuildContext& context) : Module("MaskIoUHead") {
  convs_ = register_module("convs", std::make_shared<nn::ModuleList<>>());
  for (std::int64_t i = 0; i < options.num_convs; ++i) {
    nn::Conv2d::Options conv;
    conv.in_channels = i == 0 ? options.in_channels + 1 : options.conv_out_channels;
    conv.out_channels = options.conv_out_channels;
    conv.kernel_size = 3;
    conv.stride = i + 1 == options.num_convs ? 2 : 1;
    conv.padding = 1;
    convs_->append(std::make_shared<nn::Conv2d>(conv, context));
  }
  const auto linear = [](std::int64_t in, std::int64_t out) {
    return std::make_shared<nn::Linear>(nn::Linear::Options{.in_features = in, .out_features = out});
  };
  const std::int64_t pooled_area = (options.roi_feat_size.height / 2) * (options.roi_feat_size.width / 2);
  fcs_ = register_module("fcs", std::make_shared<nn::ModuleList<>>());
  for (std::int64_t i = 0; i < options.num_fcs; ++i) {
    fcs_->append(linear(i == 0 ? options.conv_out_channels * pooled_area : options.fc_out_channels, options.fc_out_channels));
  }
  fc_mask_iou_ = register_module("fc_mask_iou", linear(options.fc_out_channels, options.num_classes));
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/false, context));
  nn::MaxPool2d::Options pool;
  pool.kernel_size = 2;
  pool.stride = 2;
  max_pool_ = register_module("max_pool", std::make_shared<nn::MaxPool2d>(pool));
  loss_iou_ = register_module("loss_iou", build_loss(options.loss_iou, context.child("loss_iou")));
  show_init_cfg(context, options.init_cfg);
}

torch::Tensor MaskIoUHead::forward(const torch::Tensor& mask_feats, const torch::Tensor& mask_pred) {
  const std::array inputs = {mask_feats, mask_pred};
  return nn::observed(*this, inputs, [&] {
    torch::Tensor feats = torch::cat({mask_feats, max_pool_->forward(mask_pred.sigmoid().unsqueeze(1))}, 1);
    for (const auto& conv : *convs_) feats = relu_->forward(conv->forward(feats));
    feats = feats.flatten(1);
    for (const auto& fc : *fcs_) feats = relu_->forward(fc->forward(feats));
    return fc_mask_iou_->forward(feats);
  });
}

torch::Tensor MaskIoUHead::get_targets(std::span<const SamplingResult> samples, std::span<const InstanceMasks> gt_masks,
                                       const torch::Tensor& mask_pred, const torch::Tensor& mask_targets, double threshold) const {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> ratios;
  for (std::size_t image = 0; image < samples.size(); ++image) {
    ratios.push_back(mask_iou_area_ratios(samples[image], gt_masks[image]));
  }
  const std::array<std::int64_t, 2> pixels = {-1, -2};
  const torch::Tensor predicted = (mask_pred > threshold).to(mask_pred.dtype());
  const torch::Tensor overlaps = (predicted * mask_targets).sum(pixels);
  const torch::Tensor whole = mask_targets.sum(pixels) / (torch::cat(ratios) + 1e-7);
  return overlaps / (predicted.sum(pixels) + whole - overlaps);
}

Losses MaskIoUHead::loss(const torch::Tensor& predicted, const torch::Tensor& targets) {
  Losses losses;
  const torch::Tensor positive = (targets > 0).nonzero().squeeze(1);
  losses.set("loss_mask_iou", positive.size(0) > 0
                                  ? loss_iou_->forward(predicted.index_select(0, positive), targets.index_select(0, positive))
                                  : predicted.sum() * 0);
  return losses;
}

DETFORGE_REGISTER(heads, MaskIoUHead,
                  {.name = "MaskIoUHead",
                   .python = "mmdet.models.roi_heads.mask_heads.maskiou_head.MaskIoUHead",
                   .meaning = "how well a mask fits"});

}  // namespace detforge
