#include "detforge/models/dense_heads/solo/solo_base_head.h"
#include "detforge/models/dense_heads/solo/solo_mask_features.h"

namespace detforge {

/// SOLOv2's head (arXiv 2003.10152): each cell predicts the 1×1 convolution that makes its mask out of features all cells share. Kernels
/// [N, C, num_grid, num_grid], class logits [N, num_classes, num_grid, num_grid], and in one level mask features [N, C, H, W].
class SOLOV2Head : public SoloBaseHead {
 public:
  struct Options : SoloBaseHead::Options {
    ConfigDict mask_feature_head;
    std::int64_t dynamic_conv_size = 1;
    std::optional<ConfigDict> dcn_cfg;
    bool dcn_apply_to_all_conv = true;
    Options() { init_cfg = init_cfg_of({"conv_cls"}); }
  };
  static Arguments<Options> arguments() {
    return {SoloBaseHead::arguments(),
            arg(&Options::mask_feature_head, "mask_feature_head", required, "arguments of the mask features' module"),
            arg(&Options::dynamic_conv_size, "dynamic_conv_size", "side of the predicted kernels"),
            arg(&Options::dcn_cfg, "dcn_cfg", "deformable convolution of the towers; None: Conv2d"),
            arg(&Options::dcn_apply_to_all_conv, "dcn_apply_to_all_conv", "in all of their layers, else in the last one")};
  }

  SOLOV2Head(const Options& options, const BuildContext& context) : SoloBaseHead("SOLOV2Head", options, context) {
    if (options.dynamic_conv_size != 1) throw ArgumentError("dynamic_conv_size", "must be 1: larger kernels give masks of another size");
    const Deformed deformed = options.dcn_apply_to_all_conv ? Deformed::EveryConv : Deformed::LastConv;
    const auto convs = [&](std::int64_t in_channels) { return tower(options, in_channels, context, options.dcn_cfg, deformed); };
    cls_convs_ = register_module("cls_convs", convs(options.in_channels));
    kernel_convs_ = register_module("kernel_convs", convs(options.in_channels + 2));
    conv_cls_ = register_module("conv_cls", prediction_conv(options.feat_channels, options.num_classes, context));
    Value of_features = options.mask_feature_head.value();
    of_features["in_channels"] = options.in_channels;
    const BuildContext place = context.child("mask_feature_head");
    const auto features = options_from("the mask_feature_head of SOLOV2Head", MaskFeatModule::arguments(), of_features, place);
    conv_kernel_ = register_module("conv_kernel", prediction_conv(options.feat_channels, features.out_channels, context));
    mask_stride_ = features.mask_stride;
    try {
      mask_feature_head_ = register_module("mask_feature_head", std::make_shared<MaskFeatModule>(features, place));
    } catch (const ArgumentError& error) {
      throw located(error, "the mask_feature_head of SOLOV2Head", of_features, place);
    }
  }

 protected:
  HeadOutputs compute(const nn::Features& features) override {
    const torch::Tensor mask_features = mask_feature_head_->forward(features);
    const nn::Features levels = resized(features);
    HeadOutputs outputs(2);
    for (std::size_t level = 0; level < levels.size(); ++level) {
      const torch::Tensor cells = solo_resize(with_coordinates(levels[level]), num_grid(level), num_grid(level));
      outputs[0].push_back(conv_kernel_->forward(apply_all(*kernel_convs_, cells)));
      outputs[1].push_back(conv_cls_->forward(apply_all(*cls_convs_, cells.slice(1, 0, -2).contiguous())));
    }
    outputs.push_back({mask_features});
    return outputs;
  }

  torch::Tensor masks_of(const HeadOutputs& outputs, std::size_t level, std::int64_t image, const torch::Tensor& cells) const override {
    const torch::Tensor kernels = outputs.at(0).at(level)[image].flatten(1).index({torch::indexing::Slice(), cells});  // [C, P]
    const torch::Tensor features = outputs.at(2).at(0)[image];
    const torch::Tensor masks = kernels.t().mm(features.flatten(1)).view({-1, features.size(1), features.size(2)});
    return is_training() ? masks : masks.sigmoid();
  }
  const nn::Features& classes_of(const HeadOutputs& outputs) const override { return outputs.at(1); }
  torch::Tensor scores_of(const HeadOutputs& outputs, std::size_t level) const override {
    return solo_peaks(outputs.at(1).at(level).sigmoid());
  }
  MaskMap mask_map(const HeadOutputs& outputs, std::size_t) const override {
    const torch::Tensor& features = outputs.at(2).at(0);
    return {.size = {features.size(2), features.size(3)}, .stride_px = static_cast<double>(mask_stride_)};
  }
  ImageSize covered(const HeadOutputs& outputs) const override {
    const ImageSize map = mask_map(outputs, 0).size;
    return {map.height * mask_stride_, map.width * mask_stride_};
  }
  bool learns_every_object() const override { return true; }

 private:
  std::int64_t mask_stride_ = 4;
  std::shared_ptr<StackedConvs> cls_convs_;
  std::shared_ptr<StackedConvs> kernel_convs_;
  std::shared_ptr<nn::Conv2d> conv_cls_;
  std::shared_ptr<nn::Conv2d> conv_kernel_;
  std::shared_ptr<MaskFeatModule> mask_feature_head_;
};

DETFORGE_REGISTER(heads, SOLOV2Head,
                  {.name = "SOLOV2Head",
                   .python = "mmdet.models.dense_heads.solov2_head.SOLOV2Head",
                   .meaning = "a class and a dynamic convolution for each cell of a grid",
                   .since = Reference::V2_27});

}  // namespace detforge
