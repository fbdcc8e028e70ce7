#include "tests/golden/torch/layer_of_record.h"

#include "detforge/nn/layers/conv_module.h"

namespace detforge::golden {
namespace {

nn::Pair pair_of(const Value& value) { return Conversion<nn::Pair>::from(value); }

std::optional<ConfigDict> layer_config(const Value& value) { return value.is_none() ? std::nullopt : std::optional(ConfigDict(value)); }

/// Takes `name` out of `config`; `otherwise` where it is not there.
std::optional<ConfigDict> pop_layer(Value& config, const std::string& name, const std::optional<ConfigDict>& otherwise) {
  return config.contains(name) ? layer_config(config.pop(name)) : otherwise;
}

/// mmcv's arguments of a ConvModule, taken out of `config`.
nn::ConvModule::Options conv_options(Value& config) {
  nn::ConvModule::Options options;
  options.in_channels = config.pop("in_channels").as_int();
  options.out_channels = config.pop("out_channels").as_int();
  options.kernel_size = pair_of(config.pop("kernel_size"));
  options.stride = pair_of(config.pop("stride", 1));
  options.padding = pair_of(config.pop("padding", 0));
  options.dilation = pair_of(config.pop("dilation", 1));
  options.groups = config.pop("groups", 1).as_int();
  if (const Value bias = config.pop("bias", "auto"); bias.is_bool()) options.bias = bias.as_bool();
  options.layers.conv_cfg = pop_layer(config, "conv_cfg", std::nullopt);
  options.layers.norm_cfg = pop_layer(config, "norm_cfg", std::nullopt);
  options.layers.act_cfg = pop_layer(config, "act_cfg", ConfigDict{{"type", "ReLU"}});
  options.inplace = config.pop("inplace", true).as_bool();
  options.with_spectral_norm = config.pop("with_spectral_norm", false).as_bool();
  options.padding_mode = config.pop("padding_mode", "zeros").as_string();
  if (config.contains("order")) options.order = Conversion<nn::LayerOrder>::from(config.pop("order"));
  return options;
}

void expect_no_more(const Value& config) {
  for (const auto& [name, value] : config.as_dict()) throw Error("the test knows no argument '" + name.as_string() + "' of a ConvModule");
}

std::shared_ptr<nn::Layer> conv_module(Value config, const BuildContext& context) {
  config.pop("type");
  const nn::ConvModule::Options options = conv_options(config);
  expect_no_more(config);
  return std::make_shared<nn::ConvModule>(options, context);
}

std::shared_ptr<nn::Layer> depthwise_separable_conv_module(Value config, const BuildContext& context) {
  config.pop("type");
  const nn::ConvModule::Options options = conv_options(config);
  const auto layers = [&](const std::string& part) {
    return nn::LayerConfigs{options.layers.conv_cfg, pop_layer(config, part + "_norm_cfg", options.layers.norm_cfg),
                            pop_layer(config, part + "_act_cfg", options.layers.act_cfg)};
  };
  const nn::LayerConfigs depthwise = layers("dw"), pointwise = layers("pw");
  expect_no_more(config);
  return std::make_shared<nn::DepthwiseSeparableConvModule>(options, depthwise, pointwise, context);
}

}  // namespace

std::shared_ptr<nn::Layer> layer_of_record(const Json& record, const BuildContext& context) {
  Value config = decode_value(record["config"]);
  const std::string kind = record["kind"];
  if (kind == "conv_module") return conv_module(config, context);
  if (kind == "depthwise_separable_conv_module") return depthwise_separable_conv_module(config, context);
  if (kind == "upsample") return nn::build_upsample_layer(ConfigDict(config), context);
  if (kind == "padding") return nn::build_padding_layer(config["type"].as_string(), config["padding"], context);
  if (kind == "activation") {
    const bool inplace = config.pop("inplace", false).as_bool();
    return nn::build_activation_layer(ConfigDict(config), inplace, context);
  }
  if (kind == "norm") {
    const std::int64_t num_features = config.pop("num_features").as_int();
    return nn::build_norm_layer(ConfigDict(config), num_features, context).layer;
  }
  if (kind == "plugin") {
    const std::int64_t in_channels = config.pop("in_channels").as_int();
    return nn::build_plugin_layer(ConfigDict(config), in_channels, context).layer;
  }
  throw Error("the test knows no layer of the kind '" + kind + "'");
}

}  // namespace detforge::golden
