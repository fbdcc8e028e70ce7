#include "detforge/models/dense_heads/yolact/yolact_head.h"

#include "detforge/models/dense_heads/anchor/ssd_head.h"

namespace detforge {

struct YOLACTHead::TestCfg {
  std::int64_t nms_pre = -1;
  double min_bbox_size = 0;
  double score_thr = 0;
  double iou_thr = 0;
  std::int64_t top_k = 0;
  std::int64_t max_per_img = 0;

  static Arguments<TestCfg> arguments() {
    return {arg(&TestCfg::nms_pre, "nms_pre", "at most so many anchors per level"),
            arg(&TestCfg::min_bbox_size, "min_bbox_size", "means nothing here"),
            arg(&TestCfg::score_thr, "score_thr", required, "smallest score of a detection"),
            arg(&TestCfg::iou_thr, "iou_thr", required, "largest overlap with a better detection of the class"),
            arg(&TestCfg::top_k, "top_k", required, "at most so many of each class before suppression").at_least(0),
            arg(&TestCfg::max_per_img, "max_per_img", required, "at most so many detections per image")};
  }
};

YOLACTHead::Options::Options() {
  anchor_generator = {{"type", "AnchorGenerator"},
                      {"octave_base_scale", 3},
                      {"scales_per_octave", 1},
                      {"ratios", Value::list({0.5, 1.0, 2.0})},
                      {"strides", Value::list({8, 16, 32, 64, 128})}};
  loss_cls = {{"type", "CrossEntropyLoss"}, {"use_sigmoid", false}, {"reduction", "none"}, {"loss_weight", 1.0}};
  loss_bbox = {{"type", "SmoothL1Loss"}, {"beta", 1.0}, {"loss_weight", 1.5}};
  init_cfg = Value::dict({{"type", "Xavier"}, {"distribution", "uniform"}, {"bias", 0}, {"layer", "Conv2d"}});
}

Arguments<YOLACTHead::Options> YOLACTHead::arguments() {
  return {AnchorHead::arguments(),
          arg(&Options::num_head_convs, "num_head_convs", "convolutions of the shared tower").at_least(0),
          arg(&Options::num_protos, "num_protos", "mask coefficients of each anchor").at_least(1),
          arg(&Options::use_ohem, "use_ohem", "learn from the worst negatives, as SSD does"),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none")};
}

YOLACTHead::YOLACTHead(const Options& options, const BuildContext& context)
    : AnchorHead("YOLACTHead", without_test_cfg(options), context, options.use_ohem ? Sampling::Never : Sampling::ByVersion),
      use_ohem_(options.use_ohem),
      num_protos_(options.num_protos) {
  if (options.test_cfg) {
    yolact_test_cfg_ = std::make_shared<const TestCfg>(
        options_from("the test_cfg of YOLACTHead", TestCfg::arguments(), options.test_cfg->value(), context.child("test_cfg")));
  }
  const std::int64_t channels = options.num_head_convs > 0 ? options.feat_channels : options.in_channels;
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  head_convs_ = register_module("head_convs", stacked_convs(options.num_head_convs, options.in_channels, options.feat_channels,
                                                            options.conv_cfg, options.norm_cfg, context));
  conv_cls_ = register_module("conv_cls", prediction_conv(channels, num_anchors() * cls_out_channels(), context));
  conv_reg_ = register_module("conv_reg", prediction_conv(channels, num_anchors() * 4, context));
  conv_coeff_ = register_module("conv_coeff", prediction_conv(channels, num_anchors() * num_protos_, context));
}

HeadOutputs YOLACTHead::compute(const nn::Features& features) {
  HeadOutputs outputs(3);
  for (const torch::Tensor& level : features) {
    const torch::Tensor feature = apply_all(*head_convs_, level);
    outputs[0].push_back(conv_cls_->forward(feature));
    outputs[1].push_back(conv_reg_->forward(feature));
    outputs[2].push_back(conv_coeff_->forward(feature).tanh());
  }
  return outputs;
}

YOLACTHead::Learned YOLACTHead::learn(const HeadOutputs& outputs, const Targets& targets) {
  const BatchTargets batch = get_targets(outputs.at(0), targets);
  return {use_ohem_ ? hard_negative_losses(outputs, batch) : loss_by_level(outputs, batch), batch.sampled()};
}

Losses YOLACTHead::hard_negative_losses(const HeadOutputs& outputs, const BatchTargets& targets) {
  const torch::Tensor all_scores = by_anchor(outputs.at(0), cls_out_channels()), all_boxes = by_anchor(outputs.at(1), 4);
  const auto samples = static_cast<double>(targets.num_total_pos);
  std::vector<torch::Tensor> losses_cls, losses_bbox;
  for (std::size_t image = 0; image < targets.images.size(); ++image) {
    const AnchorTargets& wanted = targets.images[image];
    const auto row = static_cast<std::int64_t>(image);
    LossCall call;
    call.weight = wanted.label_weights;
    const torch::Tensor each = loss_cls().forward(all_scores[row], wanted.labels, call);
    const bool has_objects = (wanted.gt_inds >= 0).any().item<bool>();
    const torch::Tensor sum = has_objects ? hard_negative_loss(each, wanted.labels, num_classes(), train_cfg().neg_pos_ratio)
                                          : each.index({wanted.labels == num_classes()}).sum();
    losses_cls.push_back((sum / samples).unsqueeze(0));
    call.weight = wanted.bbox_weights;
    call.avg_factor = samples;
    const torch::Tensor predicted = reg_decoded_bbox() ? bbox_coder().decode(wanted.anchors, all_boxes[row]) : all_boxes[row];
    losses_bbox.push_back(loss_bbox().forward(predicted, wanted.bbox_targets, call));
  }
  Losses losses;
  losses.set("loss_cls", std::move(losses_cls));
  losses.set("loss_bbox", std::move(losses_bbox));
  return losses;
}

std::vector<YOLACTInstances> YOLACTHead::instances(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) const {
  if (!yolact_test_cfg_) throw missing_test_cfg(python_name());
  const TestCfg& cfg = *yolact_test_cfg_;
  const std::vector<torch::Tensor> anchors = prior_generator().grid_priors(featmap_sizes(outputs.at(0)), outputs[0].front().options());
  const postprocess::FastNms nms{.score_thr = cfg.score_thr, .iou_thr = cfg.iou_thr, .top_k = cfg.top_k, .max_num = cfg.max_per_img};
  std::vector<YOLACTInstances> images;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    const auto row = static_cast<std::int64_t>(image);
    CoderCall call;
    call.max_shape = metas[image].img_shape;
    std::vector<torch::Tensor> boxes, scores, coefficients;
    for (std::size_t level = 0; level < anchors.size(); ++level) {
      const torch::Tensor logits = by_anchor(outputs[0][level], cls_out_channels())[row];
      const torch::Tensor score = use_sigmoid_cls() ? torch::constant_pad_nd(logits.sigmoid(), {0, 1}) : logits.softmax(-1);
      const torch::Tensor order = std::get<1>(score.slice(1, 0, num_classes()).amax(1).sort(/*stable=*/true, 0, /*descending=*/true));
      const torch::Tensor chosen =
          cfg.nms_pre > 0 && cfg.nms_pre < order.size(0) ? order.slice(0, 0, cfg.nms_pre) : torch::arange(order.size(0), order.options());
      const torch::Tensor codes = by_anchor(outputs.at(1)[level], 4)[row].index({chosen});
      boxes.push_back(bbox_coder().decode(anchors[level].index({chosen}), codes, call));
      scores.push_back(score.index({chosen}));
      coefficients.push_back(by_anchor(outputs.at(2)[level], num_protos_)[row].index({chosen}));
    }
    torch::Tensor all_boxes = torch::cat(boxes);
    if (rescale) all_boxes = all_boxes / torch::tensor(at::ArrayRef<float>(metas[image].scale_factor), all_boxes.options());
    const nn::Features all = on_cpu({all_boxes, torch::cat(scores), torch::cat(coefficients)});
    const auto places = boxes_of(all[0]);
    postprocess::FastNms::Kept kept = nms.run(places, values_of(all[1]));
    YOLACTInstances& found = images.emplace_back();
    for (const std::size_t box : kept.boxes) {
      found.detections.boxes_xyxy.push_back(places[box]);
      const auto weights = values_of(all[2][static_cast<std::int64_t>(box)]);
      found.coefficients.insert(found.coefficients.end(), weights.begin(), weights.end());
    }
    found.detections.scores = std::move(kept.scores);
    found.detections.labels = std::move(kept.labels);
  }
  return images;
}

std::vector<Detections> YOLACTHead::predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) {
  std::vector<Detections> images;
  for (YOLACTInstances& of_image : instances(outputs, metas, rescale)) images.push_back(std::move(of_image.detections));
  return images;
}

DETFORGE_REGISTER(heads, YOLACTHead,
                  {.name = "YOLACTHead",
                   .python = "mmdet.models.dense_heads.yolact_head.YOLACTHead",
                   .meaning = "anchors with coefficients of masks"});

}  // namespace detforge
