#pragma once

#include "detforge/models/dense_heads/solo/solo_base_head.h"

namespace detforge {

/// SOLO's decoupled head (arXiv 1912.04488): a channel for each column and one for each row of a grid, of which a cell's mask is the
/// product. Masks of columns and of rows [N, num_grid, 2H_i, 2W_i] each, class scores [N, num_classes, num_grid, num_grid]; in training
/// all are logits, else masks are probabilities of the first level's size.
class DecoupledSOLOHead : public SoloBaseHead {
 public:
  struct Options : SoloBaseHead::Options {
    Options() { init_cfg = init_cfg_of({"conv_mask_list_x", "conv_mask_list_y", "conv_cls"}); }
  };
  static Arguments<Options> arguments() { return {SoloBaseHead::arguments()}; }

  DecoupledSOLOHead(const Options& options, const BuildContext& context);

 protected:
  /// Without layers.
  DecoupledSOLOHead(std::string python_name, const Options& options, const BuildContext& context)
      : SoloBaseHead(std::move(python_name), options, context) {}
  void register_predictions(const SoloBaseHead::Options& options, const BuildContext& context);

  HeadOutputs compute(const nn::Features& features) override;
  /// What the masks of columns and rows of one level are predicted from, at twice its size.
  struct MaskFeatures {
    torch::Tensor x, y;
  };
  virtual MaskFeatures mask_features(const torch::Tensor& feature);
  torch::Tensor masks_of(const HeadOutputs& outputs, std::size_t level, std::int64_t image, const torch::Tensor& cells) const override;

  std::shared_ptr<StackedConvs> cls_convs_;

 private:
  std::shared_ptr<StackedConvs> mask_convs_x_;
  std::shared_ptr<StackedConvs> mask_convs_y_;
  std::shared_ptr<nn::ModuleList<nn::Conv2d>> conv_mask_list_x_;
  std::shared_ptr<nn::ModuleList<nn::Conv2d>> conv_mask_list_y_;
  std::shared_ptr<nn::Conv2d> conv_cls_;
};

}  // namespace detforge
