#pragma once

#include "detforge/models/blocks/adaptive_padding.h"
#include "detforge/models/blocks/token_map.h"
#include "detforge/nn/layers/build_layer.h"

namespace detforge {

/// Patches of an image or of a map become tokens (ViT, arXiv 2010.11929): [N, C, H, W] → [N, H_out · W_out, embed_dims].
class PatchEmbed : public nn::Module {
 public:
  struct Options {
    std::int64_t in_channels = 3;
    std::int64_t embed_dims = 768;
    nn::Pair kernel_size = 16;
    nn::Pair stride = 16;
    std::optional<nn::Pair> padding = std::nullopt;  ///< none: as much below and on the right as completes the last patches
    std::optional<ConfigDict> norm_cfg = std::nullopt;
  };

  PatchEmbed(const Options& options, const BuildContext& context);

  TokenMap forward(const torch::Tensor& image) {
    return nn::observed(*this, {&image, 1}, [&] { return compute(image); });
  }

 private:
  TokenMap compute(const torch::Tensor& image);

  std::shared_ptr<AdaptivePadding> adap_padding_;
  std::shared_ptr<nn::Layer> projection_;
  std::shared_ptr<nn::Layer> norm_;
};

}  // namespace detforge
