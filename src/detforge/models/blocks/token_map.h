#pragma once

#include "detforge/data/image_meta.h"
#include "detforge/nn/module.h"

namespace detforge {

/// A map as a transformer sees it: tokens [N, H·W, C], row by row.
struct TokenMap {
  torch::Tensor tokens;
  ImageSize size;
};

/// For observers of a module that gives one.
inline void append_tensors(const TokenMap& map, std::vector<torch::Tensor>& all) { all.push_back(map.tokens); }

/// [N, H·W, C] → [N, C, H, W]
inline torch::Tensor nlc_to_nchw(const torch::Tensor& tokens, ImageSize size) {
  return tokens.transpose(1, 2).reshape({tokens.size(0), tokens.size(2), size.height, size.width}).contiguous();
}

/// [N, C, H, W] → [N, H·W, C]
inline torch::Tensor nchw_to_nlc(const torch::Tensor& map) { return map.flatten(2).transpose(1, 2).contiguous(); }

/// A module that makes other tokens of those of a map, [N, H·W, C] → [N, H·W, C].
class TokenLayer : public nn::Module {
 public:
  using nn::Module::Module;
  torch::Tensor forward(const TokenMap& map) {
    return nn::observed(*this, {&map.tokens, 1}, [&] { return compute(map); });
  }

 protected:
  virtual torch::Tensor compute(const TokenMap& map) = 0;
};

}  // namespace detforge
