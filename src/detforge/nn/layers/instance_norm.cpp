#include "detforge/nn/layers/norm_base.h"

namespace detforge::nn {

/// PyTorch's instance normalisation on [N, C, …]: mean 0 and variance 1 over each channel of each sample.
class InstanceNorm : public NormBase {
 public:
  struct Options : NormBase::Options {
    Options() {
      affine = false;
      track_running_stats = false;
    }
  };
  static Arguments<Options> arguments() { return {NormBase::arguments()}; }

  using NormBase::NormBase;

  std::string python_base() const override { return "_InstanceNorm"; }
  std::string abbreviation() const override { return "in"; }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const bool input_statistics = is_training() || !running_mean_.defined();
    return torch::instance_norm(input, weight_, bias_, running_mean_, running_var_, input_statistics, options_.momentum.value_or(0), eps(),
                                /*cudnn_enabled=*/true);
  }
};

class InstanceNorm1d : public InstanceNorm {
 public:
  explicit InstanceNorm1d(const Options& options, const BuildContext& = {}) : InstanceNorm("InstanceNorm1d", options) {}
};

class InstanceNorm2d : public InstanceNorm {
 public:
  explicit InstanceNorm2d(const Options& options, const BuildContext& = {}) : InstanceNorm("InstanceNorm2d", options) {}
};

/// The registry knows the same layer under two names.
class NamedInstanceNorm2d : public InstanceNorm2d {
 public:
  using InstanceNorm2d::InstanceNorm2d;
};

class InstanceNorm3d : public InstanceNorm {
 public:
  explicit InstanceNorm3d(const Options& options, const BuildContext& = {}) : InstanceNorm("InstanceNorm3d", options) {}
};

DETFORGE_REGISTER(norm_layers, InstanceNorm2d,
                  {.name = "IN", .python = "torch.nn.modules.instancenorm.InstanceNorm2d", .meaning = "instance normalisation"});
DETFORGE_REGISTER(norm_layers, NamedInstanceNorm2d,
                  {.name = "IN2d", .python = "torch.nn.modules.instancenorm.InstanceNorm2d", .meaning = "instance normalisation"});
DETFORGE_REGISTER(norm_layers, InstanceNorm1d,
                  {.name = "IN1d",
                   .python = "torch.nn.modules.instancenorm.InstanceNorm1d",
                   .meaning = "instance normalisation of [N, C, L]"});
DETFORGE_REGISTER(norm_layers, InstanceNorm3d,
                  {.name = "IN3d",
                   .python = "torch.nn.modules.instancenorm.InstanceNorm3d",
                   .meaning = "instance normalisation of [N, C, D, H, W]"});

}  // namespace detforge::nn
