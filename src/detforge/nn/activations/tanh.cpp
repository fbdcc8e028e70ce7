#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// hyperbolic tangent.
class Tanh : public Layer {
 public:
  struct Options {};
  static Arguments<Options> arguments() { return {}; }

  explicit Tanh(const Options& = {}, const BuildContext& = {}) : Layer("Tanh") {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return input.tanh(); }
};

DETFORGE_REGISTER(activation_layers, Tanh, {.name = "Tanh", .python = "torch.nn.modules.activation.Tanh", .meaning = "hyperbolic tangent"});

}  // namespace detforge::nn
