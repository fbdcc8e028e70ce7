#include "detforge/models/necks/neck.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// HRNet's neck (arXiv 1904.04514): all levels, brought to the size of the first and joined, become one of `out_channels`,
/// which is pooled to `num_outs` levels of half the size each.
class HRFPN : public Neck {
 public:
  struct Options {
    std::vector<std::int64_t> in_channels;
    std::int64_t out_channels = 0;
    std::int64_t num_outs = 5;
    std::string pooling_type = "AVG";
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    bool with_cp = false;
    std::int64_t stride = 1;
    std::optional<Value> init_cfg = Value::dict({{"type", "Caffe2Xavier"}, {"layer", "Conv2d"}});
  };
  static Arguments<Options> arguments();

  HRFPN(const Options& options, const BuildContext& context);

 protected:
  nn::Features compute(const nn::Features& features) override;

 private:
  std::size_t num_ins_;
  bool max_pooling_;
  std::shared_ptr<nn::ConvModule> reduction_conv_;
  std::shared_ptr<nn::ModuleList<>> fpn_convs_;
};

Arguments<HRFPN::Options> HRFPN::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of each input level, finest first"),
          arg(&Options::out_channels, "out_channels", required, "channels of every output level").at_least(1),
          arg(&Options::num_outs, "num_outs", "number of output levels").at_least(1),
          arg(&Options::pooling_type, "pooling_type", "MAX; anything else is the mean"),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "counts for nothing"),
          arg(&Options::with_cp, "with_cp", "computes activations anew to save memory; accepted, and the numbers are the same"),
          arg(&Options::stride, "stride", "stride of the convolutions behind the pools").at_least(1),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

HRFPN::HRFPN(const Options& options, const BuildContext& context)
    : Neck("HRFPN"), num_ins_(options.in_channels.size()), max_pooling_(options.pooling_type == "MAX") {
  std::int64_t joined = 0;
  for (const std::int64_t channels : options.in_channels) joined += channels;
  const nn::LayerConfigs layers{options.conv_cfg, {}, {}};
  const nn::ConvModule::Options reduction{.in_channels = joined, .out_channels = options.out_channels, .layers = layers};
  reduction_conv_ = register_module("reduction_conv", std::make_shared<nn::ConvModule>(reduction, context));
  fpn_convs_ = register_module("fpn_convs", std::make_shared<nn::ModuleList<>>());
  for (std::int64_t i = 0; i < options.num_outs; ++i) {
    const nn::ConvModule::Options conv{.in_channels = options.out_channels,
                                       .out_channels = options.out_channels,
                                       .kernel_size = 3,
                                       .stride = options.stride,
                                       .padding = 1,
                                       .layers = layers};
    fpn_convs_->append(std::make_shared<nn::ConvModule>(conv, context));
  }
  expect({.count_argument = "in_channels", .channels_argument = "in_channels", .channels = options.in_channels});
  show_init_cfg(context, options.init_cfg);
}

nn::Features HRFPN::compute(const nn::Features& features) {
  nn::Features enlarged = {features[0]};
  for (std::size_t i = 1; i < num_ins_; ++i) {
    const auto factor = static_cast<double>(1U << i);
    enlarged.push_back(torch::upsample_bilinear2d(features[i], c10::nullopt, /*align_corners=*/false, std::vector<double>{factor, factor}));
  }
  const torch::Tensor reduced = reduction_conv_->forward(torch::cat(enlarged, 1));
  nn::Features outputs;
  for (std::size_t i = 0; i < fpn_convs_->size(); ++i) {
    const std::int64_t size = std::int64_t{1} << i;
    torch::Tensor level = reduced;
    if (i > 0) level = max_pooling_ ? torch::max_pool2d(reduced, size, size) : torch::avg_pool2d(reduced, size, size);
    outputs.push_back((*fpn_convs_)[i].forward(level));
  }
  return outputs;
}

DETFORGE_REGISTER(necks, HRFPN,
                  {.name = "HRFPN", .python = "mmdet.models.necks.hrfpn.HRFPN", .meaning = "HRNet's neck (arXiv 1904.04514)"});

}  // namespace detforge
