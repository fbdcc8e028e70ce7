#pragma once

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge::nn {

/// What tells a token where in its image it stands: a mask [N, H, W] bool, true outside of the images → [N, 2 · num_feats, H, W].
class PositionalEncoding : public Layer {
 public:
  PositionalEncoding(std::string python_name, std::int64_t num_feats) : Layer(std::move(python_name)), num_feats_(num_feats) {}

  /// Channels of each axis.
  std::int64_t num_feats() const { return num_feats_; }

 private:
  std::int64_t num_feats_;
};

/// `POSITIONAL_ENCODING`.
Registry<PositionalEncoding>& positional_encodings();

/// `positions` [...], in units of a wave's length over 2π, as sines and cosines of waves that grow longer: [..., num_feats].
torch::Tensor sine_waves(const torch::Tensor& positions, std::int64_t num_feats, double temperature);

}  // namespace detforge::nn
