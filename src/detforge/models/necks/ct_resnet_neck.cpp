#include <cmath>

#include "detforge/models/necks/neck.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/conv_transpose2d.h"

namespace detforge {

/// CenterNet's neck (arXiv 1904.07850): the last level [N, in_channel, H, W], enlarged by pairs of a convolution and a
/// transposed one → one level [N, num_deconv_filters.back(), H · 2^n, W · 2^n].
class CTResNetNeck : public Neck {
 public:
  struct Options {
    std::int64_t in_channel = 0;
    std::vector<std::int64_t> num_deconv_filters;
    std::vector<std::int64_t> num_deconv_kernels;
    bool use_dcn = true;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::in_channel, "in_channel", required, "channels of the last input level").at_least(1),
            arg(&Options::num_deconv_filters, "num_deconv_filters", required, "channels behind each pair"),
            arg(&Options::num_deconv_kernels, "num_deconv_kernels", required, "kernel sizes of the transposed convolutions"),
            arg(&Options::use_dcn, "use_dcn", "deformable convolutions with weighted samples"),
            arg(&Options::init_cfg, "init_cfg", "is shown, but counts for nothing")};
  }

  CTResNetNeck(const Options& options, const BuildContext& context);
  void init_weights(const nn::PretrainedLoader&) override;

 protected:
  nn::Features compute(const nn::Features& features) override { return {deconv_layers_->forward(features.back())}; }

 private:
  /// Lets every output channel begin as bilinear interpolation of the first input channel.
  static void fill_bilinear(nn::ConvTranspose2d& deconv);

  bool use_dcn_;
  std::shared_ptr<nn::Sequential> deconv_layers_;
};

CTResNetNeck::CTResNetNeck(const Options& options, const BuildContext& context) : Neck("CTResNetNeck"), use_dcn_(options.use_dcn) {
  if (options.num_deconv_filters.size() != options.num_deconv_kernels.size()) {
    throw ArgumentError("num_deconv_kernels", "must have as many entries as num_deconv_filters");
  }
  expect({.channels_argument = "in_channel", .channels = {options.in_channel}, .which = ExpectedLevels::Which::Last});
  deconv_layers_ = register_module("deconv_layers", std::make_shared<nn::Sequential>());
  std::int64_t channels = options.in_channel;
  for (std::size_t i = 0; i < options.num_deconv_filters.size(); ++i) {
    const std::int64_t filters = options.num_deconv_filters[i];
    const auto layers = [](const char* conv) {
      return nn::LayerConfigs{conv != nullptr ? std::optional(ConfigDict{{"type", conv}}) : std::nullopt, ConfigDict{{"type", "BN"}},
                              ConfigDict{{"type", "ReLU"}}};
    };
    nn::ConvModule::Options conv{.in_channels = channels, .out_channels = filters, .kernel_size = 3, .padding = 1};
    conv.layers = layers(options.use_dcn ? "DCNv2" : nullptr);
    deconv_layers_->append(std::make_shared<nn::ConvModule>(conv, context));
    nn::ConvModule::Options deconv{
        .in_channels = filters, .out_channels = filters, .kernel_size = options.num_deconv_kernels[i], .stride = 2, .padding = 1};
    deconv.layers = layers("deconv");
    deconv_layers_->append(std::make_shared<nn::ConvModule>(deconv, context));
    channels = filters;
  }
  show_init_cfg(context, options.init_cfg);
}

void CTResNetNeck::fill_bilinear(nn::ConvTranspose2d& deconv) {
  const torch::NoGradGuard no_grad;
  deconv.reset_parameters();
  torch::Tensor& weight = deconv.weight();
  const std::int64_t size = weight.size(2);
  const double half = std::ceil(static_cast<double>(size) / 2);
  const double centre = (2 * half - 1 - std::fmod(half, 2)) / (2 * half);
  const torch::Tensor line = 1 - (torch::arange(size, torch::kDouble) / half - centre).abs();
  weight.select(1, 0).copy_(line.view({-1, 1}) * line.view({1, -1}));
}

void CTResNetNeck::init_weights(const nn::PretrainedLoader&) {
  for (const auto& module : modules()) {
    if (auto* deconv = dynamic_cast<nn::ConvTranspose2d*>(module.get())) fill_bilinear(*deconv);
    if (auto* norm = dynamic_cast<nn::BatchNorm*>(module.get())) nn::constant_init(*norm, 1);
    if (auto* conv = dynamic_cast<nn::Conv2d*>(module.get()); conv != nullptr && !use_dcn_) conv->reset_parameters();
  }
}

DETFORGE_REGISTER(necks, CTResNetNeck,
                  {.name = "CTResNetNeck",
                   .python = "mmdet.models.necks.ct_resnet_neck.CTResNetNeck",
                   .meaning = "CenterNet's neck (arXiv 1904.07850)",
                   .since = Reference::V2_27});

}  // namespace detforge
