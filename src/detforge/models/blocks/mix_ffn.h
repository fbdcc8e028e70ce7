#pragma once

#include "detforge/models/blocks/token_map.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// PVT's feed-forward network (arXiv 2106.13797): 1×1 convolutions up and down, between which a depthwise 3×3 convolution may tell
/// tokens of their neighbours.
class MixFFN : public TokenLayer {
 public:
  struct Options {
    std::int64_t embed_dims = 0;
    std::int64_t feedforward_channels = 0;
    ConfigDict act_cfg = {{"type", "GELU"}};
    double ffn_drop = 0;
    double drop_path_rate = 0;
    bool use_conv = false;
  };

  MixFFN(const Options& options, const BuildContext& context);

 protected:
  torch::Tensor compute(const TokenMap& map) override;

 private:
  std::shared_ptr<nn::BaseSequential> layers_;
  std::shared_ptr<nn::Layer> dropout_layer_;
};

}  // namespace detforge
