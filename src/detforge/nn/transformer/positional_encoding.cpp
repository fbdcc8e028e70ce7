#include "detforge/nn/transformer/positional_encoding.h"

namespace detforge::nn {

Registry<PositionalEncoding>& positional_encodings() {
  static Registry<PositionalEncoding> registry("POSITIONAL_ENCODING");
  return registry;
}

torch::Tensor sine_waves(const torch::Tensor& positions, std::int64_t num_feats, double temperature) {
  // Neighbours share a length, one for the sine and one for the cosine.
  const torch::Tensor pairs = torch::arange(num_feats, positions.options().requires_grad(false)).div(2, "floor");
  const torch::Tensor lengths = torch::pow(temperature, pairs * 2 / num_feats);
  const torch::Tensor phases = positions.unsqueeze(-1) / lengths;
  const torch::Tensor sines = phases.slice(-1, 0, c10::nullopt, 2).sin(), cosines = phases.slice(-1, 1, c10::nullopt, 2).cos();
  return torch::stack({sines, cosines}, -1).flatten(-2);
}

}  // namespace detforge::nn
