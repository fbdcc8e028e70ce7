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

NamedLayer build_norm_layer(const ConfigDict& norm_cfg, std::int64_t num_features, const BuildContext& context) {
  Value config = norm_cfg;
  const bool requires_grad = config.pop("requires_grad", true).as_bool();
  auto layer = norm_layers().build(config, context, Value::dict({{"num_features", num_features}}));
  for (torch::Tensor& parameter : layer->parameters()) parameter.set_requires_grad(requires_grad);
  return {"bn", std::move(layer)};
}

std::shared_ptr<Layer> build_activation_layer(const ConfigDict& act_cfg, bool inplace, const BuildContext& context) {
  const Value* type = act_cfg.find("type");
  const bool set_inplace = type != nullptr && type->is_string() && takes_inplace(type->as_string());
  return activation_layers().build(act_cfg, context, set_inplace ? Value::dict({{"inplace", inplace}}) : Value());
}

}  // namespace detforge::nn
