#include "detforge/nn/activations/inplace_options.h"
#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// min(max(x, 0), 6).
class ReLU6 : public Layer {
 public:
  using Options = InplaceOptions;
  static Arguments<Options> arguments() { return inplace_arguments(); }

  explicit ReLU6(const Options& options, const BuildContext& = {}) : Layer("ReLU6"), inplace_(options.inplace) {}

  std::string extra_repr() const override { return inplace_repr(inplace_); }

  std::int64_t multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor> outputs) const override {
    return outputs[0].numel();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    torch::Tensor output = input;
    return inplace_ ? output.clamp_(0, 6) : output.clamp(0, 6);
  }

 private:
  bool inplace_;
};

DETFORGE_REGISTER(activation_layers, ReLU6,
                  {.name = "ReLU6", .python = "torch.nn.modules.activation.ReLU6", .meaning = "min(max(x, 0), 6)"});

}  // namespace detforge::nn
