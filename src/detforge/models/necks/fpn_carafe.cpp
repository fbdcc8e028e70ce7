#include "detforge/models/necks/level_range.h"
#include "detforge/models/necks/neck.h"
#include "detforge/nn/activations/relu.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/conv_transpose2d.h"

namespace detforge {

/// FPN whose levels are enlarged by a layer of its own kind (CARAFE, arXiv 1905.02188); levels as FPN's. The levels beyond
/// the backbone's take part in the way down.
class FPN_CARAFE : public Neck {
 public:
  struct Options {
    std::vector<std::int64_t> in_channels;
    std::int64_t out_channels = 0;
    std::int64_t num_outs = 0;
    std::int64_t start_level = 0;
    std::int64_t end_level = -1;
    std::optional<ConfigDict> norm_cfg;
    std::optional<ConfigDict> act_cfg;
    nn::LayerOrder order = {"conv", "norm", "act"};
    ConfigDict upsample_cfg = {{"type", "carafe"}, {"up_kernel", 5}, {"up_group", 1}, {"encoder_kernel", 3}, {"encoder_dilation", 1}};
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  FPN_CARAFE(const Options& options, const BuildContext& context);
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  nn::Features compute(const nn::Features& features) override;

 private:
  static ConfigDict upsample_config(const Options& options);

  std::size_t num_ins_;
  LevelRange levels_;
  std::shared_ptr<nn::ReLU> relu_;
  std::shared_ptr<nn::BaseModuleList<>> lateral_convs_;
  std::shared_ptr<nn::BaseModuleList<>> fpn_convs_;
  std::shared_ptr<nn::BaseModuleList<>> upsample_modules_;
};

Arguments<FPN_CARAFE::Options> FPN_CARAFE::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of each input level, finest first"),
          arg(&Options::out_channels, "out_channels", required, "channels of every output level").at_least(1),
          arg(&Options::num_outs, "num_outs", required, "number of output levels").at_least(1),
          arg(&Options::start_level, "start_level", "first input level that is used").at_least(0),
          arg(&Options::end_level, "end_level", "last input level that is used, in 2.8 the one after it; -1: all are").at_least(-1),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::act_cfg, "act_cfg", "activation layer"),
          arg(&Options::order, "order", "what comes first: 'conv', 'norm' and 'act'"),
          arg(&Options::upsample_cfg, "upsample_cfg", "enlarging layer: nearest, bilinear, deconv, pixel_shuffle or carafe"),
          arg(&Options::init_cfg, "init_cfg", "must be None").since_v2_27()};
}

ConfigDict FPN_CARAFE::upsample_config(const Options& options) {
  Value config = options.upsample_cfg;
  const Value type = config.contains("type") ? config["type"] : Value();
  const auto is = [&](const char* name) { return python_equal(type, name); };
  if (is("carafe")) {
    config["channels"] = options.out_channels;
    config["scale_factor"] = 2;
  } else if (is("deconv") || is("pixel_shuffle")) {
    const Value given = config.pop("upsample_kernel", Value());
    if (!given.is_int() || given.as_int() < 1) throw ArgumentError("upsample_cfg", "needs an 'upsample_kernel' of at least 1");
    config["in_channels"] = options.out_channels;
    config["out_channels"] = options.out_channels;
    if (is("deconv")) {
      const std::int64_t half = (given.as_int() - 1) / 2;
      config["kernel_size"] = given;
      config["stride"] = 2;
      config["padding"] = half;
      config["output_padding"] = half;
    } else {
      config["scale_factor"] = 2;
      config["upsample_kernel"] = given;
    }
  } else if (is("nearest") || is("bilinear")) {
    config["scale_factor"] = 2;
    config["align_corners"] = is("nearest") ? Value() : Value(false);
  } else {
    throw ArgumentError("upsample_cfg", "must be of the type 'nearest', 'bilinear', 'deconv', 'pixel_shuffle' or 'carafe'");
  }
  return ConfigDict(config);
}

FPN_CARAFE::FPN_CARAFE(const Options& options, const BuildContext& context)
    : Neck("FPN_CARAFE"),
      num_ins_(options.in_channels.size()),
      levels_(level_range(num_ins_, options.num_outs, options.start_level, options.end_level, context)) {
  if (options.init_cfg && !options.init_cfg->is_none()) throw ArgumentError("init_cfg", "must be None: this neck fills itself");
  expect(expected_levels(levels_, options.in_channels));
  const ConfigDict upsample = upsample_config(options);
  const auto conv = [&](std::int64_t in_channels, std::int64_t kernel_size, std::int64_t stride) {
    const nn::ConvModule::Options module{.in_channels = in_channels,
                                         .out_channels = options.out_channels,
                                         .kernel_size = kernel_size,
                                         .stride = stride,
                                         .padding = kernel_size / 2,
                                         .layers = {{}, options.norm_cfg, options.act_cfg},
                                         .inplace = false,
                                         .order = options.order};
    return std::make_shared<nn::ConvModule>(module, context);
  };
  const auto list = [&](const char* name) { return register_module(name, std::make_shared<nn::BaseModuleList<>>()); };
  relu_ = register_module("relu", std::make_shared<nn::ReLU>());
  lateral_convs_ = list("lateral_convs");
  fpn_convs_ = list("fpn_convs");
  upsample_modules_ = list("upsample_modules");
  const std::size_t used = levels_.used();
  for (std::size_t level = 0; level < used + levels_.extra; ++level) {
    if (level < used) {
      lateral_convs_->append(conv(options.in_channels[levels_.start + level], 1, 1));
    } else {
      lateral_convs_->append(conv(level == used ? options.in_channels[levels_.end - 1] : options.out_channels, 3, 2));
    }
    fpn_convs_->append(conv(options.out_channels, 3, 1));
    if (level > 0) upsample_modules_->append(nn::build_upsample_layer(upsample, context));
  }
}

void FPN_CARAFE::init_weights(const nn::PretrainedLoader& load_pretrained) {
  Neck::init_weights(load_pretrained);
  for (const auto& module : modules()) {
    auto* ours = dynamic_cast<nn::Module*>(module.get());
    const bool convolves = dynamic_cast<nn::Conv2d*>(ours) != nullptr || dynamic_cast<nn::ConvTranspose2d*>(ours) != nullptr;
    if (convolves) nn::xavier_init(*ours, 1, 0, nn::Distribution::Uniform);
  }
  for (const auto& upsample : *upsample_modules_) {
    if (upsample->python_name() == "CARAFEPack") upsample->reset_parameters();
  }
}

nn::Features FPN_CARAFE::compute(const nn::Features& features) {
  nn::Features laterals;
  for (std::size_t i = 0; i < lateral_convs_->size(); ++i) {
    const torch::Tensor input = i <= levels_.used() ? features[std::min(i + levels_.start, num_ins_ - 1)] : laterals.back();
    laterals.push_back((*lateral_convs_)[i].forward(input));
  }
  for (std::size_t i = laterals.size() - 1; i > 0; --i) {
    const torch::Tensor enlarged = (*upsample_modules_)[i - 1].forward(laterals[i]);
    torch::Tensor& finer = laterals[i - 1];
    finer = finer + enlarged.slice(2, 0, finer.size(2)).slice(3, 0, finer.size(3));
  }
  for (std::size_t i = 0; i < laterals.size(); ++i) laterals[i] = (*fpn_convs_)[i].forward(laterals[i]);
  return laterals;
}

DETFORGE_REGISTER(necks, FPN_CARAFE,
                  {.name = "FPN_CARAFE",
                   .python = "mmdet.models.necks.fpn_carafe.FPN_CARAFE",
                   .meaning = "FPN with layers that enlarge (arXiv 1905.02188)"});

}  // namespace detforge
