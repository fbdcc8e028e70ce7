#pragma once

#include "detforge/models/dense_heads/anchor/anchor_head.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"

namespace detforge {

/// RetinaNet's head (arXiv 1708.02002): two towers of 3×3 convolutions, shared by all levels, one for classes, one for boxes.
class RetinaHead : public AnchorHead {
 public:
  struct Options : AnchorHead::Options {
    std::int64_t stacked_convs = 4;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    Options();
  };
  static Arguments<Options> arguments();

  RetinaHead(const Options& options, const BuildContext& context) : RetinaHead("RetinaHead", options, context) {}

 protected:
  RetinaHead(std::string python_name, const Options& options, const BuildContext& context);
  Prediction forward_single(const torch::Tensor& feature) override;

 private:
  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<StackedConvs> cls_convs_;
  std::shared_ptr<StackedConvs> reg_convs_;
  std::shared_ptr<nn::Conv2d> retina_cls_;
  std::shared_ptr<nn::Conv2d> retina_reg_;
};

}  // namespace detforge
