#include "detforge/nn/layers/conv_module.h"

namespace detforge::nn {

/// The ConvModule of a config: a plugin of ResNet's blocks.
class ConvModulePlugin : public ConvModule {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    Pair kernel_size = 1;
    Pair stride = 1;
    Pair padding = 0;
    Pair dilation = 1;
    std::int64_t groups = 1;
    std::variant<bool, std::string> bias = "auto";
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    std::optional<ConfigDict> act_cfg = ConfigDict{{"type", "ReLU"}};
    bool inplace = true;
    bool with_spectral_norm = false;
    std::string padding_mode = "zeros";
    LayerOrder order = {"conv", "norm", "act"};
  };
  static Arguments<Options> arguments();

  explicit ConvModulePlugin(const Options& options, const BuildContext& context = {}) : ConvModule(module_options(options), context) {}

 private:
  static ConvModule::Options module_options(const Options& options);
};

Arguments<ConvModulePlugin::Options> ConvModulePlugin::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of the input").at_least(1),
          arg(&Options::out_channels, "out_channels", required, "channels of the output").at_least(1),
          arg(&Options::kernel_size, "kernel_size", required, "height and width of the kernel"),
          arg(&Options::stride, "stride", "step of the kernel"),
          arg(&Options::padding, "padding", "rows and columns added around the input"),
          arg(&Options::dilation, "dilation", "distance between the kernel's elements"),
          arg(&Options::groups, "groups", "groups of channels that do not see each other").at_least(1),
          arg(&Options::bias, "bias", "whether a bias is added; auto: where there is no normalisation"),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::act_cfg, "act_cfg", "activation layer"),
          arg(&Options::inplace, "inplace", "the activation overwrites its input"),
          arg(&Options::with_spectral_norm, "with_spectral_norm", "the weight is divided by its largest singular value"),
          arg(&Options::padding_mode, "padding_mode", "what stands around the input")
              .one_of({"zeros", "circular", "zero", "reflect", "replicate"}),
          arg(&Options::order, "order", "what comes first: 'conv', 'norm' and 'act'")};
}

ConvModule::Options ConvModulePlugin::module_options(const Options& options) {
  ConvModule::Options module{.in_channels = options.in_channels,
                             .out_channels = options.out_channels,
                             .kernel_size = options.kernel_size,
                             .stride = options.stride,
                             .padding = options.padding,
                             .dilation = options.dilation,
                             .groups = options.groups,
                             .layers = {options.conv_cfg, options.norm_cfg, options.act_cfg},
                             .inplace = options.inplace,
                             .with_spectral_norm = options.with_spectral_norm,
                             .padding_mode = options.padding_mode,
                             .order = options.order};
  if (const bool* bias = std::get_if<bool>(&options.bias)) {
    module.bias = *bias;
  } else if (std::get<std::string>(options.bias) != "auto") {
    throw ArgumentError("bias", "must be True, False or 'auto'");
  }
  return module;
}

DETFORGE_REGISTER(plugin_layers, ConvModulePlugin,
                  {.name = "ConvModule",
                   .python = "mmcv.cnn.bricks.conv_module.ConvModule",
                   .meaning = "convolution, normalisation and activation"});

}  // namespace detforge::nn
