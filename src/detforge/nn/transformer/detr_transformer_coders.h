#pragma once

#include "detforge/nn/transformer/transformer_layer_sequence.h"

/// DETR's encoder and decoder (arXiv 2005.12872).
namespace detforge::nn {

/// Layers, and where these normalise first, one more normalisation of what the last one gives.
class DetrTransformerEncoder : public TransformerLayerSequence {
 public:
  struct Options : TransformerLayerSequence::Options {
    std::optional<ConfigDict> post_norm_cfg = ConfigDict{{"type", "LN"}};
  };
  static Arguments<Options> arguments();

  explicit DetrTransformerEncoder(const Options& options, const BuildContext& context = {});
  /// Of given parts; `post_norm` may be null.
  DetrTransformerEncoder(std::string python_name, std::shared_ptr<ModuleList<TransformerLayer>> layers, const std::string& post_norm_name,
                         const std::shared_ptr<Layer>& post_norm);

 protected:
  torch::Tensor compute(torch::Tensor query, const TransformerInput& input) override;

 private:
  std::shared_ptr<Layer> post_norm_;  // null without
};

/// Layers and one normalisation that all of them share. → [layers, L, N, E] with `return_intermediate`; else [1, L, N, E], or [L, N, E]
/// without a normalisation.
class DetrTransformerDecoder : public TransformerLayerSequence {
 public:
  struct Options : TransformerLayerSequence::Options {
    std::optional<ConfigDict> post_norm_cfg = ConfigDict{{"type", "LN"}};
    bool return_intermediate = false;
  };
  static Arguments<Options> arguments();

  explicit DetrTransformerDecoder(const Options& options, const BuildContext& context = {});
  /// Of given parts; `post_norm` may be null.
  DetrTransformerDecoder(std::string python_name, std::shared_ptr<ModuleList<TransformerLayer>> layers, const std::string& post_norm_name,
                         const std::shared_ptr<Layer>& post_norm, bool return_intermediate);

 protected:
  torch::Tensor compute(torch::Tensor query, const TransformerInput& input) override;

 private:
  bool return_intermediate_;
  std::shared_ptr<Layer> post_norm_;  // null without
};

}  // namespace detforge::nn
