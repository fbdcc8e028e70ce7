#include "detforge/nn/fuse_conv_bn.h"

#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/conv2d.h"

namespace detforge::nn {

std::size_t fuse_conv_bn(torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  std::size_t fused = 0;
  Conv2d* last = nullptr;
  for (const auto& child : module.children()) {
    if (auto* norm = dynamic_cast<BatchNorm*>(child.get())) {
      if (last == nullptr || !norm->fuse_into(*last)) continue;
      last = nullptr;
      ++fused;
    } else if (auto* conv = dynamic_cast<Conv2d*>(child.get())) {
      // Convolutions that compute their weights (ConvWS) have other names, and can not take a factor in.
      last = conv->python_name() == "Conv2d" ? conv : nullptr;
    } else {
      fused += fuse_conv_bn(*child);
    }
  }
  return fused;
}

}  // namespace detforge::nn
