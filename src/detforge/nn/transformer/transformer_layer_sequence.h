#pragma once

#include "detforge/nn/transformer/transformer_layer.h"

namespace detforge::nn {

/// mmcv's `TransformerLayerSequence`: layers one after the other, queries [L, N, E] → the same shape, or [layers, L, N, E] of a decoder
/// that hands out what each of its layers gives.
class TransformerLayerSequence : public Module {
 public:
  struct Options {
    std::optional<std::variant<ConfigDict, std::vector<ConfigDict>>> transformerlayers;
    std::optional<std::int64_t> num_layers;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  explicit TransformerLayerSequence(const Options& options, const BuildContext& context = {})
      : TransformerLayerSequence("TransformerLayerSequence", options, context) {}

  torch::Tensor forward(const torch::Tensor& query, const TransformerInput& input) {
    return observed(*this, {&query, 1}, [&] { return compute(query, input); });
  }
  std::int64_t embed_dims() const { return layers()[0].embed_dims(); }
  bool pre_norm() const { return layers()[0].pre_norm(); }
  std::int64_t num_layers() const { return static_cast<std::int64_t>(layers().size()); }

 protected:
  TransformerLayerSequence(std::string python_name, const Options& options, const BuildContext& context);
  /// Of given layers, at least one.
  TransformerLayerSequence(std::string python_name, std::shared_ptr<ModuleList<TransformerLayer>> layers);

  virtual torch::Tensor compute(torch::Tensor query, const TransformerInput& input);
  const ModuleList<TransformerLayer>& layers() const { return *layers_; }

 private:
  std::shared_ptr<ModuleList<TransformerLayer>> layers_;
};

/// mmcv's `TRANSFORMER_LAYER_SEQUENCE`.
Registry<TransformerLayerSequence>& transformer_layer_sequences();

}  // namespace detforge::nn
