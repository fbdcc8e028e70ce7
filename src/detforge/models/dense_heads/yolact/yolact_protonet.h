#pragma once

#include "detforge/models/dense_heads/yolact/yolact_head.h"
#include "detforge/models/heads.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// YOLACT's masks (arXiv 1904.02689): prototypes [N, num_protos, h, w] of features [N, in_channels, H, W], and what the
/// coefficients of a box make of them within the box.
class YOLACTProtonet : public nn::Module {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::int64_t in_channels = 256;
    std::vector<std::optional<std::int64_t>> proto_channels = {256, 256, 256, std::nullopt, 256, 32};
    std::vector<std::int64_t> proto_kernel_sizes = {3, 3, 3, -2, 3, 1};
    bool include_last_relu = true;
    std::int64_t num_protos = 32;
    double loss_mask_weight = 1;
    std::int64_t max_masks_to_train = 100;
    std::optional<Value> init_cfg =
        Value::dict({{"type", "Xavier"}, {"distribution", "uniform"}, {"override", Value::dict({{"name", "protonet"}})}});
  };
  static Arguments<Options> arguments();

  YOLACTProtonet(const Options& options, const BuildContext& context);

  /// Boxes of an image, px of the network's input, and what they want of the prototypes.
  struct Wanted {
    torch::Tensor coefficients;  ///< [n, num_protos]
    torch::Tensor boxes;         ///< [n, 4]
    ImageSize img_shape;
  };
  /// Probabilities [n, h, w] of the masks of each image; 0 outside of the boxes.
  std::vector<torch::Tensor> forward(const torch::Tensor& feature, std::span<const Wanted> images) {
    return nn::observed(*this, {&feature, 1}, [&] { return compute(feature, images); });
  }
  /// `loss_mask` of each image, of coefficients [N, A·num_protos, H_i, W_i] where the head has given objects to anchors.
  Losses loss(const torch::Tensor& feature, const nn::Features& coefficients, const std::vector<SamplingResult>& sampled,
              const Targets& targets);
  /// The detections with their masks, in the original image or as large as the network saw it.
  std::vector<Detections> predict(const torch::Tensor& feature, std::vector<YOLACTInstances> instances, std::span<const ImageMeta> metas,
                                  bool rescale);

 private:
  class InterpolateModule;
  /// [N, h, w, num_protos]
  torch::Tensor prototypes(const torch::Tensor& feature) { return protonet_->forward(feature).permute({0, 2, 3, 1}).contiguous(); }
  std::vector<torch::Tensor> compute(const torch::Tensor& feature, std::span<const Wanted> images);
  torch::Tensor loss_of_image(torch::Tensor masks, torch::Tensor objects, const Targets& targets, std::size_t image) const;

  std::int64_t num_protos_;
  double loss_mask_weight_;
  std::int64_t max_masks_to_train_;
  std::shared_ptr<nn::Sequential> protonet_;
};

}  // namespace detforge
