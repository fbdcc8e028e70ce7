#include "detforge/models/necks/fpn.h"

namespace detforge {

/// A convolution for each level, [N, in_channels[i], H_i, W_i] → [N, out_channels, H_i, W_i], and strided ones behind the
/// last.
class ChannelMapper : public Neck {
 public:
  struct Options {
    std::vector<std::int64_t> in_channels;
    std::int64_t out_channels = 0;
    std::int64_t kernel_size = 3;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    std::optional<ConfigDict> act_cfg = ConfigDict{{"type", "ReLU"}};
    std::optional<std::int64_t> num_outs;
    std::optional<Value> init_cfg = FPN::xavier_init_cfg();
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::in_channels, "in_channels", required, "channels of each input level, finest first"),
            arg(&Options::out_channels, "out_channels", required, "channels of every output level").at_least(1),
            arg(&Options::kernel_size, "kernel_size", "of the convolutions").at_least(1),
            arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
            arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
            arg(&Options::act_cfg, "act_cfg", "activation layer"),
            arg(&Options::num_outs, "num_outs", "number of output levels; None: that of the input").since_v2_27(),
            arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
  }

  ChannelMapper(const Options& options, const BuildContext& context) : Neck("ChannelMapper") {
    const auto conv = [&](std::int64_t in_channels, std::int64_t kernel_size, std::int64_t stride) {
      const nn::ConvModule::Options module{.in_channels = in_channels,
                                           .out_channels = options.out_channels,
                                           .kernel_size = kernel_size,
                                           .stride = stride,
                                           .padding = (kernel_size - 1) / 2,
                                           .layers = {options.conv_cfg, options.norm_cfg, options.act_cfg}};
      return std::make_shared<nn::ConvModule>(module, context);
    };
    convs_ = register_module("convs", std::make_shared<nn::ModuleList<>>());
    for (const std::int64_t channels : options.in_channels) convs_->append(conv(channels, options.kernel_size, 1));
    const auto inputs = static_cast<std::int64_t>(options.in_channels.size());
    if (options.num_outs.value_or(inputs) > inputs) {
      extra_convs_ = register_module("extra_convs", std::make_shared<nn::ModuleList<>>());
      for (std::int64_t i = inputs; i < *options.num_outs; ++i) {
        extra_convs_->append(conv(i == inputs ? options.in_channels.back() : options.out_channels, 3, 2));
      }
    }
    expect({.count_argument = "in_channels", .channels_argument = "in_channels", .channels = options.in_channels});
    show_init_cfg(context, options.init_cfg);
  }

 protected:
  nn::Features compute(const nn::Features& features) override {
    nn::Features outputs;
    for (std::size_t i = 0; i < features.size(); ++i) outputs.push_back((*convs_)[i].forward(features[i]));
    torch::Tensor source = features.back();
    for (std::size_t i = 0; extra_convs_ && i < extra_convs_->size(); ++i) {
      outputs.push_back((*extra_convs_)[i].forward(source));
      source = outputs.back();
    }
    return outputs;
  }

 private:
  std::shared_ptr<nn::ModuleList<>> convs_;
  std::shared_ptr<nn::ModuleList<>> extra_convs_;  // null without
};

DETFORGE_REGISTER(necks, ChannelMapper,
                  {.name = "ChannelMapper",
                   .python = "mmdet.models.necks.channel_mapper.ChannelMapper",
                   .meaning = "a convolution for each level"});

}  // namespace detforge
