#include "detforge/models/backbones/backbone.h"
#include "detforge/models/backbones/imagenet_init.h"
#include "detforge/models/blocks/l2_norm.h"
#include "detforge/nn/activations/relu.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv2d.h"
#include "detforge/nn/layers/max_pool2d.h"

namespace detforge {

/// VGG as SSD has it (arXiv 1512.02325): [N, 3, H, W] → the outputs of the layers `out_feature_indices`; in 2.8 also SSD's
/// extra levels behind them, each half the size of the one before, and the first level divided by its length. In 2.27
/// these two are `SSDNeck`'s.
class SSDVGG : public Backbone {
 public:
  struct Options {
    std::optional<std::int64_t> input_size;
    std::int64_t depth = 0;
    bool with_last_pool = false;
    bool ceil_mode = true;
    std::vector<std::int64_t> out_indices = {3, 4};
    std::vector<std::int64_t> out_feature_indices = {22, 34};
    std::optional<double> l2_norm_scale = 20;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  SSDVGG(const Options& options, const BuildContext& context);
  /// The extra levels are filled even where the rest is a checkpoint's.
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  nn::Features compute(const torch::Tensor& image) override;

 private:
  void make_features(const Options& options);
  void make_extra(const Options& options);

  std::vector<std::int64_t> out_feature_indices_;
  std::shared_ptr<nn::Sequential> features_;
  std::shared_ptr<nn::Sequential> extra_;  // null in 2.27
  std::shared_ptr<L2Norm> l2_norm_;        // null in 2.27
};

Arguments<SSDVGG::Options> SSDVGG::arguments() {
  return {arg(&Options::input_size, "input_size", required, "px of the image's sides: 300 or 512; counts for nothing in 2.27")
              .one_of({std::nullopt, 300, 512})
              .default_in_v2_27(std::nullopt),
          arg(&Options::depth, "depth", required, "number of layers").one_of({11, 13, 16, 19}),
          arg(&Options::with_last_pool, "with_last_pool", "a pool ends the fifth stage"),
          arg(&Options::ceil_mode, "ceil_mode", "pools round their sizes up"),
          arg(&Options::out_indices, "out_indices", "counts for nothing"),
          arg(&Options::out_feature_indices, "out_feature_indices", "layers whose features are given out"),
          arg(&Options::l2_norm_scale, "l2_norm_scale", "length of the first level's pixels; counts for nothing in 2.27")
              .default_in_v2_27(std::nullopt),
          arg(&Options::pretrained, "pretrained", "weights to start training from").since_v2_27(),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

SSDVGG::SSDVGG(const Options& options, const BuildContext& context)
    : Backbone("SSDVGG"), out_feature_indices_(options.out_feature_indices) {
  features_ = register_module("features", std::make_shared<nn::Sequential>());
  make_features(options);
  for (const std::int64_t index : out_feature_indices_) {
    if (index < 0 || index >= static_cast<std::int64_t>(features_->layers().size())) {
      throw ArgumentError("out_feature_indices", "must lie between 0 and " + std::to_string(features_->layers().size() - 1));
    }
  }
  if (context.reference == Reference::V2_8) make_extra(options);
  if (options.pretrained || (options.init_cfg && !options.init_cfg->is_none())) {
    show_init_cfg(context, imagenet_init_cfg(options.pretrained, options.init_cfg));
  } else {
    show_init_cfg(context, Value::list({Value::dict({{"type", "Kaiming"}, {"layer", "Conv2d"}}),
                                        Value::dict({{"type", "Constant"}, {"val", 1}, {"layer", "BatchNorm2d"}}),
                                        Value::dict({{"type", "Normal"}, {"std", 0.01}, {"layer", "Linear"}})}));
  }
}

void SSDVGG::make_features(const Options& options) {
  static const std::map<std::int64_t, std::array<int, 5>> convolutions = {
      {11, {1, 1, 2, 2, 2}}, {13, {2, 2, 2, 2, 2}}, {16, {2, 2, 3, 3, 3}}, {19, {2, 2, 4, 4, 4}}};
  const auto conv = [&](const nn::Conv2d::Options& layer) {
    features_->append(std::make_shared<nn::Conv2d>(layer));
    features_->append(std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
  };
  std::int64_t channels = 3;
  for (std::size_t stage = 0; stage < 5; ++stage) {
    const std::int64_t wider = std::min<std::int64_t>(std::int64_t{64} << stage, 512);
    for (int i = 0; i < convolutions.at(options.depth)[stage]; ++i) {
      conv({.in_channels = channels, .out_channels = wider, .kernel_size = 3, .padding = 1});
      channels = wider;
    }
    if (stage == 4 && !options.with_last_pool) break;
    features_->append(
        std::make_shared<nn::MaxPool2d>(nn::MaxPool2d::Options{.kernel_size = 2, .stride = 2, .ceil_mode = options.ceil_mode}));
  }
  features_->append(std::make_shared<nn::MaxPool2d>(nn::MaxPool2d::Options{.kernel_size = 3, .stride = 1, .padding = 1}));
  conv({.in_channels = 512, .out_channels = 1024, .kernel_size = 3, .padding = 6, .dilation = 6});
  conv({.in_channels = 1024, .out_channels = 1024, .kernel_size = 1});
}

void SSDVGG::make_extra(const Options& options) {
  if (!options.input_size) throw ArgumentError("input_size", "must be 300 or 512");
  // Convolutions of 1×1 to half of the channels and of 3×3 back, which shrink the level by a stride or by no padding.
  struct Level {
    std::int64_t narrow, wide;
    bool strided;
  };
  std::vector<Level> levels = {{256, 512, true}, {128, 256, true}, {128, 256, false}, {128, 256, false}};
  if (*options.input_size == 512) levels = {{256, 512, true}, {128, 256, true}, {128, 256, true}, {128, 256, true}};
  extra_ = register_module("extra", std::make_shared<nn::Sequential>());
  const auto conv = [&](const nn::Conv2d::Options& layer) { extra_->append(std::make_shared<nn::Conv2d>(layer)); };
  std::int64_t channels = 1024;
  for (const Level& level : levels) {
    conv({.in_channels = channels, .out_channels = level.narrow});
    conv({.in_channels = level.narrow,
          .out_channels = level.wide,
          .kernel_size = 3,
          .stride = level.strided ? 2 : 1,
          .padding = level.strided ? 1 : 0});
    channels = level.wide;
  }
  if (*options.input_size == 512) {
    conv({.in_channels = channels, .out_channels = 128});
    conv({.in_channels = 128, .out_channels = 256, .kernel_size = 4, .padding = 1});
  }
  const auto before = static_cast<std::size_t>(options.out_feature_indices.at(0) - 1);
  const auto first = std::dynamic_pointer_cast<nn::Conv2d>(features_->layers().at(before));
  if (!first) throw ArgumentError("out_feature_indices", "must begin with an activation behind a convolution");
  l2_norm_ = register_module("l2_norm", std::make_shared<L2Norm>(first->options().out_channels, options.l2_norm_scale.value_or(20)));
}

void SSDVGG::init_weights(const nn::PretrainedLoader& load_pretrained) {
  Backbone::init_weights(load_pretrained);
  if (!extra_) return;
  for (const auto& layer : extra_->layers()) nn::xavier_init(*layer, 1, 0, nn::Distribution::Uniform);
  l2_norm_->reset_parameters();
}

nn::Features SSDVGG::compute(const torch::Tensor& image) {
  nn::Features features;
  torch::Tensor level = image;
  const auto& layers = features_->layers();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    level = layers[i]->forward(level);
    const auto index = static_cast<std::int64_t>(i);
    if (std::find(out_feature_indices_.begin(), out_feature_indices_.end(), index) != out_feature_indices_.end()) features.push_back(level);
  }
  if (!extra_) return features;
  for (std::size_t i = 0; i < extra_->layers().size(); ++i) {
    level = extra_->layers()[i]->forward(level).relu_();
    if (i % 2 == 1) features.push_back(level);
  }
  features[0] = l2_norm_->forward(features[0]);
  return features;
}

DETFORGE_REGISTER(backbones, SSDVGG,
                  {.name = "SSDVGG", .python = "mmdet.models.backbones.ssd_vgg.SSDVGG", .meaning = "VGG of SSD (arXiv 1512.02325)"});

}  // namespace detforge
