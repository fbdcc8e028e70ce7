#include "detforge/models/backbones/resnet.h"
#include "detforge/models/blocks/block_plugins.h"
#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/pooling.h"

namespace detforge {

/// Res2Net (arXiv 1904.01169): a ResNetV1d whose 3×3 convolutions work on slices of the channels, each on what the one
/// before gave. Its blocks never fall back from dcn: Python looks for `fallback_on_stride` twice.
class Res2Net : public ResNet {
 public:
  struct Options : ResNet::Options {
    std::int64_t scales = 4;
    std::int64_t base_width = 26;
    Options() { deep_stem = avg_down = true; }
  };
  static Arguments<Options> arguments() {
    return {ResNet::arguments(), arg(&Options::scales, "scales", "slices of the channels").at_least(2),
            arg(&Options::base_width, "base_width", "channels of a slice in the first stage").at_least(1)};
  }

  Res2Net(const Options& options, const BuildContext& context) : ResNet(res2net(options), res2net_architecture(options), context) {}

 private:
  class Bottle2neck;

  /// Python sets these three, whatever the config says.
  static Options res2net(Options options) {
    options.deep_stem = options.avg_down = true;
    options.style = "pytorch";
    return options;
  }
  static Architecture res2net_architecture(const Options& options);
};

class Res2Net::Bottle2neck : public nn::Layer {
 public:
  Bottle2neck(const ResidualBlockOptions& options, std::int64_t scales, std::int64_t width, const BuildContext& context);

  nn::Module* part(const std::string& name) override {
    if (name == "norm1") return norm1_.get();
    return name == "norm3" ? norm3_.get() : Layer::part(name);
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  /// The slices through their convolutions, joined again.
  torch::Tensor convolve_slices(const torch::Tensor& input);

  bool first_of_stage_;
  std::int64_t width_;  // channels of a slice
  std::shared_ptr<nn::Layer> conv1_;
  std::shared_ptr<nn::Layer> norm1_;
  std::shared_ptr<nn::Layer> conv3_;
  std::shared_ptr<nn::Layer> norm3_;
  std::shared_ptr<nn::ReLU> relu_;
  std::shared_ptr<nn::Layer> downsample_;
  std::optional<BlockPlugins> plugins_;
  std::shared_ptr<nn::Layer> pool_;  // for the last slice of a block with a stride
  std::shared_ptr<nn::ModuleList<>> convs_;
  std::shared_ptr<nn::ModuleList<>> bns_;
};

Res2Net::Architecture Res2Net::res2net_architecture(const Options& options) {
  const std::int64_t scales = options.scales, base_width = options.base_width, base_channels = options.base_channels;
  const ResidualBlockKind kind{4, [=](const ResidualBlockOptions& block, const BuildContext& context) {
                                 // Rounded down as Python's floating point has it.
                                 const double ratio = static_cast<double>(base_width) / static_cast<double>(base_channels);
                                 const auto width = static_cast<std::int64_t>(static_cast<double>(block.planes) * ratio);
                                 return std::make_shared<Bottle2neck>(block, scales, width, context);
                               }};
  Architecture architecture = bottleneck_architecture("Res2Net", res2net(options), kind);
  architecture.layer_python_name = "Res2Layer";
  return architecture;
}

Res2Net::Bottle2neck::Bottle2neck(const ResidualBlockOptions& options, std::int64_t scales, std::int64_t width, const BuildContext& context)
    : Layer("Bottle2neck"), first_of_stage_(options.first_of_stage), width_(width) {
  const std::int64_t sliced = width * scales, out_channels = options.planes * 4;
  const auto norm = [&](std::int64_t channels, const char* postfix) {
    auto built = nn::build_norm_layer(options.norm_cfg, channels, context, postfix);
    return register_module(built.name, built.layer);
  };
  const auto conv1x1 = [&](const char* name, std::int64_t in_channels, std::int64_t out) {
    const nn::Conv2d::Options layer{.in_channels = in_channels, .out_channels = out, .bias = false};
    return register_module(name, nn::build_conv_layer(options.conv_cfg, layer, context));
  };
  conv1_ = conv1x1("conv1", options.inplanes, sliced);
  norm1_ = norm(sliced, "1");
  conv3_ = conv1x1("conv3", sliced, out_channels);
  norm3_ = norm(out_channels, "3");
  relu_ = register_module("relu", std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
  if (options.downsample) downsample_ = register_module("downsample", options.downsample);
  plugins_.emplace(*this, options.plugins, std::array{options.planes, options.planes, out_channels}, context);
  if (options.first_of_stage && options.stride != 1) {
    pool_ = register_module(
        "pool", std::make_shared<nn::AvgPool2d>(nn::AvgPool2d::Options{.kernel_size = 3, .stride = options.stride, .padding = 1}));
  }
  convs_ = register_module("convs", std::make_shared<nn::ModuleList<>>());
  bns_ = register_module("bns", std::make_shared<nn::ModuleList<>>());
  for (std::int64_t i = 0; i + 1 < scales; ++i) {
    const nn::Conv2d::Options slice{.in_channels = width,
                                    .out_channels = width,
                                    .kernel_size = 3,
                                    .stride = options.stride,
                                    .padding = options.dilation,
                                    .dilation = options.dilation,
                                    .bias = false};
    convs_->append(nn::build_conv_layer(options.conv2_cfg ? options.conv2_cfg : options.conv_cfg, slice, context));
    bns_->append(nn::build_norm_layer(options.norm_cfg, width, context).layer);
  }
  show_init_cfg(context, options.init_cfg);
}

torch::Tensor Res2Net::Bottle2neck::convolve_slices(const torch::Tensor& input) {
  const std::vector<torch::Tensor> slices = input.split(width_, 1);
  std::vector<torch::Tensor> outputs;
  for (std::size_t i = 0; i < convs_->size(); ++i) {
    const bool alone = i == 0 || first_of_stage_;
    const torch::Tensor slice = alone ? slices[i] : outputs.back() + slices[i];
    outputs.push_back(relu_->forward((*bns_)[i].forward((*convs_)[i].forward(slice.contiguous()))));
  }
  outputs.push_back(pool_ ? pool_->forward(slices.back()) : slices.back());
  return torch::cat(outputs, 1);
}

torch::Tensor Res2Net::Bottle2neck::compute(const torch::Tensor& input) {
  torch::Tensor output = relu_->forward(norm1_->forward(conv1_->forward(input)));
  output = plugins_->after_conv(2, convolve_slices(plugins_->after_conv(1, output)));
  output = plugins_->after_conv(3, norm3_->forward(conv3_->forward(output)));
  output += downsample_ ? downsample_->forward(input) : input;
  return relu_->forward(output);
}

DETFORGE_REGISTER(backbones, Res2Net,
                  {.name = "Res2Net", .python = "mmdet.models.backbones.res2net.Res2Net", .meaning = "Res2Net (arXiv 1904.01169)"});

}  // namespace detforge
