#include "detforge/boxes/prior_generators/prior_generator.h"
#include "detforge/kernels/yolox_decode.h"
#include "detforge/models/blocks/kaiming_uniform.h"
#include "detforge/models/dense_heads/dense_head.h"
#include "detforge/models/dense_heads/test_cfg.h"
#include "detforge/models/losses/loss.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// YOLOX's head (arXiv 2107.08430): features from fine to coarse, [N, in_channels, H_i, W_i] → class scores
/// [N, num_classes, H_i, W_i], boxes [N, 4, H_i, W_i] and objectness [N, 1, H_i, W_i], one prediction per cell.
class YOLOXHead : public DenseHead {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::int64_t in_channels = 0;
    std::int64_t feat_channels = 256;
    std::int64_t stacked_convs = 2;
    std::vector<double> strides = {8, 16, 32};
    bool use_depthwise = false;
    bool dcn_on_last_conv = false;
    std::variant<bool, std::string> conv_bias = "auto";
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "BN"}, {"momentum", 0.03}, {"eps", 0.001}};
    std::optional<ConfigDict> act_cfg = ConfigDict{{"type", "Swish"}};
    ConfigDict loss_cls = cross_entropy();
    ConfigDict loss_bbox = {{"type", "IoULoss"}, {"mode", "square"}, {"eps", 1e-16}, {"reduction", "sum"}, {"loss_weight", 5.0}};
    ConfigDict loss_obj = cross_entropy();
    ConfigDict loss_l1 = {{"type", "L1Loss"}, {"reduction", "sum"}, {"loss_weight", 1.0}};
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<Value> init_cfg = kaiming_uniform_init_cfg();

    static ConfigDict cross_entropy() {
      return {{"type", "CrossEntropyLoss"}, {"use_sigmoid", true}, {"reduction", "sum"}, {"loss_weight", 1.0}};
    }
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::num_classes, "num_classes", required, "number of classes, the background not counted").at_least(1),
            arg(&Options::in_channels, "in_channels", required, "channels of every input level").at_least(1),
            arg(&Options::feat_channels, "feat_channels", "channels of the stacked convolutions").at_least(1),
            arg(&Options::stacked_convs, "stacked_convs", "number of convolutions before the predictions").at_least(1),
            arg(&Options::strides, "strides", "stride of each level in px"),
            arg(&Options::use_depthwise, "use_depthwise", "depthwise separable convolutions"),
            arg(&Options::dcn_on_last_conv, "dcn_on_last_conv", "deformable convolution as the last of the stack"),
            arg(&Options::conv_bias, "conv_bias", "bias of the stacked convolutions; 'auto': where no normalisation follows"),
            arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
            arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
            arg(&Options::act_cfg, "act_cfg", "activation layer"),
            arg(&Options::loss_cls, "loss_cls", "loss of the classes").built_by("LOSSES"),
            arg(&Options::loss_bbox, "loss_bbox", "loss of the boxes").built_by("LOSSES"),
            arg(&Options::loss_obj, "loss_obj", "loss of the objectness").built_by("LOSSES"),
            arg(&Options::loss_l1, "loss_l1", "extra loss of the boxes at the end of training").built_by("LOSSES"),
            arg(&Options::train_cfg, "train_cfg", "what training needs; the model's own is put here"),
            arg(&Options::test_cfg, "test_cfg", "which detections are kept; the model's own is put here"),
            arg(&Options::init_cfg, "init_cfg", "initialisation")};
  }

  YOLOXHead(const Options& options, const BuildContext& context);

  std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) override;

 protected:
  HeadOutputs compute(const nn::Features& features) override;

 private:
  std::shared_ptr<nn::Sequential> stacked_convs(const Options& options, const BuildContext& context) const;

  std::int64_t num_classes_;
  std::vector<double> strides_;
  std::optional<TestCfg> test_cfg_;
  std::shared_ptr<Loss> loss_cls_;
  std::shared_ptr<Loss> loss_bbox_;
  std::shared_ptr<Loss> loss_obj_;
  std::shared_ptr<Loss> loss_l1_;
  std::shared_ptr<nn::ModuleList<>> multi_level_cls_convs_;
  std::shared_ptr<nn::ModuleList<>> multi_level_reg_convs_;
  std::shared_ptr<nn::ModuleList<>> multi_level_conv_cls_;
  std::shared_ptr<nn::ModuleList<>> multi_level_conv_reg_;
  std::shared_ptr<nn::ModuleList<>> multi_level_conv_obj_;
};

YOLOXHead::YOLOXHead(const Options& options, const BuildContext& context)
    : DenseHead("YOLOXHead"),
      num_classes_(options.num_classes),
      strides_(options.strides),
      test_cfg_(test_cfg_from(options.test_cfg, "YOLOXHead", context)) {
  const auto add_loss = [&](const char* name, const ConfigDict& config) {
    return register_module(name, build_loss(config, context.child(name)));
  };
  loss_cls_ = add_loss("loss_cls", options.loss_cls);
  loss_bbox_ = add_loss("loss_bbox", options.loss_bbox);
  loss_obj_ = add_loss("loss_obj", options.loss_obj);
  loss_l1_ = add_loss("loss_l1", options.loss_l1);
  const auto add_list = [&](const char* name) { return register_module(name, std::make_shared<nn::ModuleList<>>()); };
  multi_level_cls_convs_ = add_list("multi_level_cls_convs");
  multi_level_reg_convs_ = add_list("multi_level_reg_convs");
  multi_level_conv_cls_ = add_list("multi_level_conv_cls");
  multi_level_conv_reg_ = add_list("multi_level_conv_reg");
  multi_level_conv_obj_ = add_list("multi_level_conv_obj");
  const auto prediction = [&](std::int64_t channels) {
    nn::Conv2d::Options conv;
    conv.in_channels = options.feat_channels;
    conv.out_channels = channels;
    return std::make_shared<nn::Conv2d>(conv, context);
  };
  for (std::size_t i = 0; i < strides_.size(); ++i) {
    multi_level_cls_convs_->append(stacked_convs(options, context));
    multi_level_reg_convs_->append(stacked_convs(options, context));
    multi_level_conv_cls_->append(prediction(num_classes_));
    multi_level_conv_reg_->append(prediction(4));
    multi_level_conv_obj_->append(prediction(1));
  }
  show_init_cfg(context, options.init_cfg);
}

std::shared_ptr<nn::Sequential> YOLOXHead::stacked_convs(const Options& options, const BuildContext& context) const {
  std::optional<bool> bias;
  if (const auto* flag = std::get_if<bool>(&options.conv_bias)) {
    bias = *flag;
  } else if (std::get<std::string>(options.conv_bias) != "auto") {
    throw ArgumentError("conv_bias", "must be True, False or 'auto'");
  }
  auto stack = std::make_shared<nn::Sequential>();
  for (std::int64_t i = 0; i < options.stacked_convs; ++i) {
    std::optional<ConfigDict> conv_cfg = options.conv_cfg;
    if (options.dcn_on_last_conv && i == options.stacked_convs - 1) conv_cfg = ConfigDict{{"type", "DCNv2"}};
    const nn::ConvModule::Options conv{.in_channels = i == 0 ? options.in_channels : options.feat_channels,
                                       .out_channels = options.feat_channels,
                                       .kernel_size = 3,
                                       .padding = 1,
                                       .bias = bias,
                                       .layers = {conv_cfg, options.norm_cfg, options.act_cfg}};
    stack->append(nn::make_conv_module(options.use_depthwise, conv, context));
  }
  return stack;
}

HeadOutputs YOLOXHead::compute(const nn::Features& features) {
  if (features.size() != strides_.size()) {
    throw Error("YOLOXHead has " + std::to_string(strides_.size()) + " levels, but the neck gives " + std::to_string(features.size()));
  }
  nn::Features class_scores, boxes, objectness;
  for (std::size_t i = 0; i < features.size(); ++i) {
    const torch::Tensor cls_feat = (*multi_level_cls_convs_)[i].forward(features[i]);
    const torch::Tensor reg_feat = (*multi_level_reg_convs_)[i].forward(features[i]);
    class_scores.push_back((*multi_level_conv_cls_)[i].forward(cls_feat));
    boxes.push_back((*multi_level_conv_reg_)[i].forward(reg_feat));
    objectness.push_back((*multi_level_conv_obj_)[i].forward(reg_feat));
  }
  return {class_scores, boxes, objectness};
}

std::vector<Detections> YOLOXHead::predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) {
  if (!test_cfg_) throw missing_test_cfg("YOLOXHead");
  const nn::Features class_scores = on_cpu(outputs.at(0)), boxes = on_cpu(outputs.at(1)), objectness = on_cpu(outputs.at(2));
  const std::vector<ImageSize> sizes = featmap_sizes(class_scores);
  std::vector<Detections> results;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    const auto row = static_cast<std::int64_t>(image);
    kernels::Candidates candidates;
    for (std::size_t level = 0; level < sizes.size(); ++level) {
      const auto stride = static_cast<float>(strides_[level]);
      decode_yolox({.class_scores = values_of(class_scores[level][row]),
                    .boxes = values_of(boxes[level][row]),
                    .objectness = values_of(objectness[level][row]),
                    .height = sizes[level].height,
                    .width = sizes[level].width,
                    .stride_x_px = stride,
                    .stride_y_px = stride},
                   num_classes_, test_cfg_->score_thr, candidates);
    }
    if (rescale) kernels::rescale(candidates, metas[image].scale_factor);
    results.push_back(select_detections(candidates, test_cfg_->nms));
  }
  return results;
}

DETFORGE_REGISTER(heads, YOLOXHead,
                  {.name = "YOLOXHead",
                   .python = "mmdet.models.dense_heads.yolox_head.YOLOXHead",
                   .meaning = "one prediction per cell, classes apart from boxes and objectness",
                   .since = Reference::V2_27});

}  // namespace detforge
