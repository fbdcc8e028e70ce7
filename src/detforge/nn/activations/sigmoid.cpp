#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// 1 / (1 + exp(-x)).
class Sigmoid : public Layer {
 public:
  struct Options {};
  static Arguments<Options> arguments() { return {}; }

  explicit Sigmoid(const Options& = {}, const BuildContext& = {}) : Layer("Sigmoid") {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return input.sigmoid(); }
};

DETFORGE_REGISTER(activation_layers, Sigmoid,
                  {.name = "Sigmoid", .python = "torch.nn.modules.activation.Sigmoid", .meaning = "1 / (1 + exp(-x))"});

}  // namespace detforge::nn
