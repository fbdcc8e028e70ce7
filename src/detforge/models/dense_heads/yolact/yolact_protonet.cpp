#include "detforge/models/dense_heads/yolact/yolact_protonet.h"

#include <algorithm>
#include <cmath>

#include "detforge/models/mask_tensors.h"
#include "detforge/nn/activations/relu.h"
#include "detforge/nn/interpolate.h"
#include "detforge/nn/layers/conv2d.h"

namespace detforge {

class YOLACTProtonet::InterpolateModule : public nn::Layer {
 public:
  explicit InterpolateModule(double scale_factor) : Layer("InterpolateModule") {
    interpolation_.mode = "bilinear";
    interpolation_.scale_factor = scale_factor;
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return interpolation_(input, {0, 0}); }

 private:
  nn::Interpolation interpolation_;
};

Arguments<YOLACTProtonet::Options> YOLACTProtonet::arguments() {
  return {
      arg(&Options::num_classes, "num_classes", required, "number of classes, the background not counted").at_least(0),
      arg(&Options::in_channels, "in_channels", "channels of the features").at_least(1),
      arg(&Options::proto_channels, "proto_channels", "channels of each layer; None: an interpolation"),
      arg(&Options::proto_kernel_sizes, "proto_kernel_sizes", "kernel of each layer; below 0: the negative factor of the interpolation"),
      arg(&Options::include_last_relu, "include_last_relu", "whether prototypes are not negative"),
      arg(&Options::num_protos, "num_protos", "prototypes").at_least(1),
      arg(&Options::loss_mask_weight, "loss_mask_weight", "weight of the loss"),
      arg(&Options::max_masks_to_train, "max_masks_to_train", "at most so many masks of an image are learned from").at_least(1),
      arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

YOLACTProtonet::YOLACTProtonet(const Options& options, const BuildContext& context)
    : Module("YOLACTProtonet"),
      num_protos_(options.num_protos),
      loss_mask_weight_(options.loss_mask_weight),
      max_masks_to_train_(options.max_masks_to_train) {
  protonet_ = register_module("protonet", std::make_shared<nn::Sequential>());
  std::int64_t channels = options.in_channels;
  const std::size_t layers = std::min(options.proto_channels.size(), options.proto_kernel_sizes.size());
  for (std::size_t i = 0; i < layers; ++i) {
    const std::int64_t kernel = options.proto_kernel_sizes[i];
    const std::optional<std::int64_t> out_channels = options.proto_channels[i];
    if (kernel > 0) {
      if (!out_channels) throw ArgumentError("proto_channels", "must not be None where 'proto_kernel_sizes' is above 0");
      protonet_->append(prediction_conv(channels, *out_channels, context, kernel));
    } else {
      // MMDetection's transposed convolution would have a negative padding, which PyTorch refuses.
      if (out_channels || kernel == 0) throw ArgumentError("proto_channels", "must be None where 'proto_kernel_sizes' is not above 0");
      protonet_->append(std::make_shared<InterpolateModule>(static_cast<double>(-kernel)));
    }
    if (i + 1 < layers || options.include_last_relu) protonet_->append(std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
    channels = out_channels.value_or(channels);
  }
  show_init_cfg(context, options.init_cfg);
}

std::vector<torch::Tensor> YOLACTProtonet::compute(const torch::Tensor& feature, std::span<const Wanted> images) {
  const torch::Tensor all = prototypes(feature);
  std::vector<torch::Tensor> results;
  for (std::size_t image = 0; image < images.size(); ++image) {
    const auto& [coefficients, boxes, img_shape] = images[image];
    const torch::Tensor of_image = all[static_cast<std::int64_t>(image)];
    const torch::Tensor masks = torch::sigmoid(torch::matmul(of_image, coefficients.t())).permute({2, 0, 1});
    // Where an axis of the mask lies in the boxes, by a pixel more on each side: [n, size].
    const auto within = [&, &corners = boxes](std::int64_t axis, std::int64_t first, std::int64_t image_size) {
      const std::int64_t size = masks.size(axis);
      const auto side = [&](std::int64_t column) { return corners.select(1, column) / image_size * size; };
      const torch::Tensor begin = torch::minimum(side(first), side(first + 2)), end = torch::maximum(side(first), side(first + 2));
      const torch::Tensor at = torch::arange(size, corners.options()).unsqueeze(0);
      return (at >= (begin - 1).clamp_min(0).unsqueeze(1)) & (at < (end + 1).clamp_max(size).unsqueeze(1));
    };
    const torch::Tensor inside = within(1, 1, img_shape.height).unsqueeze(2) & within(2, 0, img_shape.width).unsqueeze(1);
    results.push_back((masks * inside).contiguous());
  }
  return results;
}

torch::Tensor YOLACTProtonet::loss_of_image(torch::Tensor masks, torch::Tensor objects, const Targets& targets, std::size_t image) const {
  if (objects.size(0) == 0) return masks.sum() * 0;
  if (objects.size(0) > max_masks_to_train_) {
    const torch::Tensor chosen = torch::randperm(objects.size(0), torch::kLong).slice(0, 0, max_masks_to_train_).to(objects.device());
    masks = masks.index({chosen});
    objects = objects.index({chosen});
  }
  const torch::Tensor pixels = mask_pixels(targets.gt_masks[image]).to(masks.device());
  const torch::Tensor small = torch::upsample_bilinear2d(pixels.unsqueeze(0), {masks.size(1), masks.size(2)}, /*align_corners=*/false)[0];
  const torch::Tensor wanted = small.gt(0.5).index({objects}).to(masks.dtype());
  const torch::Tensor each = torch::binary_cross_entropy(masks.clamp(0, 1), wanted, {}, at::Reduction::None) * loss_mask_weight_;
  const torch::Tensor boxes = targets.gt_bboxes[image].index({objects});
  const ImageSize img_shape = targets.metas[image].img_shape;
  const torch::Tensor width = (boxes.select(1, 2) - boxes.select(1, 0)) / img_shape.width;
  const torch::Tensor height = (boxes.select(1, 3) - boxes.select(1, 1)) / img_shape.height;
  return (each.mean({1, 2}) / width / height).sum();
}

Losses YOLACTProtonet::loss(const torch::Tensor& feature, const nn::Features& coefficients, const std::vector<SamplingResult>& sampled,
                            const Targets& targets) {
  if (targets.gt_masks.size() != targets.size()) {
    throw Error("YOLACTProtonet learns from masks, but the images have none")
        .help("let the pipeline load them: dict(type='LoadAnnotations', with_bbox=True, with_mask=True)");
  }
  const torch::Tensor all = by_anchor(coefficients, num_protos_);
  std::vector<Wanted> wanted;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    wanted.push_back({all[static_cast<std::int64_t>(image)].index({sampled[image].pos_inds}),
                      targets.gt_bboxes[image].index({sampled[image].pos_assigned_gt_inds}), targets.metas[image].img_shape});
  }
  const std::vector<torch::Tensor> masks = forward(feature, wanted);
  std::vector<torch::Tensor> losses;
  std::int64_t total = 0;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const torch::Tensor& objects = sampled[image].pos_assigned_gt_inds;
    total += std::min(objects.size(0), max_masks_to_train_);
    losses.push_back(loss_of_image(masks[image], objects, targets, image));
  }
  for (torch::Tensor& loss : losses) loss = loss / std::max<std::int64_t>(total, 1);
  Losses result;
  result.set("loss_mask", std::move(losses));
  return result;
}

std::vector<Detections> YOLACTProtonet::predict(const torch::Tensor& feature, std::vector<YOLACTInstances> instances,
                                                std::span<const ImageMeta> metas, bool rescale) {
  std::vector<Wanted> wanted;
  for (std::size_t image = 0; image < instances.size(); ++image) {
    const std::vector<BoxXyxy>& found = instances[image].detections.boxes_xyxy;
    const auto count = static_cast<std::int64_t>(found.size());
    torch::Tensor boxes = torch::empty({count, 4});
    if (count > 0) std::copy_n(found.front().data(), 4 * found.size(), boxes.data_ptr<float>());
    torch::Tensor coefficients = torch::empty({count, num_protos_});
    std::copy(instances[image].coefficients.begin(), instances[image].coefficients.end(), coefficients.data_ptr<float>());
    boxes = boxes.to(feature.device());
    if (rescale) boxes = boxes * torch::tensor(at::ArrayRef<float>(metas[image].scale_factor), boxes.options());
    wanted.push_back({coefficients.to(feature.device()), boxes, metas[image].img_shape});
  }
  const std::vector<torch::Tensor> masks = forward(feature, wanted);
  std::vector<Detections> results;
  for (std::size_t image = 0; image < masks.size(); ++image) {
    results.push_back(std::move(instances[image].detections));
    if (masks[image].size(0) == 0) continue;
    std::int64_t height = metas[image].ori_shape.height, width = metas[image].ori_shape.width;
    if (!rescale) {
      height = std::lrint(static_cast<float>(height) * metas[image].scale_factor[1]);
      width = std::lrint(static_cast<float>(width) * metas[image].scale_factor[0]);
    }
    const torch::Tensor enlarged = torch::upsample_bilinear2d(masks[image].unsqueeze(0), {height, width}, /*align_corners=*/false)[0];
    results.back().masks = rles_of(enlarged > 0.5);
  }
  return results;
}

DETFORGE_REGISTER(heads, YOLACTProtonet,
                  {.name = "YOLACTProtonet",
                   .python = "mmdet.models.dense_heads.yolact_head.YOLACTProtonet",
                   .meaning = "prototypes of masks"});

}  // namespace detforge
