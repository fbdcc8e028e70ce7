#include "detforge/models/blocks/csp_layer.h"
#include "detforge/models/blocks/kaiming_uniform.h"
#include "detforge/models/necks/neck.h"
#include "detforge/nn/layers/upsample.h"

namespace detforge {

/// YOLOX's path aggregation network (arXiv 2107.08430): features from fine to coarse, [N, in_channels[i], H_i, W_i] each →
/// as many levels of `out_channels`, mixed down from the coarse ones and up again from the fine ones.
class YOLOXPAFPN : public Neck {
 public:
  struct Options {
    std::vector<std::int64_t> in_channels;
    std::int64_t out_channels = 0;
    std::int64_t num_csp_blocks = 3;
    bool use_depthwise = false;
    ConfigDict upsample_cfg = {{"scale_factor", 2}, {"mode", "nearest"}};
    std::optional<ConfigDict> conv_cfg;
    ConfigDict norm_cfg = {{"type", "BN"}, {"momentum", 0.03}, {"eps", 0.001}};
    ConfigDict act_cfg = {{"type", "Swish"}};
    std::optional<Value> init_cfg = kaiming_uniform_init_cfg();
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::in_channels, "in_channels", required, "channels of each input level, finest first"),
            arg(&Options::out_channels, "out_channels", required, "channels of every output level").at_least(1),
            arg(&Options::num_csp_blocks, "num_csp_blocks", "bottlenecks in each CSP layer"),
            arg(&Options::use_depthwise, "use_depthwise", "depthwise separable convolutions"),
            arg(&Options::upsample_cfg, "upsample_cfg", "how coarse levels are enlarged"),
            arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
            arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
            arg(&Options::act_cfg, "act_cfg", "activation layer"),
            arg(&Options::init_cfg, "init_cfg", "initialisation")};
  }

  YOLOXPAFPN(const Options& options, const BuildContext& context);

 protected:
  nn::Features compute(const nn::Features& features) override;

 private:
  std::shared_ptr<nn::Upsample> upsample_;
  std::shared_ptr<nn::ModuleList<>> reduce_layers_;     // coarsest first
  std::shared_ptr<nn::ModuleList<>> top_down_blocks_;   // coarsest first
  std::shared_ptr<nn::ModuleList<>> downsamples_;       // finest first
  std::shared_ptr<nn::ModuleList<>> bottom_up_blocks_;  // finest first
  std::shared_ptr<nn::ModuleList<>> out_convs_;         // finest first
};

YOLOXPAFPN::YOLOXPAFPN(const Options& options, const BuildContext& context) : Neck("YOLOXPAFPN") {
  const auto& channels = options.in_channels;
  if (channels.empty()) throw ArgumentError("in_channels", "must have at least one entry");
  expect({.count_argument = "in_channels", .channels_argument = "in_channels", .channels = options.in_channels});
  const nn::LayerConfigs layers{options.conv_cfg, options.norm_cfg, options.act_cfg};
  const auto list = [&](const char* name) { return register_module(name, std::make_shared<nn::ModuleList<>>()); };
  const auto conv = [&](std::int64_t in, std::int64_t out) {
    return std::make_shared<nn::ConvModule>(nn::ConvModule::Options{.in_channels = in, .out_channels = out, .layers = layers}, context);
  };
  const auto csp_layer = [&](std::int64_t in, std::int64_t out) {
    return std::make_shared<CSPLayer>(CSPLayer::Options{.in_channels = in,
                                                        .out_channels = out,
                                                        .num_blocks = options.num_csp_blocks,
                                                        .add_identity = false,
                                                        .use_depthwise = options.use_depthwise,
                                                        .layers = layers},
                                      context);
  };

  upsample_ = register_module(
      "upsample", std::make_shared<nn::Upsample>(options_from("Upsample", nn::Upsample::arguments(), options.upsample_cfg, context)));
  reduce_layers_ = list("reduce_layers");
  top_down_blocks_ = list("top_down_blocks");
  for (std::size_t i = channels.size() - 1; i > 0; --i) {
    reduce_layers_->append(conv(channels[i], channels[i - 1]));
    top_down_blocks_->append(csp_layer(2 * channels[i - 1], channels[i - 1]));
  }
  downsamples_ = list("downsamples");
  bottom_up_blocks_ = list("bottom_up_blocks");
  for (std::size_t i = 0; i + 1 < channels.size(); ++i) {
    downsamples_->append(nn::make_conv_module(
        options.use_depthwise,
        {.in_channels = channels[i], .out_channels = channels[i], .kernel_size = 3, .stride = 2, .padding = 1, .layers = layers}, context));
    bottom_up_blocks_->append(csp_layer(2 * channels[i], channels[i + 1]));
  }
  out_convs_ = list("out_convs");
  for (const std::int64_t in_channels : channels) out_convs_->append(conv(in_channels, options.out_channels));
  show_init_cfg(context, options.init_cfg);
}

nn::Features YOLOXPAFPN::compute(const nn::Features& features) {
  const std::size_t levels = out_convs_->size();
  nn::Features inner = features;
  for (std::size_t i = levels - 1; i > 0; --i) {
    const std::size_t step = levels - 1 - i;
    inner[i] = (*reduce_layers_)[step].forward(inner[i]);
    inner[i - 1] = (*top_down_blocks_)[step].forward(torch::cat({upsample_->forward(inner[i]), features[i - 1]}, 1));
  }
  nn::Features outputs = {inner[0]};
  for (std::size_t i = 0; i + 1 < levels; ++i) {
    const torch::Tensor reduced = (*downsamples_)[i].forward(outputs.back());
    outputs.push_back((*bottom_up_blocks_)[i].forward(torch::cat({reduced, inner[i + 1]}, 1)));
  }
  for (std::size_t i = 0; i < levels; ++i) outputs[i] = (*out_convs_)[i].forward(outputs[i]);
  return outputs;
}

DETFORGE_REGISTER(necks, YOLOXPAFPN,
                  {.name = "YOLOXPAFPN",
                   .python = "mmdet.models.necks.yolox_pafpn.YOLOXPAFPN",
                   .meaning = "path aggregation network of YOLOX",
                   .since = Reference::V2_27});

}  // namespace detforge
