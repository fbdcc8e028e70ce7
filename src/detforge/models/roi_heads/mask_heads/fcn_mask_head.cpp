#include "detforge/models/roi_heads/mask_heads/fcn_mask_head.h"

#include <algorithm>

#include "detforge/models/blocks/conv_stack.h"
#include "detforge/nn/init/weight_init.h"

namespace detforge {

Arguments<FCNMaskHead::Options> FCNMaskHead::arguments() {
  return {arg(&Options::num_convs, "num_convs", "convolutions before the enlargement").at_least(0),
          arg(&Options::roi_feat_size, "roi_feat_size", "height and width of the features"),
          arg(&Options::in_channels, "in_channels", "channels of the features").at_least(1),
          arg(&Options::conv_kernel_size, "conv_kernel_size", "kernel of the convolutions").at_least(1),
          arg(&Options::conv_out_channels, "conv_out_channels", "channels of the convolutions").at_least(1),
          arg(&Options::num_classes, "num_classes", "number of classes, the background not counted").at_least(1),
          arg(&Options::class_agnostic, "class_agnostic", "one mask for all classes"),
          arg(&Options::upsample_cfg, "upsample_cfg", "enlargement: deconv, nearest, bilinear, carafe or None").built_by("UPSAMPLE_LAYERS"),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::predictor_cfg, "predictor_cfg", "last convolution").built_by("CONV_LAYERS").since_v2_27(),
          arg(&Options::loss_mask, "loss_mask", "loss of the masks").built_by("LOSSES"),
          arg(&Options::init_cfg, "init_cfg", "only None").since_v2_27()};
}

FCNMaskHead::FCNMaskHead(std::string python_name, const Options& options, const BuildContext& context)
    : FCNMaskHead(std::move(python_name), options, Parts(), context) {}

FCNMaskHead::FCNMaskHead(std::string python_name, const Options& options, const Parts& parts, const BuildContext& context)
    : Module(std::move(python_name)), options_(options) {
  if (options.init_cfg) throw ArgumentError("init_cfg", "must be None: a mask head has its own initialisation");
  loss_mask_ = register_module("loss_mask", build_loss(options.loss_mask, context.child("loss_mask")));
  const ConvStackOptions stack{.num_convs = options.num_convs,
                               .in_channels = options.in_channels,
                               .out_channels = options.conv_out_channels,
                               .kernel_size = options.conv_kernel_size,
                               .layers = {options.conv_cfg, options.norm_cfg, std::nullopt}};
  convs_ = register_module("convs", parts.residual ? residual_stack(stack, context) : conv_stack(stack, context));
  std::int64_t channels = convolved_channels();
  const Value* type = options.upsample_cfg.find("type");
  if (parts.predictor && type != nullptr && !type->is_none()) {
    const std::string method = type->is_string() ? type->as_string() : std::string();
    const std::vector<std::string> methods = {"deconv", "nearest", "bilinear", "carafe"};
    if (std::find(methods.begin(), methods.end(), method) == methods.end()) {
      throw ArgumentError("upsample_cfg", "must be of type deconv, nearest, bilinear, carafe or None, got " + repr(*type));
    }
    Value layer = options.upsample_cfg.value();
    if (method == "deconv") {
      const Value scale_factor = layer.pop("scale_factor", 2);
      layer["in_channels"] = channels;
      layer["out_channels"] = options.conv_out_channels;
      layer["kernel_size"] = scale_factor;
      layer["stride"] = scale_factor;
      channels = options.conv_out_channels;
      relu_after_upsample_ = true;
    } else if (method == "carafe") {
      layer["channels"] = channels;
    } else if (method == "bilinear") {
      layer["align_corners"] = false;
    }
    upsample_ = register_module("upsample", nn::build_upsample_layer(ConfigDict(layer), context.child("upsample_cfg")));
  }
  if (parts.predictor) {
    nn::Conv2d::Options conv;
    conv.in_channels = channels;
    conv.out_channels = options.class_agnostic ? 1 : options.num_classes;
    conv_logits_ = register_module("conv_logits", nn::build_conv_layer(options.predictor_cfg, conv, context.child("predictor_cfg")));
  }
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
}

void FCNMaskHead::init_weights(const nn::PretrainedLoader& load_pretrained) {
  Module::init_weights(load_pretrained);
  for (nn::Layer* layer : {upsample_.get(), conv_logits_.get()}) {
    if (layer != nullptr && layer->named_parameters(/*recurse=*/false).contains("bias")) nn::kaiming_init(*layer);
  }
}

torch::Tensor FCNMaskHead::convolved(torch::Tensor feats) {
  for (const auto& conv : *convs_) feats = conv->forward(feats);
  return feats;
}

torch::Tensor FCNMaskHead::logits(torch::Tensor feats) {
  if (upsample_) feats = upsample_->forward(feats);
  if (relu_after_upsample_) feats = relu_->forward(feats);
  return conv_logits_->forward(feats);
}

Losses FCNMaskHead::loss(const torch::Tensor& mask_pred, const torch::Tensor& mask_targets, const torch::Tensor& labels) {
  Losses losses;
  if (mask_pred.size(0) == 0) {
    losses.set("loss_mask", mask_pred.sum());
    return losses;
  }
  LossCall call;
  call.weight = options_.class_agnostic ? torch::zeros_like(labels) : labels;
  losses.set("loss_mask", loss_mask_->forward(mask_pred, mask_targets, call));
  return losses;
}

torch::Tensor FCNMaskHead::masks_of(const torch::Tensor& masks, const torch::Tensor& labels) const {
  if (options_.class_agnostic) return masks.squeeze(1);
  return masks.index({torch::arange(masks.size(0), labels.options()), labels});
}

/// SCNet's (arXiv 2012.10150): residual blocks for the convolutions.
class SCNetMaskHead : public FCNMaskHead {
 public:
  struct Options : FCNMaskHead::Options {
    bool conv_to_res = true;
  };
  static Arguments<Options> arguments() {
    return {FCNMaskHead::arguments(), arg(&Options::conv_to_res, "conv_to_res", "residual blocks of two convolutions each")};
  }
  SCNetMaskHead(const Options& options, const BuildContext& context)
      : FCNMaskHead("SCNetMaskHead", options, Parts{.residual = options.conv_to_res}, context) {
    if (options.conv_to_res && options.conv_kernel_size != 3) throw ArgumentError("conv_kernel_size", "must be 3 with conv_to_res");
  }
};

DETFORGE_REGISTER(heads, FCNMaskHead,
                  {.name = "FCNMaskHead",
                   .python = "mmdet.models.roi_heads.mask_heads.fcn_mask_head.FCNMaskHead",
                   .meaning = "convolutions and an enlargement to a mask of each class"});

DETFORGE_REGISTER(heads, SCNetMaskHead,
                  {.name = "SCNetMaskHead",
                   .python = "mmdet.models.roi_heads.mask_heads.scnet_mask_head.SCNetMaskHead",
                   .meaning = "masks with residual blocks",
                   .since = Reference::V2_27});

}  // namespace detforge
