#pragma once

#include "detforge/models/heads.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// Which classes an image shows, from the coarsest level (SCNet, arXiv 2012.10150); its features are added to those of regions.
class GlobalContextHead : public nn::Module {
 public:
  struct Options {
    std::int64_t num_convs = 4;
    std::int64_t in_channels = 256;
    std::int64_t conv_out_channels = 256;
    std::int64_t num_classes = 80;
    double loss_weight = 1.0;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    bool conv_to_res = false;
    std::optional<Value> init_cfg = Value::dict({{"type", "Normal"}, {"std", 0.01}, {"override", Value::dict({{"name", "fc"}})}});
  };
  static Arguments<Options> arguments();

  GlobalContextHead(const Options& options, const BuildContext& context);

  struct Outputs {
    torch::Tensor mc_pred;  ///< [N, num_classes] before the sigmoid
    torch::Tensor feat;     ///< [N, C, 1, 1]
  };
  Outputs forward(const nn::Features& features);
  /// A scalar; `gt_labels` of each image.
  torch::Tensor loss(const torch::Tensor& mc_pred, std::span<const torch::Tensor> gt_labels) const;

 private:
  double loss_weight_;
  std::shared_ptr<nn::ModuleList<>> convs_;
  std::shared_ptr<nn::Layer> pool_;
  std::shared_ptr<nn::Layer> fc_;
};

void append_tensors(const GlobalContextHead::Outputs& outputs, std::vector<torch::Tensor>& all);

}  // namespace detforge
