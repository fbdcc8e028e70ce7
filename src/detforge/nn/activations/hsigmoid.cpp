#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// min(max((x + bias) / divisor, min_value), max_value).
class HSigmoid : public Layer {
 public:
  struct Options {
    double bias = 1;
    double divisor = 2;
    double min_value = 0;
    double max_value = 1;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::bias, "bias", "added to the input").default_in_v2_27(3),
            arg(&Options::divisor, "divisor", "divides the sum").default_in_v2_27(6),
            arg(&Options::min_value, "min_value", "smallest output"), arg(&Options::max_value, "max_value", "largest output")};
  }

  explicit HSigmoid(const Options& options, const BuildContext& = {}) : Layer("HSigmoid"), options_(options) {
    if (options.divisor == 0) throw ArgumentError("divisor", "must not be 0");
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    return ((input + options_.bias) / options_.divisor).clamp_(options_.min_value, options_.max_value);
  }

 private:
  Options options_;
};

DETFORGE_REGISTER(activation_layers, HSigmoid,
                  {.name = "HSigmoid", .python = "mmcv.cnn.bricks.hsigmoid.HSigmoid", .meaning = "a straight line for the sigmoid"});

}  // namespace detforge::nn
