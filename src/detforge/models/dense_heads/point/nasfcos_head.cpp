#include "detforge/models/dense_heads/point/fcos_head.h"

namespace detforge {

/// NAS-FCOS's head (arXiv 1906.04423): FCOS's with the towers that the search found: deformable 3×3, 3×3, deformable 3×3, 1×1.
class NASFCOSHead : public FCOSHead {
 public:
  struct Options : FCOSHead::Options {
    Options() { init_cfg = std::nullopt; }
  };
  static Arguments<Options> arguments() { return {FCOSHead::arguments()}; }

  NASFCOSHead(const Options& options, const BuildContext& context) : FCOSHead("NASFCOSHead", with_init_cfg(options), context) {
    set_cls_convs(searched_tower(options, context));
    set_reg_convs(searched_tower(options, context));
    init_predictor();
    init_centerness_and_scales();
    init_loss_centerness();
  }

 private:
  static FCOSHead::Options with_init_cfg(FCOSHead::Options options) {
    if (options.init_cfg && !options.init_cfg->is_none()) return options;
    options.init_cfg = Value::list(
        {Value::dict({{"type", "Caffe2Xavier"}, {"layer", Value::list({"ConvModule", "Conv2d"})}}),
         Value::dict(
             {{"type", "Normal"},
              {"std", 0.01},
              {"override", Value::list({Value::dict({{"name", "conv_reg"}}), Value::dict({{"name", "conv_centerness"}}),
                                        Value::dict({{"name", "conv_cls"}, {"type", "Normal"}, {"std", 0.01}, {"bias_prob", 0.01}})})}})});
    return options;
  }

  static std::shared_ptr<StackedConvs> searched_tower(const Options& options, const BuildContext& context) {
    const ConfigDict deformable{{"type", "DCNv2"}, {"deform_groups", 2}}, plain{{"type", "Conv"}};
    auto tower = std::make_shared<StackedConvs>();
    const auto append = [&](const ConfigDict& conv_cfg, std::int64_t kernel_size, bool bias) {
      const nn::ConvModule::Options conv{.in_channels = tower->size() == 0 ? options.in_channels : options.feat_channels,
                                         .out_channels = options.feat_channels,
                                         .kernel_size = kernel_size,
                                         .padding = kernel_size / 2,
                                         .bias = bias,
                                         .layers = {conv_cfg, options.norm_cfg, ConfigDict{{"type", "ReLU"}}}};
      tower->append(std::make_shared<nn::ConvModule>(conv, context));
    };
    append(deformable, 3, true);
    append(plain, 3, false);
    append(deformable, 3, true);
    append(plain, 1, false);
    return tower;
  }
};

DETFORGE_REGISTER(heads, NASFCOSHead,
                  {.name = "NASFCOSHead",
                   .python = "mmdet.models.dense_heads.nasfcos_head.NASFCOSHead",
                   .meaning = "FCOSHead with searched towers"});

}  // namespace detforge
