#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// PyTorch's `GroupNorm` (arXiv 1803.08494) on [N, C, …]: mean 0 and variance 1 over each group of channels of each sample.
class GroupNorm : public Layer {
 public:
  struct Options {
    std::int64_t num_groups = 1;
    std::int64_t num_channels = 0;
    double eps = 1e-5;
    bool affine = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::num_groups, "num_groups", required, "groups of channels").at_least(1),
            arg(&Options::num_channels, "num_channels", required, "channels of the input").at_least(1),
            arg(&Options::eps, "eps", "added to the variance"), arg(&Options::affine, "affine", "whether weight and bias are learnt")};
  }

  explicit GroupNorm(const Options& options, const BuildContext& = {}) : Layer("GroupNorm"), options_(options) {
    if (options.num_channels % options.num_groups != 0) {
      throw ArgumentError(
          "num_groups", "must divide the " + std::to_string(options.num_channels) + " channels, got " + std::to_string(options.num_groups));
    }
    if (!options.affine) return;
    weight_ = register_parameter("weight", torch::empty({options.num_channels}));
    bias_ = register_parameter("bias", torch::empty({options.num_channels}));
  }

  std::string extra_repr() const override {
    return std::to_string(options_.num_groups) + ", " + std::to_string(options_.num_channels) + ", eps=" + detforge::repr(options_.eps) +
           ", affine=" + (options_.affine ? "True" : "False");
  }
  std::string abbreviation() const override { return "gn"; }
  void reset_parameters() override {
    if (!weight_.defined()) return;
    const torch::NoGradGuard no_grad;
    weight_.fill_(1);
    bias_.zero_();
  }
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor>) const override {
    return inputs[0].numel() * (options_.affine ? 2 : 1);
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    return torch::group_norm(input, options_.num_groups, weight_, bias_, options_.eps);
  }

 private:
  Options options_;
  torch::Tensor weight_;  // [num_channels]
  torch::Tensor bias_;    // [num_channels]
};

DETFORGE_REGISTER(norm_layers, GroupNorm,
                  {.name = "GN", .python = "torch.nn.modules.normalization.GroupNorm", .meaning = "group normalisation"});

}  // namespace detforge::nn
