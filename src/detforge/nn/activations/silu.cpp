#include "detforge/nn/activations/inplace_options.h"
#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// x · sigmoid(x).
class SiLU : public Layer {
 public:
  using Options = InplaceOptions;
  static Arguments<Options> arguments() { return inplace_arguments(); }

  explicit SiLU(const Options& options, const BuildContext& = {}) : Layer("SiLU"), inplace_(options.inplace) {}

  std::string extra_repr() const override { return inplace_repr(inplace_); }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    torch::Tensor output = input;
    return inplace_ ? torch::silu_(output) : torch::silu(output);
  }

 private:
  bool inplace_;
};

DETFORGE_REGISTER(activation_layers, SiLU,
                  {.name = "SiLU", .python = "torch.nn.modules.activation.SiLU", .meaning = "x · sigmoid(x)", .since = Reference::V2_27});

}  // namespace detforge::nn
