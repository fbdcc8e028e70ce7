#pragma once

#include "detforge/nn/layers/norm_base.h"

namespace detforge::nn {

/// PyTorch's batch normalisation over the channels of [N, C, …].
class BatchNorm : public NormBase {
 public:
  using NormBase::NormBase;

  std::string python_base() const override { return "_BatchNorm"; }
  std::string abbreviation() const override { return "bn"; }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return batch_norm(input); }
};

/// The one of [N, C, H, W].
class BatchNorm2d : public BatchNorm {
 public:
  explicit BatchNorm2d(const Options& options, const BuildContext& = {}) : BatchNorm("BatchNorm2d", options) {}
};

/// Puts every batch norm below `module` into evaluation mode: what `norm_eval` asks for.
void set_batch_norms_to_eval(torch::nn::Module& module);

/// Evaluation mode and no gradients for `module`: what `frozen_stages` asks for.
void freeze(torch::nn::Module& module);

}  // namespace detforge::nn
