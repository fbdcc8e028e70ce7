#pragma once

#include "detforge/nn/layers/dropout.h"
#include "detforge/registry/registry.h"

namespace detforge::nn {

/// What leaves parts of a tensor out while a model learns: mmcv's `DROPOUT_LAYERS`.
Registry<Layer>& dropout_layers();

/// The dropout that `dropout_cfg` names; `Identity` where there is none, or an empty one.
std::shared_ptr<Layer> build_dropout(const std::optional<ConfigDict>& dropout_cfg, const BuildContext& context);

/// Stochastic depth (arXiv 1603.09382): in training, each image's part of a batch [N, …] becomes 0 with probability `drop_prob`, the
/// others grow by 1 / (1 - drop_prob).
class DropPath : public Layer {
 public:
  struct Options {
    double drop_prob = 0.1;
  };
  static Arguments<Options> arguments();

  explicit DropPath(const Options& options, const BuildContext& = {}) : Layer("DropPath"), drop_prob_(options.drop_prob) {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  double drop_prob_;
};

}  // namespace detforge::nn
