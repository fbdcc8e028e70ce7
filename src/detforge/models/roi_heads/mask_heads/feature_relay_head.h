#pragma once

#include "detforge/models/heads.h"

namespace detforge {

/// Makes maps for a mask head of a box head's vectors (SCNet, arXiv 2012.10150):
/// [N, in_channels] → [N, out_conv_channels, f·s, f·s] with `roi_feat_size` f and `scale_factor` s.
class FeatureRelayHead : public nn::Module {
 public:
  struct Options {
    std::int64_t in_channels = 1024;
    std::int64_t out_conv_channels = 256;
    std::int64_t roi_feat_size = 7;
    std::int64_t scale_factor = 2;
    std::optional<Value> init_cfg = Value::dict({{"type", "Kaiming"}, {"layer", "Linear"}});
  };
  static Arguments<Options> arguments();

  FeatureRelayHead(const Options& options, const BuildContext& context);

  /// Of at least one vector.
  torch::Tensor forward(const torch::Tensor& vectors);

 private:
  Options options_;
  std::shared_ptr<nn::Layer> fc_;
  std::shared_ptr<nn::Layer> upsample_;
};

}  // namespace detforge
