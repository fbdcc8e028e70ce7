#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// x · Φ(x), Φ the normal distribution (arXiv 1606.08415), or its approximation by tanh.
class GELU : public Layer {
 public:
  struct Options {
    std::string approximate = "none";
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::approximate, "approximate", "how Φ is computed").one_of({"none", "tanh"})};
  }

  explicit GELU(const Options& options, const BuildContext& = {}) : Layer("GELU"), approximate_(options.approximate) {}

  std::string extra_repr() const override { return "approximate=" + detforge::repr(Value(approximate_)); }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return torch::gelu(input, approximate_); }

 private:
  std::string approximate_;
};

DETFORGE_REGISTER(
    activation_layers, GELU,
    {.name = "GELU", .python = "torch.nn.modules.activation.GELU", .meaning = "x · Φ(x) (arXiv 1606.08415)", .since = Reference::V2_27});

}  // namespace detforge::nn
