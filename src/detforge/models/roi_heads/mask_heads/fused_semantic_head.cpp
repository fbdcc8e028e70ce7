#include "detforge/models/roi_heads/mask_heads/fused_semantic_head.h"

#include "detforge/models/blocks/conv_stack.h"

namespace detforge {

/// PyTorch's `CrossEntropyLoss`, which 2.8 uses instead of MMDetection's: the mean over the pixels that count, 0 where none does.
class FusedSemanticCriterion : public Loss {
 public:
  FusedSemanticCriterion(double loss_weight, std::int64_t ignore_label, const BuildContext& context)
      : Loss("CrossEntropyLoss", {Reduction::Mean, loss_weight}, context), ignore_label_(ignore_label) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall&) override {
    if (!(target != ignore_label_).any().item<bool>()) return prediction.sum() * 0;
    return torch::cross_entropy_loss(prediction, target, {}, at::Reduction::Mean, ignore_label_);
  }

 private:
  std::int64_t ignore_label_;
};

Arguments<FusedSemanticHead::Options> FusedSemanticHead::arguments() {
  return {arg(&Options::num_ins, "num_ins", required, "number of levels").at_least(1),
          arg(&Options::fusion_level, "fusion_level", required, "level at whose size all are added").at_least(0),
          arg(&Options::num_convs, "num_convs", "3×3 convolutions").at_least(0),
          arg(&Options::in_channels, "in_channels", "channels of the levels").at_least(1),
          arg(&Options::conv_out_channels, "conv_out_channels", "channels of the 3×3 convolutions").at_least(1),
          arg(&Options::num_classes, "num_classes", "number of classes").at_least(1),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::ignore_label, "ignore_label", "label that does not count").default_in_v2_27(std::nullopt),
          arg(&Options::loss_weight, "loss_weight", "factor of the loss").default_in_v2_27(std::nullopt),
          arg(&Options::loss_seg, "loss_seg", "loss of the classes").built_by("LOSSES").since_v2_27(),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

FusedSemanticHead::FusedSemanticHead(std::string python_name, const Options& options, bool residual, const BuildContext& context)
    : SemanticHead(std::move(python_name)), fusion_level_(static_cast<std::size_t>(options.fusion_level)) {
  if (options.fusion_level >= options.num_ins) throw ArgumentError("fusion_level", "must be below num_ins");
  const auto pointwise = [&](std::int64_t channels, bool inplace) {
    return std::make_shared<nn::ConvModule>(
        nn::ConvModule::Options{.in_channels = channels,
                                .out_channels = channels,
                                .kernel_size = 1,
                                .layers = {options.conv_cfg, options.norm_cfg, ConfigDict{{"type", "ReLU"}}},
                                .inplace = inplace},
        context);
  };
  lateral_convs_ = register_module("lateral_convs", std::make_shared<nn::ModuleList<>>());
  for (std::int64_t i = 0; i < options.num_ins; ++i) lateral_convs_->append(pointwise(options.in_channels, /*inplace=*/false));
  const ConvStackOptions stack{.num_convs = options.num_convs,
                               .in_channels = options.in_channels,
                               .out_channels = options.conv_out_channels,
                               .layers = {options.conv_cfg, options.norm_cfg, std::nullopt}};
  convs_ = register_module("convs", residual ? residual_stack(stack, context) : conv_stack(stack, context));
  conv_embedding_ = register_module("conv_embedding", pointwise(options.conv_out_channels, /*inplace=*/true));
  nn::Conv2d::Options logits;
  logits.in_channels = options.conv_out_channels;
  logits.out_channels = options.num_classes;
  conv_logits_ = register_module("conv_logits", std::make_shared<nn::Conv2d>(logits, context));
  if (context.reference == Reference::V2_8) {
    criterion_ = std::make_shared<FusedSemanticCriterion>(options.loss_weight.value_or(0.2), options.ignore_label.value_or(255), context);
  } else {
    Value loss = options.loss_seg.value();
    if (options.ignore_label && *options.ignore_label != 0) loss["ignore_index"] = *options.ignore_label;
    if (options.loss_weight && *options.loss_weight != 0) loss["loss_weight"] = *options.loss_weight;
    criterion_ = build_loss(loss, context.child("loss_seg"));
  }
  register_module("criterion", criterion_);
  show_init_cfg(context, options.init_cfg);
}

SemanticOutputs FusedSemanticHead::compute(const nn::Features& features) {
  if (features.size() < lateral_convs_->size()) {
    throw Error(python_name() + " has " + std::to_string(lateral_convs_->size()) + " levels, but the neck gives " +
                std::to_string(features.size()));
  }
  torch::Tensor fused = (*lateral_convs_)[fusion_level_].forward(features[fusion_level_]);
  const std::vector<std::int64_t> size = {fused.size(2), fused.size(3)};
  for (std::size_t level = 0; level < lateral_convs_->size(); ++level) {
    if (level == fusion_level_) continue;
    fused = fused + (*lateral_convs_)[level].forward(torch::upsample_bilinear2d(features[level], size, /*align_corners=*/true));
  }
  for (const auto& conv : *convs_) fused = conv->forward(fused);
  return {conv_logits_->forward(fused), conv_embedding_->forward(fused)};
}

torch::Tensor FusedSemanticHead::loss(const torch::Tensor& mask_pred, const torch::Tensor& labels) {
  return criterion_->forward(mask_pred, labels.squeeze(1).to(torch::kLong));
}

/// SCNet's (arXiv 2012.10150): residual blocks for the 3×3 convolutions.
class SCNetSemanticHead : public FusedSemanticHead {
 public:
  struct Options : FusedSemanticHead::Options {
    bool conv_to_res = true;
  };
  static Arguments<Options> arguments() {
    return {FusedSemanticHead::arguments(), arg(&Options::conv_to_res, "conv_to_res", "residual blocks of two convolutions each")};
  }
  SCNetSemanticHead(const Options& options, const BuildContext& context)
      : FusedSemanticHead("SCNetSemanticHead", options, options.conv_to_res, context) {}
};

DETFORGE_REGISTER(heads, FusedSemanticHead,
                  {.name = "FusedSemanticHead",
                   .python = "mmdet.models.roi_heads.mask_heads.fused_semantic_head.FusedSemanticHead",
                   .meaning = "segments the image from all levels of a pyramid"});
DETFORGE_REGISTER(heads, SCNetSemanticHead,
                  {.name = "SCNetSemanticHead",
                   .python = "mmdet.models.roi_heads.mask_heads.scnet_semantic_head.SCNetSemanticHead",
                   .meaning = "segments the image with residual blocks",
                   .since = Reference::V2_27});

}  // namespace detforge
