#pragma once

#include "detforge/nn/layers/layer_norm.h"
#include "detforge/nn/layers/linear.h"
#include "detforge/nn/transformer/deformable_detr_transformer_decoder.h"

namespace detforge::nn {

/// Deformable DETR's transformer (arXiv 2010.04159): the pixels of several maps read each other at few points, then queries read them. The
/// queries are learnt, or, in two stages, the best of what the encoder's pixels predict.
class DeformableDetrTransformer : public Module {
 public:
  struct Options {
    bool as_two_stage = false;
    std::int64_t num_feature_levels = 4;
    std::int64_t two_stage_num_proposals = 300;
    std::optional<ConfigDict> encoder;
    std::optional<ConfigDict> decoder;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  DeformableDetrTransformer(const Options& options, const BuildContext& context);

  /// What a head gives: maps [N, E, H_i, W_i], `masks` [N, H_i, W_i] bool, true outside of the images, and encodings like the maps.
  struct Input {
    Features maps;
    Features masks;
    Features pos_embeds;
    torch::Tensor query_embed;  ///< [Q, 2 · E]: what is added to queries, then the queries; not read in two stages
    /// One per layer of the decoder, and in two stages one more for the encoder: [..., E] → [..., 4], and to class scores.
    const ModuleList<>* reg_branches = nullptr;  ///< null: reference points stay as they are
    const ModuleList<>* cls_branches = nullptr;  ///< read in two stages alone
  };
  struct Output {
    torch::Tensor states;            ///< [layers, N, Q, E]
    torch::Tensor init_reference;    ///< [N, Q, 2], in two stages [N, Q, 4]
    torch::Tensor inter_references;  ///< [layers, N, Q, 2 or 4]
    torch::Tensor enc_class;         ///< [N, pixels, C] logits; undefined in one stage
    torch::Tensor enc_coord_unact;   ///< [N, pixels, 4] before the sigmoid; undefined in one stage
  };
  Output forward(const Input& input);

  std::int64_t embed_dims() const { return encoder_->embed_dims(); }
  std::int64_t num_decoder_layers() const { return decoder_->num_layers(); }

  void init_weights(const PretrainedLoader&) override;

 private:
  struct Queries {
    torch::Tensor query;             // [N, Q, E]
    torch::Tensor query_pos;         // [N, Q, E]
    torch::Tensor reference_points;  // [N, Q, 2 or 4]
  };
  Features compute(const Input& input);
  Queries learnt_queries(const torch::Tensor& query_embed, std::int64_t images);
  /// The best of what the encoded pixels `memory` [N, pixels, E] predict, which is kept in `output`.
  Queries proposed_queries(const torch::Tensor& memory, const torch::Tensor& padding, const std::vector<ImageSize>& spatial_shapes,
                           const Input& input, Output& output);

  Options options_;
  std::shared_ptr<TransformerLayerSequence> encoder_;
  std::shared_ptr<DeformableDetrTransformerDecoder> decoder_;
  torch::Tensor level_embeds_;          // [num_feature_levels, E]
  std::shared_ptr<Linear> enc_output_;  // two stages
  std::shared_ptr<LayerNorm> enc_output_norm_;
  std::shared_ptr<Linear> pos_trans_;
  std::shared_ptr<LayerNorm> pos_trans_norm_;
  std::shared_ptr<Linear> reference_points_;  // one stage
};

}  // namespace detforge::nn
