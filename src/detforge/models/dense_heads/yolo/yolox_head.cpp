#include <algorithm>

#include "detforge/boxes/bbox_transforms.h"
#include "detforge/boxes/prior_generators/prior_generator.h"
#include "detforge/kernels/yolox_decode.h"
#include "detforge/models/blocks/kaiming_uniform.h"
#include "detforge/models/dense_heads/anchor/anchor_targets.h"
#include "detforge/models/dense_heads/parts/dense_box_head.h"
#include "detforge/models/losses/loss.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// YOLOX's head (arXiv 2107.08430): features from fine to coarse, [N, in_channels, H_i, W_i] → class scores
/// [N, num_classes, H_i, W_i], boxes [N, 4, H_i, W_i] and objectness [N, 1, H_i, W_i], one prediction per cell.
class YOLOXHead : public DenseBoxHead, public ExtraL1Loss {
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
  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  void use_l1(bool on) override { use_l1_ = on; }

 protected:
  HeadOutputs compute(const nn::Features& features) override;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override;

 private:
  std::shared_ptr<nn::Sequential> stacked_convs(const Options& options, const BuildContext& context) const;

  /// Which cells of one image learn from which objects: P of B.
  struct ImageTargets {
    torch::Tensor foreground;    ///< [B] bool
    torch::Tensor cls_targets;   ///< [P, num_classes], the IoU with the object at its class
    torch::Tensor bbox_targets;  ///< [P, 4] xyxy px
  };
  /// Cells [B, 4] (x, y, stride x, stride y), their scores [B, num_classes] after the sigmoid and boxes [B, 4].
  ImageTargets image_targets(const torch::Tensor& cells, const torch::Tensor& scores, const torch::Tensor& boxes,
                             const torch::Tensor& gt_bboxes, const torch::Tensor& gt_labels) const;

  std::int64_t num_classes_;
  std::vector<double> strides_;
  std::optional<AnchorTrainCfg> train_cfg_;
  bool use_l1_ = false;
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
    : DenseBoxHead("YOLOXHead", options.test_cfg, context),
      num_classes_(options.num_classes),
      strides_(options.strides),
      train_cfg_(anchor_train_cfg_from(options.train_cfg, "YOLOXHead", {}, Sampling::Never, context)) {
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

std::vector<kernels::Candidates> YOLOXHead::decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) {
  const nn::Features class_scores = on_cpu(outputs.at(0)), boxes = on_cpu(outputs.at(1)), objectness = on_cpu(outputs.at(2));
  const std::vector<ImageSize> sizes = featmap_sizes(class_scores);
  std::vector<kernels::Candidates> images(metas.size());
  for (std::size_t image = 0; image < metas.size(); ++image) {
    const auto row = static_cast<std::int64_t>(image);
    for (std::size_t level = 0; level < sizes.size(); ++level) {
      const auto stride = static_cast<float>(strides_[level]);
      decode_yolox({.class_scores = values_of(class_scores[level][row]),
                    .boxes = values_of(boxes[level][row]),
                    .objectness = values_of(objectness[level][row]),
                    .height = sizes[level].height,
                    .width = sizes[level].width,
                    .stride_x_px = stride,
                    .stride_y_px = stride},
                   num_classes_, test_cfg().score_thr, images[image]);
    }
  }
  return images;
}

std::vector<Detections> YOLOXHead::predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) {
  std::vector<Detections> results;
  // max_per_img says nothing here, as in the reference.
  for (const kernels::Candidates& image : candidates(outputs, metas, rescale)) {
    results.push_back(select_detections(image, test_cfg().nms));
  }
  return results;
}

YOLOXHead::ImageTargets YOLOXHead::image_targets(const torch::Tensor& cells, const torch::Tensor& scores, const torch::Tensor& boxes,
                                                 const torch::Tensor& gt_bboxes, const torch::Tensor& gt_labels) const {
  const torch::NoGradGuard no_grad;
  ImageTargets targets{torch::zeros({cells.size(0)}, cells.options().dtype(torch::kBool)),
                       torch::zeros({0, num_classes_}, scores.options()), torch::zeros({0, 4}, boxes.options())};
  if (gt_labels.size(0) == 0) return targets;
  AssignInput input;
  // Cells are assigned by their middles, and learn relative to their corners.
  const torch::Tensor strides = cells.slice(1, 2, 4);
  input.priors = torch::cat({cells.slice(1, 0, 2) + strides * 0.5, strides}, 1);
  input.cls_scores = scores;
  input.decoded_bboxes = boxes;
  input.gt_bboxes = gt_bboxes;
  input.gt_labels = gt_labels;
  const AssignResult assigned = train_cfg_->assigner->assign(input);
  const SamplingResult sampled = train_cfg_->sampler->sample(assigned, cells, gt_bboxes, gt_labels);
  const torch::Tensor& positive = sampled.pos_inds;
  targets.foreground.index_fill_(0, positive, true);
  const torch::Tensor labels = gt_labels.index({sampled.pos_assigned_gt_inds});
  targets.cls_targets = torch::one_hot(labels, num_classes_) * assigned.max_overlaps.index({positive}).unsqueeze(-1);
  targets.bbox_targets = sampled.pos_gt_bboxes;
  return targets;
}

Losses YOLOXHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  if (!train_cfg_) throw missing_train_cfg("YOLOXHead");
  const auto flat = [&](std::size_t kind, std::int64_t values) { return by_anchor(outputs.at(kind), values); };
  const torch::Tensor class_scores = flat(0, num_classes_), codes = flat(1, 4), objectness = flat(2, 1);
  std::vector<torch::Tensor> levels;
  const std::vector<ImageSize> sizes = featmap_sizes(outputs.at(0));
  for (std::size_t level = 0; level < sizes.size(); ++level) {
    const torch::Tensor corners = grid_points(sizes[level], {strides_[level], strides_[level]}, 0, codes.options());
    levels.push_back(torch::cat({corners, torch::full_like(corners, strides_[level])}, 1));
  }
  const torch::Tensor cells = torch::cat(levels), corners = cells.slice(1, 0, 2), strides = cells.slice(1, 2, 4);
  const torch::Tensor centers = codes.slice(-1, 0, 2) * strides + corners;
  const torch::Tensor half_sizes = codes.slice(-1, 2, 4).exp() * strides / 2;
  const torch::Tensor boxes = torch::cat({centers - half_sizes, centers + half_sizes}, -1);
  const torch::Tensor scores = class_scores.detach().sigmoid() * objectness.detach().sigmoid();
  std::vector<torch::Tensor> foregrounds, cls_targets, bbox_targets;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const auto row = static_cast<std::int64_t>(image);
    ImageTargets of_image = image_targets(cells, scores[row], boxes[row].detach(), targets.gt_bboxes[image], targets.gt_labels[image]);
    foregrounds.push_back(std::move(of_image.foreground));
    cls_targets.push_back(std::move(of_image.cls_targets));
    bbox_targets.push_back(std::move(of_image.bbox_targets));
  }
  const torch::Tensor foreground = torch::stack(foregrounds), wanted = torch::cat(bbox_targets);
  const double samples = std::max(static_cast<double>(wanted.size(0)), 1.0);
  Losses losses;
  losses.set("loss_cls", loss_cls_->forward(class_scores.index({foreground}), torch::cat(cls_targets)) / samples);
  losses.set("loss_bbox", loss_bbox_->forward(boxes.index({foreground}), wanted) / samples);
  losses.set("loss_obj", loss_obj_->forward(objectness.view({-1, 1}), foreground.view({-1, 1}).to(objectness.dtype())) / samples);
  if (use_l1_) {
    const torch::Tensor own = cells.expand({foreground.size(0), cells.size(0), 4}).index({foreground});
    const torch::Tensor box = bbox_xyxy_to_cxcywh(wanted);
    const torch::Tensor l1_targets = torch::cat(
        {(box.slice(1, 0, 2) - own.slice(1, 0, 2)) / own.slice(1, 2, 4), torch::log(box.slice(1, 2, 4) / own.slice(1, 2, 4) + 1e-8)}, 1);
    losses.set("loss_l1", loss_l1_->forward(codes.index({foreground}), l1_targets) / samples);
  }
  return losses;
}

DETFORGE_REGISTER(heads, YOLOXHead,
                  {.name = "YOLOXHead",
                   .python = "mmdet.models.dense_heads.yolox_head.YOLOXHead",
                   .meaning = "one prediction per cell, classes apart from boxes and objectness",
                   .since = Reference::V2_27});

}  // namespace detforge
