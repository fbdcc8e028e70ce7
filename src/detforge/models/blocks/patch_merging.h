#pragma once

#include "detforge/models/blocks/adaptive_padding.h"
#include "detforge/models/blocks/token_map.h"
#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/linear.h"
#include "detforge/nn/layers/unfold.h"

namespace detforge {

/// Swin's way to smaller maps (arXiv 2103.14030): the tokens below a kernel become one, [N, H·W, C] → [N, H_out · W_out, out_channels].
class PatchMerging : public nn::Module {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    nn::Pair kernel_size = 2;
    nn::Pair stride = 2;
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "LN"}};
  };

  PatchMerging(const Options& options, const BuildContext& context);

  TokenMap forward(const TokenMap& map) {
    return nn::observed(*this, {&map.tokens, 1}, [&] { return compute(map); });
  }

 private:
  TokenMap compute(const TokenMap& map);

  Options options_;
  std::shared_ptr<AdaptivePadding> adap_padding_;
  std::shared_ptr<nn::Unfold> sampler_;
  std::shared_ptr<nn::Layer> norm_;
  std::shared_ptr<nn::Linear> reduction_;
};

}  // namespace detforge
