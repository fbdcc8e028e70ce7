#include "detforge/boxes/coders/bbox_coder.h"
#include "detforge/boxes/prior_generators/prior_generator.h"
#include "detforge/kernels/yolov3_decode.h"
#include "detforge/models/dense_heads/anchor/anchor_targets.h"
#include "detforge/models/dense_heads/parts/dense_box_head.h"
#include "detforge/models/losses/loss.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// YOLOv3's head (arXiv 1804.02767), also that of YOLOv4 and of the seed's YOLOv5: levels from coarse to fine,
/// [N, in_channels[i], H_i, W_i] → per level [N, A·(5 + num_classes), H_i, W_i]: x, y, w, h, objectness, classes of each anchor.
///
/// As in v2.8 `score_thr` holds for class score × objectness and `nms_pre` counts; as in v2.27 it holds for the class
/// score alone, and `nms_pre` does not count.
class YOLOV3Head : public DenseBoxHead {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::vector<std::int64_t> in_channels;
    std::vector<std::int64_t> out_channels = {1024, 512, 256};
    ConfigDict anchor_generator;
    ConfigDict bbox_coder = {{"type", "YOLOBBoxCoder"}};
    std::vector<double> featmap_strides = {32, 16, 8};
    double one_hot_smoother = 0;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg = ConfigDict{{"type", "BN"}, {"requires_grad", true}};
    std::optional<ConfigDict> act_cfg = ConfigDict{{"type", "LeakyReLU"}, {"negative_slope", 0.1}};
    ConfigDict loss_cls = cross_entropy();
    ConfigDict loss_conf = cross_entropy();
    ConfigDict loss_xy = cross_entropy();
    ConfigDict loss_wh = {{"type", "MSELoss"}, {"loss_weight", 1.0}};
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<Value> init_cfg = Value::dict({{"type", "Normal"}, {"std", 0.01}, {"override", Value::dict({{"name", "convs_pred"}})}});

    Options();
    static ConfigDict cross_entropy() { return {{"type", "CrossEntropyLoss"}, {"use_sigmoid", true}, {"loss_weight", 1.0}}; }
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::num_classes, "num_classes", required, "number of classes, the background not counted").at_least(1),
            arg(&Options::in_channels, "in_channels", required, "channels of each input level, coarsest first"),
            arg(&Options::out_channels, "out_channels", "channels of each level before the last convolution"),
            arg(&Options::anchor_generator, "anchor_generator", "anchors").built_by("ANCHOR_GENERATORS"),
            arg(&Options::bbox_coder, "bbox_coder", "what is predicted instead of boxes").built_by("BBOX_CODERS"),
            arg(&Options::featmap_strides, "featmap_strides", "stride of each level in px"),
            arg(&Options::one_hot_smoother, "one_hot_smoother", "label smoothing; 0: none"),
            arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
            arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
            arg(&Options::act_cfg, "act_cfg", "activation layer"),
            arg(&Options::loss_cls, "loss_cls", "loss of the classes").built_by("LOSSES"),
            arg(&Options::loss_conf, "loss_conf", "loss of the objectness").built_by("LOSSES"),
            arg(&Options::loss_xy, "loss_xy", "loss of the centres").built_by("LOSSES"),
            arg(&Options::loss_wh, "loss_wh", "loss of the sizes").built_by("LOSSES"),
            arg(&Options::train_cfg, "train_cfg", "what training needs; the model's own is put here"),
            arg(&Options::test_cfg, "test_cfg", "which detections are kept; the model's own is put here"),
            arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
  }

  YOLOV3Head(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 protected:
  HeadOutputs compute(const nn::Features& features) override;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override;

 private:
  /// What the maps of one image should have said, all levels one after the other.
  struct ImageTargets {
    torch::Tensor map;       ///< [B, 5 + num_classes]: x, y, w, h, objectness, classes
    torch::Tensor negative;  ///< [B] 1 where there is no object
  };
  ImageTargets image_targets(const torch::Tensor& anchors, const torch::Tensor& strides, const torch::Tensor& responsible,
                             const torch::Tensor& gt_bboxes, const torch::Tensor& gt_labels) const;

  std::int64_t num_classes_;
  std::vector<double> featmap_strides_;
  double one_hot_smoother_;
  std::optional<AnchorTrainCfg> train_cfg_;
  std::shared_ptr<BBoxCoder> bbox_coder_;
  std::shared_ptr<PriorGenerator> prior_generator_;
  std::shared_ptr<Loss> loss_cls_;
  std::shared_ptr<Loss> loss_conf_;
  std::shared_ptr<Loss> loss_xy_;
  std::shared_ptr<Loss> loss_wh_;
  std::shared_ptr<nn::ModuleList<>> convs_bridge_;
  std::shared_ptr<nn::ModuleList<>> convs_pred_;
};

YOLOV3Head::Options::Options() {
  const auto level = [](std::initializer_list<std::array<int, 2>> sizes) {
    Value all = Value::list();
    for (const auto& size : sizes) all.push_back(Value::tuple({size[0], size[1]}));
    return all;
  };
  anchor_generator = {{"type", "YOLOAnchorGenerator"},
                      {"base_sizes", Value::list({level({{116, 90}, {156, 198}, {373, 326}}), level({{30, 61}, {62, 45}, {59, 119}}),
                                                  level({{10, 13}, {16, 30}, {33, 23}})})},
                      {"strides", Value::list({32, 16, 8})}};
}

YOLOV3Head::YOLOV3Head(const Options& options, const BuildContext& context)
    : DenseBoxHead("YOLOV3Head", options.test_cfg, context),
      num_classes_(options.num_classes),
      featmap_strides_(options.featmap_strides),
      one_hot_smoother_(options.one_hot_smoother),
      train_cfg_(anchor_train_cfg_from(options.train_cfg, "YOLOV3Head", {}, Sampling::AsGiven, context)) {
  const std::size_t levels = options.featmap_strides.size();
  const std::string wrong = "must have as many entries as featmap_strides, " + std::to_string(levels);
  if (options.in_channels.size() != levels) throw ArgumentError("in_channels", wrong);
  if (options.out_channels.size() != levels) throw ArgumentError("out_channels", wrong);
  bbox_coder_ = bbox_coders().build(options.bbox_coder, context.child("bbox_coder"));
  prior_generator_ = anchor_generators().build(options.anchor_generator, context.child("anchor_generator"));
  if (prior_generator_->num_levels() != levels) throw ArgumentError("anchor_generator", "must have as many levels as featmap_strides");
  const auto add_loss = [&](const char* name, const ConfigDict& config) {
    return register_module(name, build_loss(config, context.child(name)));
  };
  loss_cls_ = add_loss("loss_cls", options.loss_cls);
  loss_conf_ = add_loss("loss_conf", options.loss_conf);
  loss_xy_ = add_loss("loss_xy", options.loss_xy);
  loss_wh_ = add_loss("loss_wh", options.loss_wh);
  convs_bridge_ = register_module("convs_bridge", std::make_shared<nn::ModuleList<>>());
  convs_pred_ = register_module("convs_pred", std::make_shared<nn::ModuleList<>>());
  const nn::LayerConfigs layers{options.conv_cfg, options.norm_cfg, options.act_cfg};
  const std::int64_t anchors_per_cell = prior_generator_->num_base_priors().front();
  for (std::size_t i = 0; i < levels; ++i) {
    const nn::ConvModule::Options bridge{
        .in_channels = options.in_channels[i], .out_channels = options.out_channels[i], .kernel_size = 3, .padding = 1, .layers = layers};
    convs_bridge_->append(std::make_shared<nn::ConvModule>(bridge, context));
    nn::Conv2d::Options prediction;
    prediction.in_channels = options.out_channels[i];
    prediction.out_channels = anchors_per_cell * (5 + num_classes_);
    convs_pred_->append(std::make_shared<nn::Conv2d>(prediction, context));
  }
  show_init_cfg(context, options.init_cfg);
}

HeadOutputs YOLOV3Head::compute(const nn::Features& features) {
  if (features.size() != convs_pred_->size()) {
    throw Error("YOLOV3Head has " + std::to_string(convs_pred_->size()) + " levels, but the neck gives " + std::to_string(features.size()));
  }
  nn::Features maps;
  for (std::size_t i = 0; i < features.size(); ++i) maps.push_back((*convs_pred_)[i].forward((*convs_bridge_)[i].forward(features[i])));
  return {maps};
}

YOLOV3Head::ImageTargets YOLOV3Head::image_targets(const torch::Tensor& anchors, const torch::Tensor& strides,
                                                   const torch::Tensor& responsible, const torch::Tensor& gt_bboxes,
                                                   const torch::Tensor& gt_labels) const {
  const torch::NoGradGuard no_grad;
  AssignInput input;
  input.priors = anchors;
  input.gt_bboxes = gt_bboxes;
  input.box_responsible_flags = responsible;
  const SamplingResult sampled = train_cfg_->sampler->sample(train_cfg_->assigner->assign(input), anchors, gt_bboxes);
  const torch::Tensor& positive = sampled.pos_inds;
  ImageTargets targets{torch::zeros({anchors.size(0), 5 + num_classes_}, anchors.options()),
                       torch::zeros({anchors.size(0)}, anchors.options())};
  targets.negative.index_fill_(0, sampled.neg_inds, 1);
  if (positive.numel() == 0) return targets;
  CoderCall call;
  call.strides = strides.index({positive});
  const torch::Tensor codes = bbox_coder_->encode(sampled.pos_bboxes, sampled.pos_gt_bboxes, call);
  torch::Tensor classes = torch::one_hot(gt_labels.index({sampled.pos_assigned_gt_inds}), num_classes_).to(anchors.dtype());
  if (one_hot_smoother_ != 0) classes = classes * (1 - one_hot_smoother_) + one_hot_smoother_ / static_cast<double>(num_classes_);
  targets.map.index_put_({positive}, torch::cat({codes, torch::ones({positive.size(0), 1}, codes.options()), classes}, 1));
  return targets;
}

Losses YOLOV3Head::loss(const HeadOutputs& outputs, const Targets& targets) {
  if (!train_cfg_) throw missing_train_cfg("YOLOV3Head");
  const nn::Features& maps = outputs.at(0);
  const std::vector<ImageSize> sizes = featmap_sizes(maps);
  const std::vector<torch::Tensor> levels = prior_generator_->grid_priors(sizes, maps.front().options().dtype(torch::kFloat));
  std::vector<torch::Tensor> strides, target_maps, negatives;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    strides.push_back(torch::full({levels[level].size(0)}, featmap_strides_[level], levels[level].options()));
  }
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const torch::Tensor responsible = torch::cat(prior_generator_->responsible_flags(sizes, targets.gt_bboxes[image]));
    ImageTargets of_image =
        image_targets(torch::cat(levels), torch::cat(strides), responsible, targets.gt_bboxes[image], targets.gt_labels[image]);
    target_maps.push_back(std::move(of_image.map));
    negatives.push_back(std::move(of_image.negative));
  }
  const auto wanted = images_to_levels(target_maps, level_sizes(levels)), negative = images_to_levels(negatives, level_sizes(levels));
  std::vector<torch::Tensor> losses_cls, losses_conf, losses_xy, losses_wh;
  for (std::size_t level = 0; level < maps.size(); ++level) {
    const torch::Tensor said = by_anchor(maps[level], 5 + num_classes_);
    const auto loss_of = [&](Loss& loss, std::int64_t first, std::int64_t last, const torch::Tensor& weight) {
      LossCall call;
      call.weight = weight;
      return loss.forward(said.slice(-1, first, last), wanted[level].slice(-1, first, last), call);
    };
    const torch::Tensor positive = wanted[level].slice(-1, 4, 5);
    losses_cls.push_back(loss_of(*loss_cls_, 5, 5 + num_classes_, positive));
    losses_conf.push_back(loss_of(*loss_conf_, 4, 5, (positive + negative[level].unsqueeze(-1)).clamp(0, 1)));
    losses_xy.push_back(loss_of(*loss_xy_, 0, 2, positive));
    losses_wh.push_back(loss_of(*loss_wh_, 2, 4, positive));
  }
  Losses losses;
  losses.set("loss_cls", std::move(losses_cls));
  losses.set("loss_conf", std::move(losses_conf));
  losses.set("loss_xy", std::move(losses_xy));
  losses.set("loss_wh", std::move(losses_wh));
  return losses;
}

std::vector<kernels::Candidates> YOLOV3Head::decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) {
  const bool v2_8 = reference() == Reference::V2_8;
  const kernels::Yolov3Thresholds thresholds{.score_thr = test_cfg().score_thr,
                                             .conf_thr = test_cfg().conf_thr,
                                             .nms_pre = v2_8 ? test_cfg().nms_pre : -1,
                                             .score_is_final = v2_8};
  const nn::Features maps = on_cpu(outputs.at(0));
  const std::vector<ImageSize> sizes = featmap_sizes(maps);
  const std::vector<torch::Tensor> priors = prior_generator_->grid_priors(sizes, torch::kFloat);
  std::vector<kernels::Candidates> images(metas.size());
  for (std::size_t image = 0; image < metas.size(); ++image) {
    for (std::size_t level = 0; level < maps.size(); ++level) {
      decode_yolov3({.predictions = values_of(maps[level][static_cast<std::int64_t>(image)]),
                     .anchors = boxes_of(priors[level]),
                     .height = sizes[level].height,
                     .width = sizes[level].width,
                     .stride_px = static_cast<float>(featmap_strides_[level])},
                    num_classes_, thresholds, images[image]);
    }
  }
  return images;
}

DETFORGE_REGISTER(heads, YOLOV3Head,
                  {.name = "YOLOV3Head",
                   .python = "mmdet.models.dense_heads.yolo_head.YOLOV3Head",
                   .meaning = "anchors with objectness and one score per class"});

}  // namespace detforge
