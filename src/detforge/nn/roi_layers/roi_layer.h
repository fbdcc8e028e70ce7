#pragma once

#include "detforge/nn/module.h"
#include "detforge/nn/pair.h"
#include "detforge/registry/registry.h"

namespace detforge::nn {

/// What a RoI extractor's `roi_layer=dict(type='RoIAlign', output_size=7)` names: features of fixed size out of one feature map.
class RoILayer : public Module {
 public:
  using Module::Module;

  /// `input` [N, C, H, W]; `rois` [K, 5]: place in the batch, xyxy px of the network's input → [K, C, height, width].
  torch::Tensor forward(const torch::Tensor& input, const torch::Tensor& rois);

  virtual Pair output_size() const = 0;

 protected:
  virtual torch::Tensor compute(const torch::Tensor& input, const torch::Tensor& rois) = 0;
};

/// MMDetection looks these names up in `mmcv.ops`; it has no registry of them.
Registry<RoILayer>& roi_layers();

/// The layer that `config` names, for a feature map whose pixels are `stride_px` of the network's input apart.
std::shared_ptr<RoILayer> build_roi_layer(const Value& config, std::int64_t stride_px, const BuildContext& context);

}  // namespace detforge::nn
