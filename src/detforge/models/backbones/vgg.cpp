#include "detforge/models/backbones/vgg.h"

#include <algorithm>

#include "detforge/models/backbones/imagenet_init.h"
#include "detforge/nn/activations/relu.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/conv2d.h"
#include "detforge/nn/layers/max_pool2d.h"

namespace detforge {

Arguments<VGG::Options> VGG::arguments() {
  return {arg(&Options::with_bn, "with_bn", "a batch norm behind each convolution"),
          arg(&Options::num_stages, "num_stages", "stages that there are").one_of({1, 2, 3, 4, 5}),
          arg(&Options::dilations, "dilations", "of each stage's convolutions"),
          arg(&Options::out_indices, "out_indices", "stages whose features are given out"),
          arg(&Options::frozen_stages, "frozen_stages", "the first stages, as many as this, do not learn; -1: all do").at_least(-1),
          arg(&Options::bn_eval, "bn_eval", "batch norms keep their statistics while training"),
          arg(&Options::bn_frozen, "bn_frozen", "batch norms that keep their statistics do not learn either"),
          arg(&Options::ceil_mode, "ceil_mode", "pools round their sizes up"),
          arg(&Options::with_last_pool, "with_last_pool", "a pool ends the last stage"),
          arg(&Options::pretrained, "pretrained", "weights to start training from"),
          arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

VGG::VGG(std::string python_name, const std::array<std::int64_t, kStages>& convolutions, const Options& options,
         const BuildContext& context)
    : Backbone(std::move(python_name)), options_(options) {
  const auto stages = static_cast<std::size_t>(options.num_stages);
  if (options.dilations.size() != stages) {
    throw ArgumentError("dilations", "must have one entry for each of the " + std::to_string(stages) + " stages, got " +
                                         std::to_string(options.dilations.size()));
  }
  if (options.out_indices.empty()) throw ArgumentError("out_indices", "must name at least one stage");
  for (const std::int64_t index : options.out_indices) {
    if (index < 0 || index >= options.num_stages) {
      throw ArgumentError("out_indices",
                          "must lie between 0 and " + std::to_string(options.num_stages - 1) + ", got " + std::to_string(index));
    }
  }
  if (options.frozen_stages > options.num_stages) {
    throw ArgumentError("frozen_stages", "must be at most " + std::to_string(options.num_stages));
  }

  features_ = register_module("features", std::make_shared<nn::Sequential>());
  std::int64_t channels = 3;
  for (std::size_t stage = 0; stage < stages; ++stage) {
    const std::int64_t wider = std::min<std::int64_t>(std::int64_t{64} << stage, 512);
    append_stage(channels, wider, convolutions[stage], options.dilations[stage], stage + 1 < stages || options.with_last_pool);
    channels = wider;
  }
  const bool given = options.pretrained || (options.init_cfg && !options.init_cfg->is_none());
  show_init_cfg(context, given ? imagenet_init_cfg(options.pretrained, options.init_cfg)
                               : Value::list({Value::dict({{"type", "Kaiming"}, {"layer", "Conv2d"}}),
                                              Value::dict({{"type", "Constant"}, {"val", 1}, {"layer", "BatchNorm2d"}})}));
}

void VGG::append_stage(std::int64_t in_channels, std::int64_t out_channels, std::int64_t convolutions, std::int64_t dilation, bool pool) {
  for (std::int64_t i = 0; i < convolutions; ++i) {
    features_->append(std::make_shared<nn::Conv2d>(nn::Conv2d::Options{.in_channels = i == 0 ? in_channels : out_channels,
                                                                       .out_channels = out_channels,
                                                                       .kernel_size = 3,
                                                                       .padding = dilation,
                                                                       .dilation = dilation}));
    if (options_.with_bn) features_->append(std::make_shared<nn::BatchNorm2d>(nn::BatchNorm2d::Options{.num_features = out_channels}));
    features_->append(std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
  }
  if (pool) {
    features_->append(
        std::make_shared<nn::MaxPool2d>(nn::MaxPool2d::Options{.kernel_size = 2, .stride = 2, .ceil_mode = options_.ceil_mode}));
  }
  stage_ends_.push_back(features_->layers().size());
}

void VGG::train(bool on) {
  Backbone::train(on);
  if (options_.bn_eval) {
    nn::set_batch_norms_to_eval(*this);
    for (const auto& layer : features_->layers()) {
      if (options_.bn_frozen && std::dynamic_pointer_cast<nn::BatchNorm2d>(layer)) nn::freeze(*layer);
    }
  }
  if (!on || options_.frozen_stages <= 0) return;
  const std::size_t frozen = stage_ends_[static_cast<std::size_t>(options_.frozen_stages) - 1];
  for (std::size_t i = 0; i < frozen; ++i) nn::freeze(*features_->layers()[i]);
}

nn::Features VGG::compute(const torch::Tensor& image) {
  nn::Features features;
  torch::Tensor level = image;
  std::size_t layer = 0;
  for (std::size_t stage = 0; stage < stage_ends_.size(); ++stage) {
    for (; layer < stage_ends_[stage]; ++layer) level = features_->layers()[layer]->forward(level);
    const auto index = static_cast<std::int64_t>(stage);
    if (std::find(options_.out_indices.begin(), options_.out_indices.end(), index) != options_.out_indices.end()) features.push_back(level);
  }
  return features;
}

}  // namespace detforge
