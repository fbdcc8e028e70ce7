#include "detforge/nn/activations/inplace_options.h"
#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// x for x > 0, alpha · (exp(x) - 1) otherwise (arXiv 1511.07289).
class ELU : public Layer {
 public:
  struct Options {
    double alpha = 1;
    bool inplace = false;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::alpha, "alpha", "limit for negative inputs, negated"),
            arg(&Options::inplace, "inplace", "overwrite the input instead of allocating")};
  }

  explicit ELU(const Options& options, const BuildContext& = {}) : Layer("ELU"), options_(options) {}

  std::string extra_repr() const override { return "alpha=" + detforge::repr(options_.alpha) + (options_.inplace ? ", inplace=True" : ""); }
  std::int64_t multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor> outputs) const override {
    return outputs[0].numel();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    torch::Tensor output = input;
    return options_.inplace ? torch::elu_(output, options_.alpha) : torch::elu(input, options_.alpha);
  }

 private:
  Options options_;
};

DETFORGE_REGISTER(activation_layers, ELU,
                  {.name = "ELU", .python = "torch.nn.modules.activation.ELU", .meaning = "x, or alpha · (exp(x) - 1) for x < 0"});

}  // namespace detforge::nn
