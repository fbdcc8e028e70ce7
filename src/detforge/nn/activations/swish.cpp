#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// x · sigmoid(x), as mmcv names it.
class Swish : public Layer {
 public:
  struct Options {};
  static Arguments<Options> arguments() { return {}; }

  explicit Swish(const Options& = {}, const BuildContext& = {}) : Layer("Swish") {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return torch::silu(input); }
};

DETFORGE_REGISTER(activation_layers, Swish,
                  {.name = "Swish", .python = "mmcv.cnn.bricks.swish.Swish", .meaning = "x · sigmoid(x), as mmcv names it"});

}  // namespace detforge::nn
