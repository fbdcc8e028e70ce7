#pragma once

#include "detforge/models/backbones/resnet.h"

namespace detforge {

/// DetectoRS's ResNet (arXiv 2006.02334): switchable atrous convolutions in its blocks, and features of a recursive
/// pyramid that its later stages take. Its blocks never fall back from dcn.
class DetectoRS_ResNet : public ResNet {
 public:
  struct Options : ResNet::Options {
    std::optional<ConfigDict> sac;
    std::vector<bool> stage_with_sac = {false, false, false, false};
    std::optional<std::int64_t> rfp_inplanes;
    bool output_img = false;
  };
  static Arguments<Options> arguments();

  DetectoRS_ResNet(const Options& options, const BuildContext& context)
      : DetectoRS_ResNet("DetectoRS_ResNet", options, /*groups=*/1, /*base_width=*/4, context) {}

  /// `rfp_features`: one level per stage, [N, rfp_inplanes, H_i, W_i] from the second on; the first is not looked at.
  nn::Features rfp_forward(const torch::Tensor& image, const nn::Features& rfp_features);
  /// 2.8's initialisation in 2.27 too, whatever the init_cfg that is shown.
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  DetectoRS_ResNet(const std::string& python_name, const Options& options, std::int64_t groups, std::int64_t base_width,
                   const BuildContext& context);
  nn::Features compute(const torch::Tensor& image) override;

 private:
  class Block;
  static ResNet::Options without_checkpoint(const Options& options);
  static Architecture detectors_architecture(const std::string& python_name, const Options& options, std::int64_t groups,
                                             std::int64_t base_width);
  static std::optional<std::string> checkpoint_of(const Options& options);

  std::optional<std::string> checkpoint_;
  bool zero_init_residual_;
  bool with_dcn_;
  bool output_img_;
};

}  // namespace detforge
