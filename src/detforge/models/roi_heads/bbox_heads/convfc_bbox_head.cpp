#include "detforge/models/roi_heads/bbox_heads/convfc_bbox_head.h"

#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/linear.h"

namespace detforge {

/// What a stack of convolutions and linear layers reads and gives.
struct ConvFCBBoxHead::Shapes {
  struct Branch {
    std::int64_t conv_in = 0;  ///< channels
    std::int64_t fc_in = 0;    ///< length of the first linear layer's input
    std::int64_t out = 0;      ///< channels, or the length of a vector behind linear layers
  };
  Branch shared, cls, reg;
  PredictorInputs predictors;

  explicit Shapes(const Options& options) {
    const std::int64_t area = options.with_avg_pool ? 1 : options.roi_feat_area();
    const auto branch = [&](std::int64_t in, std::int64_t convs, std::int64_t fcs, bool input_is_map) {
      Branch shape{.conv_in = in, .fc_in = convs > 0 ? options.conv_out_channels : in, .out = 0};
      if (input_is_map) shape.fc_in *= area;
      shape.out = fcs > 0 ? options.fc_out_channels : convs > 0 ? options.conv_out_channels : in;
      return shape;
    };
    const bool shared_is_map = options.num_shared_fcs == 0;
    shared = branch(options.in_channels, options.num_shared_convs, options.num_shared_fcs, true);
    cls = branch(shared.out, options.num_cls_convs, options.num_cls_fcs, shared_is_map);
    reg = branch(shared.out, options.num_reg_convs, options.num_reg_fcs, shared_is_map);
    predictors = {cls.out * (shared_is_map && options.num_cls_fcs == 0 ? area : 1),
                  reg.out * (shared_is_map && options.num_reg_fcs == 0 ? area : 1)};
  }
};

Arguments<ConvFCBBoxHead::Options> ConvFCBBoxHead::arguments() {
  return {BBoxHead::arguments(),
          arg(&Options::num_shared_convs, "num_shared_convs", "convolutions of both branches").at_least(0),
          arg(&Options::num_shared_fcs, "num_shared_fcs", "linear layers of both branches").at_least(0),
          arg(&Options::num_cls_convs, "num_cls_convs", "convolutions before the classes").at_least(0),
          arg(&Options::num_cls_fcs, "num_cls_fcs", "linear layers before the classes").at_least(0),
          arg(&Options::num_reg_convs, "num_reg_convs", "convolutions before the boxes").at_least(0),
          arg(&Options::num_reg_fcs, "num_reg_fcs", "linear layers before the boxes").at_least(0),
          arg(&Options::conv_out_channels, "conv_out_channels", "channels of the convolutions").at_least(1),
          arg(&Options::fc_out_channels, "fc_out_channels", "outputs of the linear layers").at_least(1),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer")};
}

ConvFCBBoxHead::ConvFCBBoxHead(std::string python_name, const Options& options, const BuildContext& context)
    : ConvFCBBoxHead(std::move(python_name), options, Shapes(options), context) {}

ConvFCBBoxHead::ConvFCBBoxHead(std::string python_name, const Options& options, const Shapes& shapes, const BuildContext& context)
    : BBoxHead(std::move(python_name), options, shapes.predictors, context) {
  const std::int64_t layers = options.num_shared_convs + options.num_shared_fcs + options.num_cls_convs + options.num_cls_fcs +
                              options.num_reg_convs + options.num_reg_fcs;
  if (layers == 0) throw ArgumentError("num_shared_fcs", "must be above 0 where no other layer is asked for");
  if (options.num_shared_fcs > 0 && options.num_cls_convs + options.num_reg_convs > 0) {
    throw ArgumentError("num_shared_fcs", "must be 0 where a branch has convolutions");
  }
  if (!options.with_cls && options.num_cls_convs + options.num_cls_fcs > 0) {
    throw ArgumentError("with_cls", "must be True where the branch of the classes has layers");
  }
  if (!options.with_reg && options.num_reg_convs + options.num_reg_fcs > 0) {
    throw ArgumentError("with_reg", "must be True where the branch of the boxes has layers");
  }
  nn::LayerConfigs conv_layers{options.conv_cfg, options.norm_cfg, ConfigDict{{"type", "ReLU"}}};
  const auto convs = [&](const char* name, std::int64_t count, const Shapes::Branch& shape) {
    auto list = register_module(name, std::make_shared<nn::ModuleList<>>());
    for (std::int64_t i = 0; i < count; ++i) {
      list->append(
          std::make_shared<nn::ConvModule>(nn::ConvModule::Options{.in_channels = i == 0 ? shape.conv_in : options.conv_out_channels,
                                                                   .out_channels = options.conv_out_channels,
                                                                   .kernel_size = 3,
                                                                   .padding = 1,
                                                                   .layers = conv_layers},
                                           context));
    }
    return list;
  };
  const auto fcs = [&](const char* name, std::int64_t count, const Shapes::Branch& shape) {
    auto list = register_module(name, std::make_shared<nn::ModuleList<>>());
    for (std::int64_t i = 0; i < count; ++i) {
      list->append(std::make_shared<nn::Linear>(
          nn::Linear::Options{.in_features = i == 0 ? shape.fc_in : options.fc_out_channels, .out_features = options.fc_out_channels}));
    }
    return list;
  };
  shared_convs_ = convs("shared_convs", options.num_shared_convs, shapes.shared);
  shared_fcs_ = fcs("shared_fcs", options.num_shared_fcs, shapes.shared);
  cls_convs_ = convs("cls_convs", options.num_cls_convs, shapes.cls);
  cls_fcs_ = fcs("cls_fcs", options.num_cls_fcs, shapes.cls);
  reg_convs_ = convs("reg_convs", options.num_reg_convs, shapes.reg);
  reg_fcs_ = fcs("reg_fcs", options.num_reg_fcs, shapes.reg);
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  std::optional<Value> init_cfg = options.init_cfg;
  if (!init_cfg) {
    init_cfg = default_init_cfg(options);
    const auto part = [](const char* name) { return Value::dict({{"name", name}}); };
    init_cfg->push_back(Value::dict({{"type", "Xavier"},
                                     {"distribution", "uniform"},
                                     {"override", Value::list({part("shared_fcs"), part("cls_fcs"), part("reg_fcs")})}}));
  }
  show_init_cfg(context, init_cfg);
}

torch::Tensor ConvFCBBoxHead::branch(torch::Tensor feats, const nn::ModuleList<>& convs, const nn::ModuleList<>& fcs) {
  for (const auto& conv : convs) feats = conv->forward(feats);
  if (feats.dim() > 2) feats = flattened(feats);
  for (const auto& fc : fcs) feats = relu_->forward(fc->forward(feats));
  return feats;
}

torch::Tensor ConvFCBBoxHead::shared_layers(const torch::Tensor& roi_feats) {
  torch::Tensor feats = roi_feats;
  for (const auto& conv : *shared_convs_) feats = conv->forward(feats);
  if (shared_fcs_->size() == 0) return feats;
  feats = flattened(feats);
  for (const auto& fc : *shared_fcs_) feats = relu_->forward(fc->forward(feats));
  return feats;
}

BBoxOutputs ConvFCBBoxHead::branches(const torch::Tensor& shared) {
  return predict(branch(shared, *cls_convs_, *cls_fcs_), branch(shared, *reg_convs_, *reg_fcs_));
}

BBoxOutputs ConvFCBBoxHead::compute(const torch::Tensor& roi_feats, const torch::Tensor&) { return branches(shared_layers(roi_feats)); }

/// Two shared linear layers, as Faster R-CNN on a feature pyramid has them.
class Shared2FCBBoxHead : public ConvFCBBoxHead {
 public:
  Shared2FCBBoxHead(Options options, const BuildContext& context)
      : ConvFCBBoxHead("Shared2FCBBoxHead", with_layers(std::move(options)), context) {}

 private:
  static Options with_layers(Options options) {
    options.num_shared_fcs = 2;
    return options;
  }
};

/// Four shared convolutions and one shared linear layer.
class Shared4Conv1FCBBoxHead : public ConvFCBBoxHead {
 public:
  Shared4Conv1FCBBoxHead(Options options, const BuildContext& context)
      : ConvFCBBoxHead("Shared4Conv1FCBBoxHead", with_layers(std::move(options)), context) {}

 private:
  static Options with_layers(Options options) {
    options.num_shared_convs = 4;
    options.num_shared_fcs = 1;
    return options;
  }
};

DETFORGE_REGISTER(heads, ConvFCBBoxHead,
                  {.name = "ConvFCBBoxHead",
                   .python = "mmdet.models.roi_heads.bbox_heads.convfc_bbox_head.ConvFCBBoxHead",
                   .meaning = "convolutions and linear layers before classes and boxes"});
DETFORGE_REGISTER(heads, Shared2FCBBoxHead,
                  {.name = "Shared2FCBBoxHead",
                   .python = "mmdet.models.roi_heads.bbox_heads.convfc_bbox_head.Shared2FCBBoxHead",
                   .meaning = "two linear layers before classes and boxes"});
DETFORGE_REGISTER(heads, Shared4Conv1FCBBoxHead,
                  {.name = "Shared4Conv1FCBBoxHead",
                   .python = "mmdet.models.roi_heads.bbox_heads.convfc_bbox_head.Shared4Conv1FCBBoxHead",
                   .meaning = "four convolutions and a linear layer before classes and boxes"});

}  // namespace detforge
