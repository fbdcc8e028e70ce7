#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// x for x > 0, otherwise a slope drawn from [lower, upper] in training, their mean in evaluation (arXiv 1505.00853).
class RReLU : public Layer {
 public:
  struct Options {
    double lower = 1.0 / 8;
    double upper = 1.0 / 3;
    bool inplace = false;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::lower, "lower", "smallest slope"), arg(&Options::upper, "upper", "largest slope"),
            arg(&Options::inplace, "inplace", "overwrite the input instead of allocating")};
  }

  explicit RReLU(const Options& options, const BuildContext& = {}) : Layer("RReLU"), options_(options) {}

  std::string extra_repr() const override {
    return "lower=" + detforge::repr(options_.lower) + ", upper=" + detforge::repr(options_.upper) +
           (options_.inplace ? ", inplace=True" : "");
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    torch::Tensor output = input;
    return options_.inplace ? torch::rrelu_(output, options_.lower, options_.upper, is_training())
                            : torch::rrelu(input, options_.lower, options_.upper, is_training());
  }

 private:
  Options options_;
};

DETFORGE_REGISTER(activation_layers, RReLU,
                  {.name = "RReLU", .python = "torch.nn.modules.activation.RReLU", .meaning = "x, or a random slope for x < 0"});

}  // namespace detforge::nn
