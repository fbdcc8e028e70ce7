#include "detforge/models/dense_heads/solo/solo_base_head.h"

namespace detforge {

/// SOLO's head (arXiv 1912.04488), with a channel for the mask of each cell: masks [N, num_grid², 2H_i, 2W_i], class scores
/// [N, num_classes, num_grid, num_grid]. In training both are logits; else masks are probabilities of the first level's size.
class SOLOHead : public SoloBaseHead {
 public:
  struct Options : SoloBaseHead::Options {
    Options() { init_cfg = init_cfg_of({"conv_mask_list", "conv_cls"}); }
  };
  static Arguments<Options> arguments() { return {SoloBaseHead::arguments()}; }

  SOLOHead(const Options& options, const BuildContext& context) : SoloBaseHead("SOLOHead", options, context) {
    mask_convs_ = register_module("mask_convs", tower(options, options.in_channels + 2, context));
    cls_convs_ = register_module("cls_convs", tower(options, options.in_channels, context));
    conv_mask_list_ = register_module("conv_mask_list", std::make_shared<nn::ModuleList<nn::Conv2d>>());
    for (const std::int64_t cells : options.num_grids) {
      conv_mask_list_->append(prediction_conv(options.feat_channels, cells * cells, context, 1));
    }
    conv_cls_ = register_module("conv_cls", prediction_conv(options.feat_channels, options.num_classes, context));
  }

 protected:
  HeadOutputs compute(const nn::Features& features) override {
    const nn::Features levels = resized(features);
    HeadOutputs outputs(2);
    for (std::size_t level = 0; level < levels.size(); ++level) {
      const torch::Tensor feature = apply_all(*mask_convs_, with_coordinates(levels[level]));
      const torch::Tensor masks = (*conv_mask_list_)[level].forward(solo_enlarge(feature));
      outputs[0].push_back(finish_masks(masks, levels.front()));
      outputs[1].push_back(classify(levels[level], level, *cls_convs_, *conv_cls_));
    }
    return outputs;
  }

  torch::Tensor masks_of(const HeadOutputs& outputs, std::size_t level, std::int64_t image, const torch::Tensor& cells) const override {
    return outputs.at(0).at(level)[image].index({cells});
  }

 private:
  std::shared_ptr<StackedConvs> mask_convs_;
  std::shared_ptr<StackedConvs> cls_convs_;
  std::shared_ptr<nn::ModuleList<nn::Conv2d>> conv_mask_list_;
  std::shared_ptr<nn::Conv2d> conv_cls_;
};

DETFORGE_REGISTER(heads, SOLOHead,
                  {.name = "SOLOHead",
                   .python = "mmdet.models.dense_heads.solo_head.SOLOHead",
                   .meaning = "a class and a mask for each cell of a grid",
                   .since = Reference::V2_27});

}  // namespace detforge
