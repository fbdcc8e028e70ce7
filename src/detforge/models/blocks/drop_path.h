#pragma once

#include "detforge/nn/layers/identity.h"
#include "detforge/nn/transformer/dropout_layers.h"

/// Stochastic depth (arXiv 1603.09382) of backbones.
namespace detforge {

/// A DropPath, or nothing where the rate is 0.
inline std::shared_ptr<nn::Layer> make_drop_path(double rate) {
  if (rate <= 0) return std::make_shared<nn::Identity>();
  return std::make_shared<nn::DropPath>(nn::DropPath::Options{rate});
}

/// The rates of `blocks` blocks, from 0 for the first to `last` in equal steps, as PyTorch's single precision has them.
inline std::vector<double> growing_drop_path_rates(double last, std::int64_t blocks) {
  const torch::Tensor rates = torch::linspace(0, last, blocks).to(torch::kDouble);
  return {rates.data_ptr<double>(), rates.data_ptr<double>() + blocks};
}

}  // namespace detforge
