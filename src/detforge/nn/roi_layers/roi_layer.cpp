#include "detforge/nn/roi_layers/roi_layer.h"

#include <array>

namespace detforge::nn {

torch::Tensor RoILayer::forward(const torch::Tensor& input, const torch::Tensor& rois) {
  const std::array<torch::Tensor, 2> inputs = {input, rois};
  return observed(*this, inputs, [&] { return compute(input, rois); });
}

Registry<RoILayer>& roi_layers() {
  static Registry<RoILayer> registry("ROI_LAYERS");
  return registry;
}

std::shared_ptr<RoILayer> build_roi_layer(const Value& config, std::int64_t stride_px, const BuildContext& context) {
  return roi_layers().build(config, context, Value::dict({{"spatial_scale", 1.0 / static_cast<double>(stride_px)}}));
}

}  // namespace detforge::nn
