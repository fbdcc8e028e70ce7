#pragma once

#include "detforge/models/blocks/patch_merging.h"
#include "detforge/models/blocks/window_msa.h"
#include "detforge/nn/transformer/ffn.h"

namespace detforge {

/// Swin's block (arXiv 2103.14030): attention within windows, then a change of each token by itself, [N, H·W, C] → the same.
class SwinBlock : public TokenLayer {
 public:
  struct Options {
    ShiftWindowMSA::Options attention = {};
    std::int64_t feedforward_channels = 0;
    double drop_rate = 0;
    ConfigDict act_cfg = {{"type", "GELU"}};
    ConfigDict norm_cfg = {{"type", "LN"}};
  };

  SwinBlock(const Options& options, const BuildContext& context);

 protected:
  torch::Tensor compute(const TokenMap& map) override;

 private:
  std::shared_ptr<nn::Layer> norm1_;
  std::shared_ptr<ShiftWindowMSA> attn_;
  std::shared_ptr<nn::Layer> norm2_;
  std::shared_ptr<nn::FFN> ffn_;
};

/// The blocks of a stage, and the way to the next one.
class SwinBlockSequence : public nn::Module {
 public:
  SwinBlockSequence();

  void append(std::shared_ptr<SwinBlock> block) { blocks_->append(std::move(block)); }
  void set_downsample(std::shared_ptr<PatchMerging> downsample) { downsample_ = register_module("downsample", std::move(downsample)); }

  /// What the blocks give.
  TokenMap forward(const TokenMap& map) {
    return nn::observed(*this, {&map.tokens, 1}, [&] { return compute(map); });
  }
  /// What the next stage is given of it.
  TokenMap downsample(const TokenMap& map) const { return downsample_ ? downsample_->forward(map) : map; }

 private:
  TokenMap compute(const TokenMap& map);

  std::shared_ptr<nn::BaseModuleList<SwinBlock>> blocks_;
  std::shared_ptr<PatchMerging> downsample_;
};

}  // namespace detforge
