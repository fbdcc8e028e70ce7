#include "detforge/nn/activations/inplace_options.h"
#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// x for x > 0, negative_slope · x otherwise.
class LeakyReLU : public Layer {
 public:
  struct Options {
    double negative_slope = 0.01;
    bool inplace = false;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::negative_slope, "negative_slope", "slope for negative inputs"),
            arg(&Options::inplace, "inplace", "overwrite the input instead of allocating")};
  }

  explicit LeakyReLU(const Options& options, const BuildContext& = {}) : Layer("LeakyReLU"), options_(options) {}

  std::string extra_repr() const override {
    return "negative_slope=" + detforge::repr(options_.negative_slope) + (options_.inplace ? ", inplace=True" : "");
  }
  std::int64_t multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor> outputs) const override {
    return outputs[0].numel();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    torch::Tensor output = input;
    return options_.inplace ? torch::leaky_relu_(output, options_.negative_slope) : torch::leaky_relu(input, options_.negative_slope);
  }

 private:
  Options options_;
};

DETFORGE_REGISTER(activation_layers, LeakyReLU,
                  {.name = "LeakyReLU", .python = "torch.nn.modules.activation.LeakyReLU", .meaning = "x, or a small slope for x < 0"});

}  // namespace detforge::nn
