#include "detforge/models/blocks/hr_module.h"

#include "detforge/models/blocks/residual_stage.h"
#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/upsample.h"

namespace detforge {

std::shared_ptr<nn::Sequential> make_conv_norm(const std::optional<ConfigDict>& conv_cfg, const ConfigDict& norm_cfg,
                                               std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_size,
                                               std::int64_t stride, const BuildContext& context) {
  auto layers = std::make_shared<nn::Sequential>();
  const nn::Conv2d::Options conv{.in_channels = in_channels,
                                 .out_channels = out_channels,
                                 .kernel_size = kernel_size,
                                 .stride = stride,
                                 .padding = kernel_size / 2,
                                 .bias = false};
  layers->append(nn::build_conv_layer(conv_cfg, conv, context));
  layers->append(nn::build_norm_layer(norm_cfg, out_channels, context).layer);
  return layers;
}

HRModule::HRModule(const Options& options, const BuildContext& context) : Module("HRModule") {
  branches_ = register_module("branches", std::make_shared<nn::BaseModuleList<>>());
  for (std::size_t branch = 0; branch < options.num_blocks.size(); ++branch) {
    ResLayer::Options layer;
    layer.block.inplanes = options.num_channels[branch] * options.block.expansion;
    layer.block.planes = options.num_channels[branch];
    layer.block.conv_cfg = options.conv_cfg;
    layer.block.norm_cfg = options.norm_cfg;
    layer.block.init_cfg = options.block_init_cfg;
    layer.num_blocks = options.num_blocks[branch];
    layer.python_name = "Sequential";
    branches_->append(std::make_shared<ResLayer>(options.block, layer, context));
  }
  if (branches_->size() > 1) {
    fuse_layers_ = register_module("fuse_layers", std::make_shared<nn::ModuleList<nn::ModuleList<>>>());
    for (std::size_t to = 0; to < (options.multiscale_output ? branches_->size() : 1); ++to) {
      auto sources = std::make_shared<nn::ModuleList<>>();
      for (std::size_t from = 0; from < branches_->size(); ++from) sources->append(make_fuse_layer(options, from, to, context));
      fuse_layers_->append(sources);
    }
  }
  relu_ = register_module("relu", std::make_shared<nn::ReLU>());
}

std::shared_ptr<nn::Layer> HRModule::make_fuse_layer(const Options& options, std::size_t from, std::size_t to,
                                                     const BuildContext& context) const {
  if (from == to) return std::make_shared<nn::NoLayer>();
  const auto channels = [&](std::size_t branch) { return options.num_channels[branch] * options.block.expansion; };
  const auto conv_norm = [&](std::size_t out_branch, std::int64_t kernel_size, std::int64_t stride) {
    return make_conv_norm(options.conv_cfg, options.norm_cfg, channels(from), channels(out_branch), kernel_size, stride, context);
  };
  if (from > to) {
    auto enlarging = conv_norm(to, 1, 1);
    enlarging->append(std::make_shared<nn::Upsample>(nn::Upsample::Options{.scale_factor = static_cast<double>(1U << (from - to))}));
    return enlarging;
  }
  auto reducing = std::make_shared<nn::Sequential>();
  for (std::size_t step = from + 1; step <= to; ++step) {
    auto layers = conv_norm(step == to ? to : from, 3, 2);
    if (step != to) layers->append(std::make_shared<nn::ReLU>());
    reducing->append(layers);
  }
  return reducing;
}

nn::Features HRModule::compute(const nn::Features& branches) {
  nn::Features inner;
  for (std::size_t i = 0; i < branches_->size(); ++i) inner.push_back((*branches_)[i].forward(branches.at(i)));
  if (!fuse_layers_) return inner;
  nn::Features outputs;
  for (const auto& sources : *fuse_layers_) {
    torch::Tensor sum;
    for (std::size_t from = 0; from < inner.size(); ++from) {
      const torch::Tensor source = from == outputs.size() ? inner[from] : (*sources)[from].forward(inner[from]);
      sum = sum.defined() ? sum + source : source;
    }
    outputs.push_back(relu_->forward(sum));
  }
  return outputs;
}

}  // namespace detforge
