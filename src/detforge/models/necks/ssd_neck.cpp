#include "detforge/models/blocks/l2_norm.h"
#include "detforge/models/necks/neck.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// SSD's neck (arXiv 1512.02325): levels [N, in_channels[i], H_i, W_i] as they are, the first divided by its length, and
/// behind them one level per further entry of `out_channels`, each made of the one before.
class SSDNeck : public Neck {
 public:
  struct Options {
    std::vector<std::int64_t> in_channels;
    std::vector<std::int64_t> out_channels;
    std::vector<std::int64_t> level_strides;
    std::vector<std::int64_t> level_paddings;
    std::optional<std::variant<std::int64_t, double>> l2_norm_scale = 20.0;
    std::int64_t last_kernel_size = 3;
    bool use_depthwise = false;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    std::optional<ConfigDict> act_cfg = ConfigDict{{"type", "ReLU"}};
    std::optional<Value> init_cfg = Value::list({Value::dict({{"type", "Xavier"}, {"distribution", "uniform"}, {"layer", "Conv2d"}}),
                                                 Value::dict({{"type", "Constant"}, {"val", 1}, {"layer", "BatchNorm2d"}})});
  };
  static Arguments<Options> arguments();

  SSDNeck(const Options& options, const BuildContext& context);

 protected:
  nn::Features compute(const nn::Features& features) override;

 private:
  static void check(const Options& options);
  /// The init_cfg with the length of the first level's pixels added.
  static std::optional<Value> with_l2_norm(const std::optional<Value>& init_cfg, const Value& scale);

  std::shared_ptr<L2Norm> l2_norm_;  // null without
  std::shared_ptr<nn::ModuleList<>> extra_layers_;
};

Arguments<SSDNeck::Options> SSDNeck::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of each input level, finest first"),
          arg(&Options::out_channels, "out_channels", required, "channels of each output level, those of the input first"),
          arg(&Options::level_strides, "level_strides", required, "strides of the further levels"),
          arg(&Options::level_paddings, "level_paddings", required, "paddings of the further levels"),
          arg(&Options::l2_norm_scale, "l2_norm_scale", "length of the first level's pixels; None or 0: as they are"),
          arg(&Options::last_kernel_size, "last_kernel_size", "kernel of the last level's convolution").at_least(1),
          arg(&Options::use_depthwise, "use_depthwise", "depthwise separable convolutions"),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::act_cfg, "act_cfg", "activation layer"),
          arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

void SSDNeck::check(const Options& options) {
  const std::size_t inputs = options.in_channels.size();
  if (options.out_channels.size() <= inputs ||
      !std::equal(options.in_channels.begin(), options.in_channels.end(), options.out_channels.begin())) {
    throw ArgumentError("out_channels", "must begin with in_channels and have more entries");
  }
  const std::size_t further = options.out_channels.size() - inputs;
  if (options.level_strides.size() != further) throw ArgumentError("level_strides", "must have " + std::to_string(further) + " entries");
  if (options.level_paddings.size() != further) throw ArgumentError("level_paddings", "must have " + std::to_string(further) + " entries");
}

std::optional<Value> SSDNeck::with_l2_norm(const std::optional<Value>& init_cfg, const Value& scale) {
  Value::Elements all;
  if (init_cfg && init_cfg->is_sequence()) all.assign(init_cfg->elements().begin(), init_cfg->elements().end());
  if (init_cfg && init_cfg->is_dict()) throw ArgumentError("init_cfg", "must be a list where l2_norm_scale is given");
  all.push_back(Value::dict({{"type", "Constant"}, {"val", scale}, {"override", Value::dict({{"name", "l2_norm"}})}}));
  return Value::list(std::move(all));
}

SSDNeck::SSDNeck(const Options& options, const BuildContext& context) : Neck("SSDNeck") {
  check(options);
  expect({.count_argument = "in_channels", .channels_argument = "in_channels", .channels = options.in_channels});
  std::optional<Value> init_cfg = options.init_cfg;
  if (options.l2_norm_scale) {
    const Value scale = Conversion<std::variant<std::int64_t, double>>::to(*options.l2_norm_scale);
    if (const double length = Conversion<double>::from(scale); length != 0) {
      l2_norm_ = register_module("l2_norm", std::make_shared<L2Norm>(options.in_channels.at(0), length));
      init_cfg = with_l2_norm(init_cfg, scale);
    }
  }
  extra_layers_ = register_module("extra_layers", std::make_shared<nn::ModuleList<>>());
  const nn::LayerConfigs layers{options.conv_cfg, options.norm_cfg, options.act_cfg};
  const std::size_t inputs = options.in_channels.size();
  for (std::size_t level = inputs; level < options.out_channels.size(); ++level) {
    const std::int64_t channels = options.out_channels[level];
    auto convs = std::make_shared<nn::Sequential>();
    convs->append(std::make_shared<nn::ConvModule>(
        nn::ConvModule::Options{.in_channels = options.out_channels[level - 1], .out_channels = channels / 2, .layers = layers}, context));
    convs->append(nn::make_conv_module(options.use_depthwise,
                                       {.in_channels = channels / 2,
                                        .out_channels = channels,
                                        .kernel_size = level + 1 == options.out_channels.size() ? options.last_kernel_size : 3,
                                        .stride = options.level_strides[level - inputs],
                                        .padding = options.level_paddings[level - inputs],
                                        .layers = layers},
                                       context));
    extra_layers_->append(convs);
  }
  show_init_cfg(context, init_cfg);
}

nn::Features SSDNeck::compute(const nn::Features& features) {
  nn::Features outputs = features;
  if (l2_norm_) outputs.at(0) = l2_norm_->forward(outputs.at(0));
  for (const auto& layer : *extra_layers_) outputs.push_back(layer->forward(outputs.back()));
  return outputs;
}

DETFORGE_REGISTER(necks, SSDNeck,
                  {.name = "SSDNeck",
                   .python = "mmdet.models.necks.ssd_neck.SSDNeck",
                   .meaning = "SSD's neck (arXiv 1512.02325)",
                   .since = Reference::V2_27});

}  // namespace detforge
