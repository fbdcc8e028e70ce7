#include "detforge/models/necks/fpn.h"

namespace detforge {

/// Path Aggregation Network's neck (arXiv 1803.01534): an FPN, then a way back from its fine levels to the coarse ones.
/// Levels as FPN's.
class PAFPN : public FPN {
 public:
  using Options = FPN::Options;
  static Arguments<Options> arguments() { return FPN::arguments().without({"upsample_cfg"}); }

  PAFPN(const Options& options, const BuildContext& context) : FPN("PAFPN", options, context) {
    downsample_convs_ = register_module("downsample_convs", std::make_shared<nn::ModuleList<>>());
    pafpn_convs_ = register_module("pafpn_convs", std::make_shared<nn::ModuleList<>>());
    nn::ConvModule::Options conv{.in_channels = options.out_channels,
                                 .out_channels = options.out_channels,
                                 .kernel_size = 3,
                                 .padding = 1,
                                 .layers = {options.conv_cfg, options.norm_cfg, options.act_cfg},
                                 .inplace = false};
    for (std::size_t i = 1; i < levels().used(); ++i) {
      conv.stride = 2;
      downsample_convs_->append(std::make_shared<nn::ConvModule>(conv, context));
      conv.stride = 1;
      pafpn_convs_->append(std::make_shared<nn::ConvModule>(conv, context));
    }
  }

 protected:
  nn::Features compute(const nn::Features& features) override {
    const nn::Features laterals = merge_laterals(features);
    nn::Features inner = convolve(laterals);
    for (std::size_t i = 0; i < downsample_convs_->size(); ++i) inner[i + 1] = inner[i + 1] + (*downsample_convs_)[i].forward(inner[i]);
    nn::Features outputs = {inner[0]};
    for (std::size_t i = 0; i < pafpn_convs_->size(); ++i) outputs.push_back((*pafpn_convs_)[i].forward(inner[i + 1]));
    append_extra_levels(features, laterals, outputs);
    return outputs;
  }

 private:
  std::shared_ptr<nn::ModuleList<>> downsample_convs_;
  std::shared_ptr<nn::ModuleList<>> pafpn_convs_;
};

DETFORGE_REGISTER(necks, PAFPN,
                  {.name = "PAFPN", .python = "mmdet.models.necks.pafpn.PAFPN", .meaning = "Path Aggregation Network (arXiv 1803.01534)"});

}  // namespace detforge
