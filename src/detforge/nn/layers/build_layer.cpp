#include "detforge/nn/layers/build_layer.h"

#include <algorithm>

namespace detforge::nn {
namespace {

bool takes_inplace(const std::string& activation) {
  for (const auto* entry : activation_layers().find(activation)) {
    const auto& arguments = entry->arguments();
    return std::any_of(arguments.begin(), arguments.end(), [](const ArgumentInfo& info) { return info.name == "inplace"; });
  }
  return false;
}

/// The argument of a normalisation that its number of channels goes to: `num_features` of most, else the first.
std::string channels_argument(const Value& norm_cfg) {
  const Value* type = norm_cfg.find("type");
  const auto entries = type != nullptr && type->is_string() ? norm_layers().find(type->as_string()) : decltype(norm_layers().find("")){};
  if (entries.empty()) return "num_features";
  const auto& arguments = entries.front()->arguments();
  const auto takes = [&](std::string_view name) {
    return std::any_of(arguments.begin(), arguments.end(), [&](const ArgumentInfo& info) { return info.name == name; });
  };
  return takes("num_channels") ? "num_channels" : arguments.front().name;
}

Value conv_arguments(const Conv2d::Options& options) {
  return Value::dict({{"in_channels", options.in_channels},
                      {"out_channels", options.out_channels},
                      {"kernel_size", Conversion<Pair>::to(options.kernel_size)},
                      {"stride", Conversion<Pair>::to(options.stride)},
                      {"padding", Conversion<Pair>::to(options.padding)},
                      {"dilation", Conversion<Pair>::to(options.dilation)},
                      {"groups", options.groups},
                      {"bias", options.bias}});
}

}  // namespace

std::shared_ptr<Layer> build_conv_layer(const std::optional<ConfigDict>& conv_cfg, const Conv2d::Options& options,
                                        const BuildContext& context) {
  if (!conv_cfg) return std::make_shared<Conv2d>(options, context);
  return conv_layers().build(*conv_cfg, context, conv_arguments(options));
}

NamedLayer build_norm_layer(const ConfigDict& norm_cfg, std::int64_t num_features, const BuildContext& context,
                            const std::string& postfix) {
  Value config = norm_cfg;
  const bool requires_grad = config.pop("requires_grad", true).as_bool();
  auto layer = norm_layers().build(config, context, Value::dict({{channels_argument(config), num_features}}));
  for (torch::Tensor& parameter : layer->parameters()) parameter.set_requires_grad(requires_grad);
  return {layer->abbreviation() + postfix, std::move(layer)};
}

std::shared_ptr<Layer> build_activation_layer(const ConfigDict& act_cfg, bool inplace, const BuildContext& context) {
  const Value* type = act_cfg.find("type");
  const bool set_inplace = type != nullptr && type->is_string() && takes_inplace(type->as_string());
  return activation_layers().build(act_cfg, context, set_inplace ? Value::dict({{"inplace", inplace}}) : Value());
}

std::shared_ptr<Layer> build_padding_layer(const std::string& mode, const Value& padding, const BuildContext& context) {
  return padding_layers().build(Value::dict({{"type", mode}, {"padding", padding}}), context);
}

std::shared_ptr<Layer> build_upsample_layer(const ConfigDict& upsample_cfg, const BuildContext& context) {
  Value config = upsample_cfg;
  // PyTorch's one class has two names here, and the name is the mode.
  const Value* type = upsample_cfg.find("type");
  if (type != nullptr && (python_equal(*type, "nearest") || python_equal(*type, "bilinear"))) config["mode"] = *type;
  return upsample_layers().build(config, context);
}

NamedLayer build_plugin_layer(const ConfigDict& plugin_cfg, std::int64_t in_channels, const BuildContext& context) {
  Value config = plugin_cfg;
  const Value postfix = config.pop("postfix", "");
  auto layer = plugin_layers().build(config, context, Value::dict({{"in_channels", in_channels}}));
  return {layer->abbreviation() + (postfix.is_string() ? postfix.as_string() : repr(postfix)), std::move(layer)};
}

}  // namespace detforge::nn
