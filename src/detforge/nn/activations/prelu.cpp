#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// x for x > 0, weight · x otherwise, the weight learnt (arXiv 1502.01852).
class PReLU : public Layer {
 public:
  struct Options {
    std::int64_t num_parameters = 1;
    double init = 0.25;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::num_parameters, "num_parameters", "slopes: 1, or one per channel").at_least(1),
            arg(&Options::init, "init", "what the slopes start at")};
  }

  explicit PReLU(const Options& options, const BuildContext& = {}) : Layer("PReLU"), options_(options) {
    weight_ = register_parameter("weight", torch::empty({options.num_parameters}));
  }

  std::string extra_repr() const override { return "num_parameters=" + std::to_string(options_.num_parameters); }
  void reset_parameters() override {
    const torch::NoGradGuard no_grad;
    weight_.fill_(options_.init);
  }
  std::int64_t multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor> outputs) const override {
    return outputs[0].numel();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return torch::prelu(input, weight_); }

 private:
  Options options_;
  torch::Tensor weight_;  // [num_parameters]
};

DETFORGE_REGISTER(activation_layers, PReLU,
                  {.name = "PReLU", .python = "torch.nn.modules.activation.PReLU", .meaning = "x, or a learnt slope for x < 0"});

}  // namespace detforge::nn
