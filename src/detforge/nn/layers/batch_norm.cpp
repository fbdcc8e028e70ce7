#include "detforge/nn/layers/batch_norm.h"

namespace detforge::nn {

void set_batch_norms_to_eval(torch::nn::Module& module) {
  for (const auto& part : module.modules()) {
    if (auto* norm = dynamic_cast<BatchNorm*>(part.get())) norm->eval();
  }
}

void freeze(torch::nn::Module& module) {
  module.eval();
  for (torch::Tensor& parameter : module.parameters()) parameter.set_requires_grad(false);
}

/// The registry knows the same layer under two names.
class NamedBatchNorm2d : public BatchNorm2d {
 public:
  using BatchNorm2d::BatchNorm2d;
};

class BatchNorm1d : public BatchNorm {
 public:
  explicit BatchNorm1d(const Options& options, const BuildContext& = {}) : BatchNorm("BatchNorm1d", options) {}
};

class BatchNorm3d : public BatchNorm {
 public:
  explicit BatchNorm3d(const Options& options, const BuildContext& = {}) : BatchNorm("BatchNorm3d", options) {}
};

DETFORGE_REGISTER(norm_layers, BatchNorm2d,
                  {.name = "BN", .python = "torch.nn.modules.batchnorm.BatchNorm2d", .meaning = "batch normalisation"});
DETFORGE_REGISTER(norm_layers, NamedBatchNorm2d,
                  {.name = "BN2d", .python = "torch.nn.modules.batchnorm.BatchNorm2d", .meaning = "batch normalisation"});
DETFORGE_REGISTER(norm_layers, BatchNorm1d,
                  {.name = "BN1d", .python = "torch.nn.modules.batchnorm.BatchNorm1d", .meaning = "batch normalisation of [N, C, L]"});
DETFORGE_REGISTER(norm_layers, BatchNorm3d,
                  {.name = "BN3d",
                   .python = "torch.nn.modules.batchnorm.BatchNorm3d",
                   .meaning = "batch normalisation of [N, C, D, H, W]"});

}  // namespace detforge::nn
