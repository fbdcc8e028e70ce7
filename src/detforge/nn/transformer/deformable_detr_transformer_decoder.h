#pragma once

#include "detforge/nn/transformer/transformer_layer_sequence.h"

namespace detforge::nn {

/// Deformable DETR's decoder (arXiv 2010.04159): queries read the maps around reference points, which each layer may refine.
class DeformableDetrTransformerDecoder : public TransformerLayerSequence {
 public:
  struct Options : TransformerLayerSequence::Options {
    bool return_intermediate = false;
  };
  static Arguments<Options> arguments();

  explicit DeformableDetrTransformerDecoder(const Options& options, const BuildContext& context = {});

  struct Decoded {
    torch::Tensor states;      ///< [layers, Q, N, E], of the last layer alone without `return_intermediate`
    torch::Tensor references;  ///< [layers, N, Q, 2 or 4], after each layer
  };
  /// `query` [Q, N, E]; `reference_points` [N, Q, 2 or 4], from 0 to 1 over the images; `valid_ratios` [N, levels, 2], which part of a
  /// padded map (x, y) an image covers; `reg_branches` one per layer, which turn [N, Q, E] into changes of the points, [N, Q, 4]; null:
  /// they stay.
  Decoded decode(torch::Tensor query, TransformerInput input, torch::Tensor reference_points, const torch::Tensor& valid_ratios,
                 const std::vector<ImageSize>& spatial_shapes, const ModuleList<>* reg_branches);

  bool returns_intermediate() const { return return_intermediate_; }

 protected:
  torch::Tensor compute(torch::Tensor query, const TransformerInput& input) override;

 private:
  bool return_intermediate_;
};

}  // namespace detforge::nn
