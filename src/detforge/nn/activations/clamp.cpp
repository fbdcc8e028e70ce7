#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// min(max(x, min), max).
class Clamp : public Layer {
 public:
  struct Options {
    double min = -1;
    double max = 1;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::min, "min", "smallest output"), arg(&Options::max, "max", "largest output")};
  }

  explicit Clamp(const Options& options, const BuildContext& = {}) : Layer("Clamp"), options_(options) {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return input.clamp(options_.min, options_.max); }

 private:
  Options options_;
};

/// The registry knows the same layer under two names.
class Clip : public Clamp {
 public:
  using Clamp::Clamp;
};

DETFORGE_REGISTER(activation_layers, Clamp,
                  {.name = "Clamp", .python = "mmcv.cnn.bricks.activation.Clamp", .meaning = "min(max(x, min), max)"});
DETFORGE_REGISTER(activation_layers, Clip,
                  {.name = "Clip", .python = "mmcv.cnn.bricks.activation.Clamp", .meaning = "min(max(x, min), max)"});

}  // namespace detforge::nn
