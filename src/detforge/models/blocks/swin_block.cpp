#include "detforge/models/blocks/swin_block.h"

namespace detforge {

SwinBlock::SwinBlock(const Options& options, const BuildContext& context) : TokenLayer("SwinBlock") {
  const std::int64_t channels = options.attention.window.embed_dims;
  const auto norm = [&] { return nn::build_norm_layer(options.norm_cfg, channels, context).layer; };
  nn::FFN::Options ffn;
  ffn.embed_dims = channels;
  ffn.feedforward_channels = options.feedforward_channels;
  ffn.act_cfg = options.act_cfg;
  ffn.ffn_drop = options.drop_rate;
  ffn.dropout_layer = ConfigDict{{"type", "DropPath"}, {"drop_prob", options.attention.drop_path_rate}};
  norm1_ = register_module("norm1", norm());
  attn_ = register_module("attn", std::make_shared<ShiftWindowMSA>(options.attention));
  norm2_ = register_module("norm2", norm());
  ffn_ = register_module("ffn", std::make_shared<nn::FFN>(ffn, context));
}

torch::Tensor SwinBlock::compute(const TokenMap& map) {
  const torch::Tensor seen = attn_->forward({norm1_->forward(map.tokens), map.size}) + map.tokens;
  return ffn_->forward(norm2_->forward(seen), seen);
}

SwinBlockSequence::SwinBlockSequence() : Module("SwinBlockSequence") {
  blocks_ = register_module("blocks", std::make_shared<nn::BaseModuleList<SwinBlock>>());
}

TokenMap SwinBlockSequence::compute(const TokenMap& map) {
  TokenMap seen = map;
  for (const auto& block : *blocks_) seen.tokens = block->forward(seen);
  return seen;
}

}  // namespace detforge
