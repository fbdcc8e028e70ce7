#include "detforge/models/necks/fpn.h"
#include "detforge/nn/plugins/non_local.h"

namespace detforge {

/// Balanced Feature Pyramid (Libra R-CNN, arXiv 1904.02701): the mean of all levels, brought to the size of
/// `refine_level` and refined, is added to each level. Levels [N, in_channels, H_i, W_i] keep their shapes.
class BFP : public Neck {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t num_levels = 0;
    std::int64_t refine_level = 2;
    std::optional<std::string> refine_type;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    std::optional<Value> init_cfg = FPN::xavier_init_cfg();
  };
  static Arguments<Options> arguments();

  BFP(const Options& options, const BuildContext& context);

 protected:
  nn::Features compute(const nn::Features& features) override;

 private:
  std::size_t num_levels_;
  std::size_t refine_level_;
  std::shared_ptr<nn::Layer> refine_;  // null without
};

Arguments<BFP::Options> BFP::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of every level").at_least(1),
          arg(&Options::num_levels, "num_levels", required, "number of levels").at_least(1),
          arg(&Options::refine_level, "refine_level", "level whose size the mean has").at_least(0),
          arg(&Options::refine_type, "refine_type", "what refines the mean: 'conv', 'non_local'; None: nothing")
              .one_of({std::nullopt, "conv", "non_local"}),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

BFP::BFP(const Options& options, const BuildContext& context)
    : Neck("BFP"),
      num_levels_(static_cast<std::size_t>(options.num_levels)),
      refine_level_(static_cast<std::size_t>(options.refine_level)) {
  if (refine_level_ >= num_levels_) throw ArgumentError("refine_level", "must be below num_levels");
  // Without refinement no layer has channels.
  const std::int64_t channels = options.refine_type ? options.in_channels : ExpectedLevels::kAny;
  expect({.count_argument = "num_levels", .channels_argument = "in_channels", .channels = std::vector(num_levels_, channels)});
  if (options.refine_type == "conv") {
    const nn::ConvModule::Options conv{.in_channels = options.in_channels,
                                       .out_channels = options.in_channels,
                                       .kernel_size = 3,
                                       .padding = 1,
                                       .layers = {options.conv_cfg, options.norm_cfg, ConfigDict{{"type", "ReLU"}}}};
    refine_ = register_module("refine", std::make_shared<nn::ConvModule>(conv, context));
  } else if (options.refine_type == "non_local") {
    nn::NonLocal2d::Options non_local;
    non_local.in_channels = options.in_channels;
    non_local.reduction = 1;
    non_local.use_scale = false;
    non_local.conv_cfg = options.conv_cfg;
    non_local.norm_cfg = options.norm_cfg;
    refine_ = register_module("refine", std::make_shared<nn::NonLocal2d>(non_local, context));
  }
  show_init_cfg(context, options.init_cfg);
}

nn::Features BFP::compute(const nn::Features& features) {
  // Finer levels are pooled to a coarser size, coarser ones repeated to a finer.
  const auto resized = [](const torch::Tensor& level, torch::IntArrayRef size, bool pool) {
    return pool ? std::get<0>(torch::adaptive_max_pool2d(level, size)) : torch::upsample_nearest2d(level, size);
  };
  const auto size = features[refine_level_].sizes().slice(2);
  torch::Tensor mean = resized(features[0], size, refine_level_ > 0);
  for (std::size_t i = 1; i < num_levels_; ++i) mean = mean + resized(features[i], size, i < refine_level_);
  mean = mean / static_cast<double>(num_levels_);
  if (refine_) mean = refine_->forward(mean);
  nn::Features outputs;
  for (std::size_t i = 0; i < num_levels_; ++i) {
    outputs.push_back(resized(mean, features[i].sizes().slice(2), i >= refine_level_) + features[i]);
  }
  return outputs;
}

DETFORGE_REGISTER(necks, BFP,
                  {.name = "BFP", .python = "mmdet.models.necks.bfp.BFP", .meaning = "Balanced Feature Pyramid (arXiv 1904.02701)"});

}  // namespace detforge
