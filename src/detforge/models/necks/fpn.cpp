#include "detforge/models/necks/fpn.h"

namespace detforge {

Arguments<FPN::Options> FPN::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of each input level, finest first"),
          arg(&Options::out_channels, "out_channels", required, "channels of every output level").at_least(1),
          arg(&Options::num_outs, "num_outs", required, "number of output levels").at_least(1),
          arg(&Options::start_level, "start_level", "first input level that is used").at_least(0),
          arg(&Options::end_level, "end_level", "last input level that is used, in 2.8 the one after it; -1: all are").at_least(-1),
          arg(&Options::add_extra_convs, "add_extra_convs",
              "convolutions make the extra levels: 'on_input', 'on_lateral', 'on_output', True: 'on_input'; False: pools do"),
          arg(&Options::extra_convs_on_inputs, "extra_convs_on_inputs", "add_extra_convs=True means 'on_input', else 'on_output'")
              .only_in_v2_8(),
          arg(&Options::relu_before_extra_convs, "relu_before_extra_convs", "a ReLU before the second and later ones of them"),
          arg(&Options::no_norm_on_lateral, "no_norm_on_lateral", "no normalisation in the lateral convolutions"),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::act_cfg, "act_cfg", "activation layer"),
          arg(&Options::upsample_cfg, "upsample_cfg", "how coarse levels are enlarged: mode, scale_factor, align_corners"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

Value FPN::xavier_init_cfg() { return Value::dict({{"type", "Xavier"}, {"layer", "Conv2d"}, {"distribution", "uniform"}}); }

FPN::Source FPN::source_of(const Options& options) {
  if (const bool* extra = std::get_if<bool>(&options.add_extra_convs)) {
    if (!*extra) return Source::Pool;
    return options.extra_convs_on_inputs ? Source::Input : Source::Output;
  }
  const std::string& name = std::get<std::string>(options.add_extra_convs);
  if (name == "on_input") return Source::Input;
  if (name == "on_lateral") return Source::Lateral;
  if (name == "on_output") return Source::Output;
  throw ArgumentError("add_extra_convs", "must be True, False, 'on_input', 'on_lateral' or 'on_output', got '" + name + "'");
}

FPN::FPN(std::string python_name, const Options& options, const BuildContext& context)
    : Neck(std::move(python_name)),
      num_outs_(static_cast<std::size_t>(options.num_outs)),
      levels_(level_range(options.in_channels.size(), options.num_outs, options.start_level, options.end_level, context)),
      extra_source_(source_of(options)),
      relu_before_extra_convs_(options.relu_before_extra_convs),
      upsample_(nn::Interpolation::from("upsample_cfg", options.upsample_cfg, context)) {
  const auto conv = [&](std::int64_t in_channels, std::int64_t kernel_size, std::int64_t stride, bool with_norm) {
    const nn::ConvModule::Options module{.in_channels = in_channels,
                                         .out_channels = options.out_channels,
                                         .kernel_size = kernel_size,
                                         .stride = stride,
                                         .padding = kernel_size / 2,
                                         .layers = {options.conv_cfg, with_norm ? options.norm_cfg : std::nullopt, options.act_cfg},
                                         .inplace = false};
    return std::make_shared<nn::ConvModule>(module, context);
  };
  lateral_convs_ = register_module("lateral_convs", std::make_shared<nn::ModuleList<>>());
  fpn_convs_ = register_module("fpn_convs", std::make_shared<nn::ModuleList<>>());
  for (std::size_t i = levels_.start; i < levels_.end; ++i) {
    lateral_convs_->append(conv(options.in_channels[i], 1, 1, !options.no_norm_on_lateral));
    fpn_convs_->append(conv(options.out_channels, 3, 1, true));
  }
  if (extra_source_ != Source::Pool) {
    for (std::size_t level = lateral_convs_->size(); level < num_outs_; ++level) {
      const bool on_input = level == lateral_convs_->size() && extra_source_ == Source::Input;
      fpn_convs_->append(conv(on_input ? options.in_channels[levels_.end - 1] : options.out_channels, 3, 2, true));
    }
  }
  expect(expected_levels(levels_, options.in_channels));
  show_init_cfg(context, options.init_cfg);
}

nn::Features FPN::merge_laterals(const nn::Features& features) {
  nn::Features laterals;
  for (std::size_t i = 0; i < lateral_convs_->size(); ++i) laterals.push_back((*lateral_convs_)[i].forward(features[levels_.start + i]));
  for (std::size_t i = laterals.size() - 1; i > 0; --i) {
    laterals[i - 1] = laterals[i - 1] + upsample_(laterals[i], laterals[i - 1].sizes().slice(2));
  }
  return laterals;
}

nn::Features FPN::convolve(const nn::Features& laterals) {
  nn::Features outputs;
  for (std::size_t i = 0; i < laterals.size(); ++i) outputs.push_back((*fpn_convs_)[i].forward(laterals[i]));
  return outputs;
}

void FPN::append_extra_levels(const nn::Features& features, const nn::Features& laterals, nn::Features& outputs) {
  const std::size_t used = outputs.size();
  for (std::size_t level = used; level < num_outs_; ++level) {
    if (extra_source_ == Source::Pool) {
      outputs.push_back(torch::max_pool2d(outputs.back(), /*kernel_size=*/1, /*stride=*/2));
      continue;
    }
    torch::Tensor source = outputs.back();
    if (level == used) {
      if (extra_source_ == Source::Input) source = features[levels_.end - 1];
      if (extra_source_ == Source::Lateral) source = laterals.back();
    } else if (relu_before_extra_convs_) {
      source = source.relu();
    }
    outputs.push_back((*fpn_convs_)[level].forward(source));
  }
}

nn::Features FPN::compute(const nn::Features& features) {
  const nn::Features laterals = merge_laterals(features);
  nn::Features outputs = convolve(laterals);
  append_extra_levels(features, laterals, outputs);
  return outputs;
}

DETFORGE_REGISTER(necks, FPN,
                  {.name = "FPN", .python = "mmdet.models.necks.fpn.FPN", .meaning = "Feature Pyramid Network (arXiv 1612.03144)"});

}  // namespace detforge
