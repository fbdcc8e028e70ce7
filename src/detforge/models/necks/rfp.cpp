#include "detforge/models/backbones/detectors_resnet.h"
#include "detforge/models/necks/fpn.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/pooling.h"

namespace detforge {

/// Recursive Feature Pyramid (DetectoRS, arXiv 2006.02334): the image, then levels as FPN's → levels as FPN's. Its outputs
/// go through further backbones, `rfp_steps` - 1 of them, whose pyramids are mixed with the one before.
class RFP : public FPN {
 public:
  struct Options : FPN::Options {
    std::int64_t rfp_steps = 1;
    ConfigDict rfp_backbone;
    std::int64_t aspp_out_channels = 0;
    std::vector<std::int64_t> aspp_dilations = {1, 3, 6, 1};
    Options() { init_cfg.reset(); }
  };
  static Arguments<Options> arguments();

  RFP(const Options& options, const BuildContext& context);
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  nn::Features compute(const nn::Features& features) override;

 private:
  class ASPP;

  ExpectedLevels pyramid_inputs_;  // without the image
  std::shared_ptr<nn::BaseModuleList<DetectoRS_ResNet>> rfp_modules_;
  std::shared_ptr<ASPP> rfp_aspp_;
  std::shared_ptr<nn::Conv2d> rfp_weight_;
};

/// Atrous Spatial Pyramid Pooling: convolutions of several dilations side by side, the last one of the mean of all pixels.
/// [N, in_channels, H, W] → [N, out_channels · number of dilations, H, W].
class RFP::ASPP : public nn::Layer {
 public:
  ASPP(std::int64_t in_channels, std::int64_t out_channels, const std::vector<std::int64_t>& dilations, const BuildContext& context)
      : Layer("ASPP"), reference_(context.reference) {
    aspp_ = register_module("aspp", std::make_shared<nn::ModuleList<nn::Conv2d>>());
    for (const std::int64_t dilation : dilations) {
      aspp_->append(std::make_shared<nn::Conv2d>(nn::Conv2d::Options{.in_channels = in_channels,
                                                                     .out_channels = out_channels,
                                                                     .kernel_size = dilation > 1 ? 3 : 1,
                                                                     .padding = dilation > 1 ? dilation : 0,
                                                                     .dilation = dilation}));
    }
    gap_ = register_module("gap", std::make_shared<nn::AdaptiveAvgPool2d>(1));
    show_init_cfg(context, Value::dict({{"type", "Kaiming"}, {"layer", "Conv2d"}}));
  }

  /// 2.27 has an init_cfg instead, but nobody follows it.
  void reset_parameters() override {
    if (reference_ == Reference::V2_27) return;
    for (const auto& conv : *aspp_) nn::kaiming_init(*conv);
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    std::vector<torch::Tensor> outputs;
    for (std::size_t i = 0; i < aspp_->size(); ++i) {
      const bool last = i + 1 == aspp_->size();
      outputs.push_back((*aspp_)[i].forward(last ? gap_->forward(input) : input).relu_());
    }
    if (outputs.size() > 1) outputs.back() = outputs.back().expand_as(outputs.front());
    return torch::cat(outputs, 1);
  }

 private:
  Reference reference_;
  std::shared_ptr<nn::ModuleList<nn::Conv2d>> aspp_;
  std::shared_ptr<nn::AdaptiveAvgPool2d> gap_;
};

Arguments<RFP::Options> RFP::arguments() {
  return {FPN::arguments(),
          arg(&Options::rfp_steps, "rfp_steps", required, "pyramids that are unrolled").at_least(1),
          arg(&Options::rfp_backbone, "rfp_backbone", required, "backbone of the further ones").built_by("BACKBONES"),
          arg(&Options::aspp_out_channels, "aspp_out_channels", required, "channels of each dilation's convolution").at_least(1),
          arg(&Options::aspp_dilations, "aspp_dilations", "dilations; the last must be 1"),
          arg(&Options::init_cfg, "init_cfg", "must be None").since_v2_27()};
}

RFP::RFP(const Options& options, const BuildContext& context) : FPN("RFP", options, context) {
  if (options.init_cfg && !options.init_cfg->is_none()) throw ArgumentError("init_cfg", "must be None: this neck fills itself");
  if (options.aspp_dilations.empty() || options.aspp_dilations.back() != 1) throw ArgumentError("aspp_dilations", "must end with 1");
  pyramid_inputs_ = expected_levels(levels(), options.in_channels);
  ExpectedLevels with_image = pyramid_inputs_;
  with_image.channels.insert(with_image.channels.begin(), ExpectedLevels::kAny);
  with_image.help = "the image comes before the levels of 'in_channels'; the backbone gives it with output_img=True";
  expect(with_image);
  rfp_modules_ = register_module("rfp_modules", std::make_shared<nn::BaseModuleList<DetectoRS_ResNet>>());
  for (std::int64_t i = 1; i < options.rfp_steps; ++i) {
    auto backbone = std::dynamic_pointer_cast<DetectoRS_ResNet>(build_backbone(options.rfp_backbone, context.child("rfp_backbone")));
    if (!backbone) throw ArgumentError("rfp_backbone", "must be a DetectoRS_ResNet or DetectoRS_ResNeXt");
    rfp_modules_->append(std::move(backbone));
  }
  rfp_aspp_ =
      register_module("rfp_aspp", std::make_shared<ASPP>(options.out_channels, options.aspp_out_channels, options.aspp_dilations, context));
  rfp_weight_ = register_module("rfp_weight",
                                std::make_shared<nn::Conv2d>(nn::Conv2d::Options{.in_channels = options.out_channels, .out_channels = 1}));
}

void RFP::init_weights(const nn::PretrainedLoader& load_pretrained) {
  for (const auto& convs : {lateral_convs(), fpn_convs()}) {
    for (const auto& module : convs->modules()) {
      if (auto* conv = dynamic_cast<nn::Conv2d*>(module.get())) nn::xavier_init(*conv, 1, 0, nn::Distribution::Uniform);
    }
  }
  for (const auto& backbone : *rfp_modules_) backbone->init_weights(load_pretrained);
  nn::constant_init(*rfp_weight_, 0);
}

nn::Features RFP::compute(const nn::Features& features) {
  const torch::Tensor& image = features.front();
  nn::Features pyramid = FPN::compute({features.begin() + 1, features.end()});
  for (const auto& backbone : *rfp_modules_) {
    nn::Features fed = {pyramid[0]};
    for (std::size_t i = 1; i < pyramid.size(); ++i) fed.push_back(rfp_aspp_->forward(pyramid[i]));
    const nn::Features again = backbone->rfp_forward(image, fed);
    pyramid_inputs_.check("RFP", again);
    const nn::Features next = FPN::compute(again);
    for (std::size_t i = 0; i < pyramid.size(); ++i) {
      const torch::Tensor share = rfp_weight_->forward(next[i]).sigmoid();
      pyramid[i] = share * next[i] + (1 - share) * pyramid[i];
    }
  }
  return pyramid;
}

DETFORGE_REGISTER(necks, RFP,
                  {.name = "RFP", .python = "mmdet.models.necks.rfp.RFP", .meaning = "Recursive Feature Pyramid (arXiv 2006.02334)"});

}  // namespace detforge
