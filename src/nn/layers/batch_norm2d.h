#pragma once

#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// PyTorch's `BatchNorm2d` on [N, C, H, W]: batch statistics in training, running ones in evaluation.
class BatchNorm2d : public Layer {
 public:
  struct Options {
    std::int64_t num_features = 0;
    double eps = 1e-5;
    std::optional<double> momentum = 0.1;
    bool affine = true;
    bool track_running_stats = true;
  };
  static Arguments<Options> arguments();

  explicit BatchNorm2d(const Options& options, const BuildContext& context = {});

  std::string extra_repr() const override;
  void reset_parameters() override;
  std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) const override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  Options options_;
  torch::Tensor weight_;               // [num_features]
  torch::Tensor bias_;                 // [num_features]
  torch::Tensor running_mean_;         // [num_features]
  torch::Tensor running_var_;          // [num_features]
  torch::Tensor num_batches_tracked_;  // scalar, int64
};

/// Puts every batch norm below `module` into evaluation mode: what `norm_eval` asks for.
void set_batch_norms_to_eval(torch::nn::Module& module);

/// Evaluation mode and no gradients for `module`: what `frozen_stages` asks for.
void freeze(torch::nn::Module& module);

}  // namespace detforge::nn
