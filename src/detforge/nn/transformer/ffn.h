#pragma once

#include "detforge/nn/layers/containers.h"
#include "detforge/registry/registry.h"

namespace detforge::nn {

/// What changes each token of a transformer by itself: [..., embed_dims] → the same shape.
class FeedforwardNetwork : public Layer {
 public:
  using Layer::forward;
  using Layer::Layer;
  /// With `identity`, of the input's shape, added in the input's place; undefined: the input.
  torch::Tensor forward(const torch::Tensor& tokens, const torch::Tensor& identity) {
    return observed(*this, {&tokens, 1}, [&] { return compute(tokens, identity); });
  }

 protected:
  virtual torch::Tensor compute(const torch::Tensor& tokens, const torch::Tensor& identity) = 0;
  torch::Tensor compute(const torch::Tensor& tokens) override { return compute(tokens, {}); }
};

/// mmcv's `FEEDFORWARD_NETWORK`.
Registry<FeedforwardNetwork>& feedforward_networks();

/// mmcv's `FFN`: linear layers with an activation and a dropout after each but the last; the input is added.
class FFN : public FeedforwardNetwork {
 public:
  struct Options {
    std::int64_t embed_dims = 256;
    std::int64_t feedforward_channels = 1024;
    std::int64_t num_fcs = 2;
    ConfigDict act_cfg = {{"type", "ReLU"}, {"inplace", true}};
    double ffn_drop = 0;
    std::optional<ConfigDict> dropout_layer = {};
    bool add_identity = true;
    std::optional<Value> init_cfg = {};
  };
  static Arguments<Options> arguments();

  explicit FFN(const Options& options, const BuildContext& context = {});

 protected:
  torch::Tensor compute(const torch::Tensor& tokens, const torch::Tensor& identity) override;

 private:
  bool add_identity_;
  std::shared_ptr<Layer> activate_;  // one for all layers
  std::shared_ptr<BaseSequential> layers_;
  std::shared_ptr<Layer> dropout_layer_;
};

/// The linear layers of an FFN, activations and dropouts between them. Throws `ArgumentError`.
std::shared_ptr<BaseSequential> ffn_layers(const FFN::Options& options, const std::shared_ptr<Layer>& activate);

}  // namespace detforge::nn
