#pragma once

#include "detforge/models/roi_heads/bbox_heads/bbox_head.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// Convolutions and linear layers before the two predictors, shared or one branch for each:
/// shared convs → shared fcs → (cls convs → cls fcs → class, reg convs → reg fcs → box).
class ConvFCBBoxHead : public BBoxHead {
 public:
  struct Options : BBoxHead::Options {
    std::int64_t num_shared_convs = 0;
    std::int64_t num_shared_fcs = 0;
    std::int64_t num_cls_convs = 0;
    std::int64_t num_cls_fcs = 0;
    std::int64_t num_reg_convs = 0;
    std::int64_t num_reg_fcs = 0;
    std::int64_t conv_out_channels = 256;
    std::int64_t fc_out_channels = 1024;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
  };
  static Arguments<Options> arguments();

  ConvFCBBoxHead(const Options& options, const BuildContext& context) : ConvFCBBoxHead("ConvFCBBoxHead", options, context) {}

 protected:
  ConvFCBBoxHead(std::string python_name, const Options& options, const BuildContext& context);
  BBoxOutputs compute(const torch::Tensor& roi_feats, const torch::Tensor& reg_feats) override;
  /// The two branches and the predictors on what the shared layers gave.
  BBoxOutputs branches(const torch::Tensor& shared);
  torch::Tensor shared_layers(const torch::Tensor& roi_feats);

 private:
  struct Shapes;
  ConvFCBBoxHead(std::string python_name, const Options& options, const Shapes& shapes, const BuildContext& context);
  /// The layers before one predictor; what they give is flat.
  torch::Tensor branch(torch::Tensor feats, const nn::ModuleList<>& convs, const nn::ModuleList<>& fcs);

  std::shared_ptr<nn::ModuleList<>> shared_convs_;
  std::shared_ptr<nn::ModuleList<>> shared_fcs_;
  std::shared_ptr<nn::ModuleList<>> cls_convs_;
  std::shared_ptr<nn::ModuleList<>> cls_fcs_;
  std::shared_ptr<nn::ModuleList<>> reg_convs_;
  std::shared_ptr<nn::ModuleList<>> reg_fcs_;
  std::shared_ptr<nn::Layer> relu_;
};

}  // namespace detforge
