#pragma once

#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// SOLOv2's mask features (arXiv 2003.10152, MMDetection's `MaskFeatModule`): some levels of the pyramid, each brought to the size of the
/// first one, added up: [N, out_channels, H, W].
class MaskFeatModule : public nn::Module {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t feat_channels = 0;
    std::int64_t start_level = 0;
    std::int64_t end_level = 0;
    std::int64_t out_channels = 0;
    std::int64_t mask_stride = 4;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    std::optional<Value> init_cfg = Value::list({Value::dict({{"type", "Normal"}, {"layer", "Conv2d"}, {"std", 0.01}})});
  };
  static Arguments<Options> arguments();

  MaskFeatModule(const Options& options, const BuildContext& context);

  torch::Tensor forward(const nn::Features& features) {
    return nn::observed(*this, features, [&] { return compute(features); });
  }

 private:
  torch::Tensor compute(const nn::Features& features);

  std::size_t start_level_;
  std::size_t end_level_;
  std::shared_ptr<nn::ModuleList<nn::Sequential>> convs_all_levels_;
  std::shared_ptr<nn::ConvModule> conv_pred_;
};

}  // namespace detforge
