#include "detforge/models/roi_heads/mask_heads/global_context_head.h"

#include "detforge/models/blocks/conv_stack.h"
#include "detforge/nn/layers/linear.h"
#include "detforge/nn/layers/pooling.h"

namespace detforge {

Arguments<GlobalContextHead::Options> GlobalContextHead::arguments() {
  return {arg(&Options::num_convs, "num_convs", "3×3 convolutions").at_least(0),
          arg(&Options::in_channels, "in_channels", "channels of the level").at_least(1),
          arg(&Options::conv_out_channels, "conv_out_channels", "channels of the convolutions").at_least(1),
          arg(&Options::num_classes, "num_classes", "number of classes").at_least(1),
          arg(&Options::loss_weight, "loss_weight", "factor of the loss"),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::conv_to_res, "conv_to_res", "residual blocks of two convolutions each"),
          arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

GlobalContextHead::GlobalContextHead(const Options& options, const BuildContext& context)
    : Module("GlobalContextHead"), loss_weight_(options.loss_weight) {
  const ConvStackOptions stack{.num_convs = options.num_convs,
                               .in_channels = options.in_channels,
                               .out_channels = options.conv_out_channels,
                               .layers = {options.conv_cfg, options.norm_cfg, std::nullopt}};
  convs_ = register_module("convs", options.conv_to_res ? residual_stack(stack, context) : conv_stack(stack, context));
  pool_ = register_module("pool", std::make_shared<nn::AdaptiveAvgPool2d>(1));
  fc_ = register_module("fc", std::make_shared<nn::Linear>(
                                  nn::Linear::Options{.in_features = options.conv_out_channels, .out_features = options.num_classes}));
  /// PyTorch's `BCEWithLogitsLoss`, of which only the name shows.
  class Criterion : public nn::Module {
   public:
    Criterion() : Module("BCEWithLogitsLoss") {}
  };
  register_module("criterion", std::make_shared<Criterion>());
  show_init_cfg(context, options.init_cfg);
}

GlobalContextHead::Outputs GlobalContextHead::forward(const nn::Features& features) {
  return nn::observed(*this, features, [&] {
    torch::Tensor feat = features.back();
    for (const auto& conv : *convs_) feat = conv->forward(feat);
    feat = pool_->forward(feat);
    return Outputs{fc_->forward(feat.flatten(1)), feat};
  });
}

torch::Tensor GlobalContextHead::loss(const torch::Tensor& mc_pred, std::span<const torch::Tensor> gt_labels) const {
  torch::Tensor targets = torch::zeros_like(mc_pred);
  for (std::size_t image = 0; image < gt_labels.size(); ++image) {
    targets[static_cast<std::int64_t>(image)].index_fill_(0, gt_labels[image], 1.0);
  }
  return torch::binary_cross_entropy_with_logits(mc_pred, targets) * loss_weight_;
}

void append_tensors(const GlobalContextHead::Outputs& outputs, std::vector<torch::Tensor>& all) {
  all.push_back(outputs.mc_pred);
  all.push_back(outputs.feat);
}

DETFORGE_REGISTER(heads, GlobalContextHead,
                  {.name = "GlobalContextHead",
                   .python = "mmdet.models.roi_heads.mask_heads.global_context_head.GlobalContextHead",
                   .meaning = "which classes an image shows",
                   .since = Reference::V2_27});

}  // namespace detforge
