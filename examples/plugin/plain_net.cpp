// A backbone of one's own, built outside of detforge's tree: PlainNet, a row of convolutions of stride 2.
#include <detforge/models/backbones/backbone.h>
#include <detforge/nn/layers/conv_module.h>

namespace plugin {

using namespace detforge;

/// [N, 3, H, W] → one [N, channels[i], H / 2^(i+1), W / 2^(i+1)] for each of the last `num_outs` stages.
class PlainNet : public Backbone {
 public:
  struct Options {
    std::vector<std::int64_t> channels;
    std::int64_t num_outs = 3;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::channels, "channels", required, "channels after each stage, every one of which halves the size"),
            arg(&Options::num_outs, "num_outs", "how many of the last stages give their features").at_least(1)};
  }

  PlainNet(const Options& options, const BuildContext& context)
      : Backbone("PlainNet"), num_outs_(static_cast<std::size_t>(options.num_outs)) {
    if (options.channels.size() < num_outs_) {
      throw ArgumentError("channels", "must have at least num_outs = " + std::to_string(num_outs_) + " entries");
    }
    const nn::LayerConfigs layers{.conv_cfg = {}, .norm_cfg = ConfigDict{{"type", "BN"}}, .act_cfg = ConfigDict{{"type", "ReLU"}}};
    std::int64_t in_channels = 3;
    for (const std::int64_t channels : options.channels) {
      const nn::ConvModule::Options conv{
          .in_channels = in_channels, .out_channels = channels, .kernel_size = 3, .stride = 2, .padding = 1, .layers = layers};
      stages_.push_back(register_module("stage" + std::to_string(stages_.size() + 1), std::make_shared<nn::ConvModule>(conv, context)));
      in_channels = channels;
    }
  }

 protected:
  nn::Features compute(const torch::Tensor& image) override {
    nn::Features features;
    torch::Tensor output = image;
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      output = stages_[i]->forward(output);
      if (i + num_outs_ >= stages_.size()) features.push_back(output);
    }
    return features;
  }

 private:
  std::size_t num_outs_;
  std::vector<std::shared_ptr<nn::ConvModule>> stages_;
};

DETFORGE_REGISTER(backbones, PlainNet, {.name = "PlainNet", .python = "plugin.plain_net.PlainNet", .meaning = "a row of convolutions"});

}  // namespace plugin
