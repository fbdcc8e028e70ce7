#pragma once

#include "detforge/models/losses/loss.h"
#include "detforge/models/roi_heads/mask_heads/semantic_head.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// Segments the image from all levels of a pyramid, added at the size of one of them (Hybrid Task Cascade, arXiv 1901.07518):
/// 1×1 convolutions → sum → 3×3 convolutions → a convolution for classes and one for features.
class FusedSemanticHead : public SemanticHead {
 public:
  struct Options {
    std::int64_t num_ins = 0;
    std::int64_t fusion_level = 0;
    std::int64_t num_convs = 4;
    std::int64_t in_channels = 256;
    std::int64_t conv_out_channels = 256;
    std::int64_t num_classes = 183;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    std::optional<std::int64_t> ignore_label = 255;
    std::optional<double> loss_weight = 0.2;
    ConfigDict loss_seg = {{"type", "CrossEntropyLoss"}, {"ignore_index", 255}, {"loss_weight", 0.2}};
    std::optional<Value> init_cfg = Value::dict({{"type", "Kaiming"}, {"override", Value::dict({{"name", "conv_logits"}})}});
  };
  static Arguments<Options> arguments();

  FusedSemanticHead(const Options& options, const BuildContext& context)
      : FusedSemanticHead("FusedSemanticHead", options, /*residual=*/false, context) {}

  torch::Tensor loss(const torch::Tensor& mask_pred, const torch::Tensor& labels) override;

 protected:
  /// With `residual` the 3×3 convolutions are residual blocks.
  FusedSemanticHead(std::string python_name, const Options& options, bool residual, const BuildContext& context);
  SemanticOutputs compute(const nn::Features& features) override;

 private:
  std::size_t fusion_level_;
  std::shared_ptr<nn::ModuleList<>> lateral_convs_;
  std::shared_ptr<nn::ModuleList<>> convs_;
  std::shared_ptr<nn::Layer> conv_embedding_;
  std::shared_ptr<nn::Layer> conv_logits_;
  std::shared_ptr<Loss> criterion_;
};

}  // namespace detforge
