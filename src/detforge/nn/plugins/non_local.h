#pragma once

#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge::nn {

/// mmcv's `NonLocal2d` (arXiv 1711.07971): each pixel of [N, C, H, W] gets a weighted sum over all pixels added.
class NonLocal2d : public Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    bool sub_sample = false;
    std::optional<ConfigDict> conv_cfg = ConfigDict{{"type", "Conv2d"}};
    std::int64_t reduction = 2;
    bool use_scale = true;
    std::optional<ConfigDict> norm_cfg;
    std::string mode = "embedded_gaussian";
    double std = 0.01;
    bool zeros_init = true;
  };
  static Arguments<Options> arguments();

  explicit NonLocal2d(const Options& options, const BuildContext& context = {});

  std::string abbreviation() const override { return "nonlocal_block"; }
  void reset_parameters() override;
  void init_weights(const PretrainedLoader&) override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  enum class Mode { Gaussian, EmbeddedGaussian, DotProduct, Concatenation };
  static Mode mode_of(const std::string& name);

  /// The weight of each pixel (last dimension) for each pixel: [N, H · W, H' · W'].
  torch::Tensor pairwise_weight(const torch::Tensor& input);

  Options options_;
  Reference reference_;
  Mode mode_;
  std::int64_t inter_channels_;
  std::shared_ptr<ConvModule> g_conv_;
  std::shared_ptr<ConvModule> conv_out_;
  std::shared_ptr<ConvModule> theta_;           // not in Gaussian mode
  std::shared_ptr<ConvModule> phi_conv_;        // not in Gaussian mode
  std::shared_ptr<ConvModule> concat_project_;  // in Concatenation mode
  std::shared_ptr<Layer> g_;                    // g_conv_, with a pool behind it where it samples
  std::shared_ptr<Layer> phi_;                  // likewise; null where the input itself is meant
};

}  // namespace detforge::nn
