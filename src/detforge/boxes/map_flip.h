#pragma once

#include <torch/torch.h>

#include <string_view>

namespace detforge {

/// Maps or masks [..., H, W] mirrored; `direction` is `horizontal`, `vertical` or `diagonal` (both).
inline torch::Tensor map_flip(const torch::Tensor& maps, std::string_view direction) {
  const torch::Tensor across = direction != "vertical" ? maps.flip(-1) : maps;
  return direction != "horizontal" ? across.flip(-2) : across;
}

}  // namespace detforge
