#include "detforge/models/blocks/dy_relu.h"
#include "detforge/models/necks/neck.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/deform_conv2d.h"

namespace detforge {

/// Dynamic Head (arXiv 2106.08322): levels [N, in_channels, H_i, W_i], finest first → as many of `out_channels`, after
/// attentions over space, scales and channels.
class DyHead : public Neck {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    std::int64_t num_blocks = 6;
    bool zero_init_offset = true;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::in_channels, "in_channels", required, "channels of the input levels").at_least(1),
            arg(&Options::out_channels, "out_channels", required, "channels of the output levels, a multiple of 16").at_least(1),
            arg(&Options::num_blocks, "num_blocks", "blocks one after the other").at_least(1),
            arg(&Options::zero_init_offset, "zero_init_offset", "deformable convolutions begin as plain ones"),
            arg(&Options::init_cfg, "init_cfg", "must be None")};
  }

  DyHead(const Options& options, const BuildContext& context);

 protected:
  nn::Features compute(const nn::Features& features) override;

 private:
  class DeformConv;
  class Block;

  std::shared_ptr<nn::ModuleList<Block>> dyhead_blocks_;
};

/// mmdet's `DyDCNv2`: a deformable convolution with offsets from outside, and its normalisation.
class DyHead::DeformConv : public nn::Module {
 public:
  DeformConv(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride, const BuildContext& context) : Module("DyDCNv2") {
    nn::ModulatedDeformConv2d::Options conv;
    conv.in_channels = in_channels;
    conv.out_channels = out_channels;
    conv.kernel_size = 3;
    conv.stride = stride;
    conv.padding = 1;
    conv.bias = false;
    stride_ = stride;
    conv_ = register_module("conv", std::make_shared<nn::ModulatedDeformConv2d>(conv, context));
    const ConfigDict norm_cfg = {{"type", "GN"}, {"num_groups", 16}, {"requires_grad", true}};
    norm_ = register_module("norm", nn::build_norm_layer(norm_cfg, out_channels, context).layer);
  }

  /// Offsets [N, 18, H, W] and mask [N, 9, H, W] may be larger than the output. mmcv's operator then reads them as if they
  /// had its size, one number after the other, and so do we.
  torch::Tensor forward(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& mask) {
    const std::int64_t height = (input.size(2) - 1) / stride_ + 1, width = (input.size(3) - 1) / stride_ + 1;
    const auto fitted = [&](const torch::Tensor& found) {
      if (found.size(2) == height && found.size(3) == width) return found;
      return found.flatten(1).slice(1, 0, found.size(1) * height * width).reshape({found.size(0), found.size(1), height, width});
    };
    return norm_->forward(conv_->forward(input, fitted(offset), fitted(mask)));
  }

 private:
  std::int64_t stride_;
  std::shared_ptr<nn::ModulatedDeformConv2d> conv_;
  std::shared_ptr<nn::Layer> norm_;
};

class DyHead::Block : public nn::Module {
 public:
  Block(std::int64_t in_channels, std::int64_t out_channels, bool zero_init_offset, const BuildContext& context)
      : Module("DyHeadBlock"), zero_init_offset_(zero_init_offset) {
    const auto conv = [&](const char* name, std::int64_t stride) {
      return register_module(name, std::make_shared<DeformConv>(in_channels, out_channels, stride, context));
    };
    spatial_conv_high_ = conv("spatial_conv_high", 1);
    spatial_conv_mid_ = conv("spatial_conv_mid", 1);
    spatial_conv_low_ = conv("spatial_conv_low", 2);
    spatial_conv_offset_ = register_module(
        "spatial_conv_offset",
        std::make_shared<nn::Conv2d>(nn::Conv2d::Options{.in_channels = in_channels, .out_channels = 27, .kernel_size = 3, .padding = 1}));
    scale_attn_module_ = register_module("scale_attn_module", std::make_shared<nn::Sequential>());
    scale_attn_module_->append(std::make_shared<nn::AdaptiveAvgPool2d>(1));
    scale_attn_module_->append(std::make_shared<nn::Conv2d>(nn::Conv2d::Options{.in_channels = out_channels, .out_channels = 1}));
    scale_attn_module_->append(nn::build_activation_layer({{"type", "ReLU"}}, /*inplace=*/true, context));
    scale_attn_module_->append(nn::build_activation_layer({{"type", "HSigmoid"}, {"bias", 3.0}, {"divisor", 6.0}}, false, context));
    task_attn_module_ = register_module("task_attn_module", std::make_shared<DyReLU>(out_channels, context));
  }

  void reset_parameters() override {
    for (const auto& module : modules()) {
      if (auto* conv = dynamic_cast<nn::Conv2d*>(module.get())) nn::normal_init(*conv, 0, 0.01);
    }
    if (zero_init_offset_) nn::constant_init(*spatial_conv_offset_, 0);
  }

  nn::Features forward(const nn::Features& features) {
    return nn::observed(*this, features, [&] {
      nn::Features outputs;
      for (std::size_t level = 0; level < features.size(); ++level) outputs.push_back(forward_level(features, level));
      return outputs;
    });
  }

 private:
  torch::Tensor forward_level(const nn::Features& features, std::size_t level) {
    const torch::Tensor found = spatial_conv_offset_->forward(features[level]);
    const torch::Tensor offset = found.slice(1, 0, 18), mask = found.slice(1, 18).sigmoid();
    const auto attended = [&](const torch::Tensor& feature) { return feature * scale_attn_module_->forward(feature); };
    torch::Tensor sum = attended(spatial_conv_mid_->forward(features[level], offset, mask));
    double summed = 1;
    if (level > 0) {
      sum = sum + attended(spatial_conv_low_->forward(features[level - 1], offset, mask));
      ++summed;
    }
    if (level + 1 < features.size()) {
      const torch::Tensor high = spatial_conv_high_->forward(features[level + 1], offset, mask);
      sum = sum + attended(torch::upsample_bilinear2d(high, features[level].sizes().slice(2), /*align_corners=*/true));
      ++summed;
    }
    return task_attn_module_->forward(sum / summed);
  }

  bool zero_init_offset_;
  std::shared_ptr<DeformConv> spatial_conv_high_;
  std::shared_ptr<DeformConv> spatial_conv_mid_;
  std::shared_ptr<DeformConv> spatial_conv_low_;
  std::shared_ptr<nn::Conv2d> spatial_conv_offset_;
  std::shared_ptr<nn::Sequential> scale_attn_module_;
  std::shared_ptr<DyReLU> task_attn_module_;
};

DyHead::DyHead(const Options& options, const BuildContext& context) : Neck("DyHead") {
  if (options.init_cfg && !options.init_cfg->is_none()) throw ArgumentError("init_cfg", "must be None: this neck fills itself");
  expect({.channels_argument = "in_channels", .channels = {options.in_channels}, .which = ExpectedLevels::Which::Every});
  dyhead_blocks_ = register_module("dyhead_blocks", std::make_shared<nn::ModuleList<Block>>("Sequential"));
  for (std::int64_t i = 0; i < options.num_blocks; ++i) {
    const std::int64_t in_channels = i == 0 ? options.in_channels : options.out_channels;
    dyhead_blocks_->append(std::make_shared<Block>(in_channels, options.out_channels, options.zero_init_offset, context));
  }
}

nn::Features DyHead::compute(const nn::Features& features) {
  nn::Features levels = features;
  for (const auto& block : *dyhead_blocks_) levels = block->forward(levels);
  return levels;
}

DETFORGE_REGISTER(necks, DyHead,
                  {.name = "DyHead",
                   .python = "mmdet.models.necks.dyhead.DyHead",
                   .meaning = "Dynamic Head (arXiv 2106.08322)",
                   .since = Reference::V2_27});

}  // namespace detforge
