#pragma once

#include "detforge/nn/layers/linear.h"
#include "detforge/nn/transformer/attention.h"

namespace detforge::nn {

/// Deformable DETR's attention (arXiv 2010.04159): instead of looking at every key, a query reads the maps that the keys are the pixels of
/// at a few points beside its reference point. Needs `AttentionInput::sampled`.
class MultiScaleDeformableAttention : public Attention {
 public:
  struct Options {
    std::int64_t embed_dims = 256;
    std::int64_t num_heads = 8;
    std::int64_t num_levels = 4;
    std::int64_t num_points = 4;
    std::int64_t im2col_step = 64;
    double dropout = 0.1;
    bool batch_first = false;
    std::optional<ConfigDict> norm_cfg;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  explicit MultiScaleDeformableAttention(const Options& options, const BuildContext& context = {});

  void reset_parameters() override;
  void init_weights(const PretrainedLoader&) override { reset_parameters(); }

 protected:
  torch::Tensor compute(const AttentionInput& input) override;

 private:
  /// Where the queries [N, L, E] look, [N, L, heads, levels, points, 2].
  torch::Tensor locations_of(const torch::Tensor& query, const SampledLevels& sampled);

  Options options_;
  std::shared_ptr<Layer> dropout_;
  std::shared_ptr<Linear> sampling_offsets_;
  std::shared_ptr<Linear> attention_weights_;
  std::shared_ptr<Linear> value_proj_;
  std::shared_ptr<Linear> output_proj_;
};

}  // namespace detforge::nn
