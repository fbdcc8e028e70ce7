#pragma once

#include <array>

#include "detforge/models/backbones/backbone.h"
#include "detforge/nn/layers/containers.h"

namespace detforge {

/// The convolutions of VGG (arXiv 1409.1556) with mmcv's arguments: [N, 3, H, W] → one level per `out_indices`, each behind the
/// pool that ends its stage: strides 2, 4, 8, 16, 32 with 64, 128, 256, 512, 512 channels.
class VGG : public Backbone {
 public:
  static constexpr std::size_t kStages = 5;

  struct Options {
    bool with_bn = false;
    std::int64_t num_stages = 5;
    std::vector<std::int64_t> dilations = {1, 1, 1, 1, 1};
    std::vector<std::int64_t> out_indices = {0, 1, 2, 3, 4};
    std::int64_t frozen_stages = -1;
    bool bn_eval = true;
    bool bn_frozen = false;
    bool ceil_mode = false;
    bool with_last_pool = true;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  /// `convolutions`: how many each stage has. Throws `ArgumentError`.
  VGG(std::string python_name, const std::array<std::int64_t, kStages>& convolutions, const Options& options, const BuildContext& context);
  void train(bool on = true) override;

 protected:
  nn::Features compute(const torch::Tensor& image) override;

 private:
  void append_stage(std::int64_t in_channels, std::int64_t out_channels, std::int64_t convolutions, std::int64_t dilation, bool pool);

  Options options_;
  std::shared_ptr<nn::Sequential> features_;
  std::vector<std::size_t> stage_ends_;  // of `features_`, one behind each stage's last layer
};

}  // namespace detforge
