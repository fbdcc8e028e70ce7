#pragma once

#include <variant>

#include "detforge/nn/layers/conv2d.h"
#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// PyTorch's `_NormBase`: what the normalisations with running statistics have in common.
class NormBase : public Layer {
 public:
  struct Options {
    std::int64_t num_features = 0;
    std::variant<std::int64_t, double> eps = 1e-5;  ///< printed as it was given
    std::optional<double> momentum = 0.1;
    bool affine = true;
    bool track_running_stats = true;
  };
  static Arguments<Options> arguments();

  NormBase(std::string python_name, const Options& options);

  std::string extra_repr() const override;
  void reset_parameters() override;
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) const override;

  /// Changes the weights of the convolution before this so that it gives what both gave in evaluation; from now on this changes nothing.
  /// False, and nothing done, where there are no running statistics or the channels differ.
  bool fuse_into(Conv2d& conv);

  /// What evaluation does to each channel: x · scale + shift.
  struct Affine {
    torch::Tensor scale, shift;  // [num_features] float, on the CPU
  };
  /// Nothing in training, without running statistics, after fusing, or for another type or device.
  std::optional<Affine> affine() const;

 protected:
  /// Batch normalisation of [N, C, …]: batch statistics in training, running ones in evaluation. Throws `Error` where
  /// training has one value per channel only.
  torch::Tensor batch_norm(const torch::Tensor& input);

  double eps() const {
    return std::visit([](auto value) { return static_cast<double>(value); }, options_.eps);
  }

  Options options_;
  torch::Tensor weight_;               // [num_features]
  torch::Tensor bias_;                 // [num_features]
  torch::Tensor running_mean_;         // [num_features]
  torch::Tensor running_var_;          // [num_features]
  torch::Tensor num_batches_tracked_;  // scalar, int64
  bool is_fused_ = false;
};

}  // namespace detforge::nn
