#pragma once

#include <optional>

#include "detforge/nn/layers/containers.h"
#include "detforge/nn/roi_layers/roi_layer.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// Features of regions: a window of fixed size out of feature maps for each region of interest.
class RoIExtractor : public nn::Module {
 public:
  /// The arguments that all extractors share.
  struct Options {
    ConfigDict roi_layer;
    std::int64_t out_channels = 0;
    std::vector<std::int64_t> featmap_strides;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  RoIExtractor(std::string python_name, const Options& options, const BuildContext& context);

  /// `features` [B, C_i, H_i, W_i], of which the first `num_inputs` are read; `rois` [N, 5]: image of the batch, xyxy px of the
  /// network's input. → [N, C, h, w]. `roi_scale_factor` enlarges the regions around their centres after their level was chosen.
  torch::Tensor forward(const nn::Features& features, const torch::Tensor& rois, std::optional<double> roi_scale_factor = std::nullopt);

  /// Stride of each level in px of the network's input.
  const std::vector<std::int64_t>& featmap_strides() const { return options_.featmap_strides; }
  std::size_t num_inputs() const { return options_.featmap_strides.size(); }

 protected:
  /// Of at least one level and at least one region.
  virtual torch::Tensor compute(const nn::Features& features, const torch::Tensor& rois, std::optional<double> roi_scale_factor) = 0;

  nn::RoILayer& roi_layer(std::size_t level) const { return (*roi_layers_)[level]; }
  /// [rows, out_channels, h, w] of zeros.
  torch::Tensor zero_features(const torch::Tensor& like, std::int64_t rows) const;
  std::int64_t out_channels() const { return options_.out_channels; }

 private:
  Options options_;
  std::shared_ptr<nn::ModuleList<nn::RoILayer>> roi_layers_;
};

Registry<RoIExtractor>& roi_extractors();

/// Regions [N, 5] `factor` times as large, around the same centres.
torch::Tensor roi_rescale(const torch::Tensor& rois, double factor);

}  // namespace detforge
