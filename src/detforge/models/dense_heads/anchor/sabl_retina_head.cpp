#include <algorithm>
#include <limits>

#include "detforge/boxes/coders/bucketing_bbox_coder.h"
#include "detforge/models/dense_heads/anchor/anchor_based_head.h"
#include "detforge/models/dense_heads/anchor/approx_anchors.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"
#include "detforge/models/losses/loss.h"

namespace detforge {

/// RetinaNet's towers with side-aware boundaries (SABL, arXiv 1912.04260): each side of a box lies in one of some buckets.
/// Outputs are class scores per level, then for each level the buckets' scores and their offsets, S = 4 · buckets of a side.
class SABLRetinaHead : public DenseBoxHead {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::int64_t in_channels = 0;
    std::int64_t stacked_convs = 4;
    std::int64_t feat_channels = 256;
    ConfigDict approx_anchor_generator = {{"type", "AnchorGenerator"},
                                          {"octave_base_scale", 4},
                                          {"scales_per_octave", 3},
                                          {"ratios", Value::list({0.5, 1.0, 2.0})},
                                          {"strides", Value::list({8, 16, 32, 64, 128})}};
    ConfigDict square_anchor_generator = {{"type", "AnchorGenerator"},
                                          {"ratios", Value::list({1.0})},
                                          {"scales", Value::list({4})},
                                          {"strides", Value::list({8, 16, 32, 64, 128})}};
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    ConfigDict bbox_coder = {{"type", "BucketingBBoxCoder"}, {"num_buckets", 14}, {"scale_factor", 3.0}};
    bool reg_decoded_bbox = false;
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    ConfigDict loss_cls = {{"type", "FocalLoss"}, {"use_sigmoid", true}, {"gamma", 2.0}, {"alpha", 0.25}, {"loss_weight", 1.0}};
    ConfigDict loss_bbox_cls = {{"type", "CrossEntropyLoss"}, {"use_sigmoid", true}, {"loss_weight", 1.5}};
    ConfigDict loss_bbox_reg = {{"type", "SmoothL1Loss"}, {"beta", 1.0 / 9.0}, {"loss_weight", 1.5}};
    std::optional<Value> init_cfg =
        Value::dict({{"type", "Normal"},
                     {"layer", "Conv2d"},
                     {"std", 0.01},
                     {"override", Value::dict({{"type", "Normal"}, {"name", "retina_cls"}, {"std", 0.01}, {"bias_prob", 0.01}})}});
  };
  static Arguments<Options> arguments();

  SABLRetinaHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 protected:
  HeadOutputs compute(const nn::Features& features) override;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override;

 private:
  /// The targets of one image, for all S squares; columns are buckets.
  struct ImageTargets {
    torch::Tensor labels, label_weights, bbox_labels, bbox_label_weights, offsets, offset_weights;
    std::int64_t num_pos = 0, num_neg = 0;
  };
  ImageTargets image_targets(const ApproxAnchors::Grid& grid, const torch::Tensor& inside, const Targets& targets, std::size_t image) const;
  std::int64_t cls_out_channels() const { return use_sigmoid_cls_ ? options_.num_classes : options_.num_classes + 1; }
  std::int64_t buckets() const { return 4 * bbox_coder_->side_num(); }

  Options options_;
  ApproxAnchors anchors_;
  bool use_sigmoid_cls_;
  std::shared_ptr<BucketingBBoxCoder> bbox_coder_;
  std::optional<AnchorTrainCfg> train_cfg_;
  std::shared_ptr<Loss> loss_cls_;
  std::shared_ptr<Loss> loss_bbox_cls_;
  std::shared_ptr<Loss> loss_bbox_reg_;
  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<StackedConvs> cls_convs_;
  std::shared_ptr<StackedConvs> reg_convs_;
  std::shared_ptr<nn::Conv2d> retina_cls_;
  std::shared_ptr<nn::Conv2d> retina_bbox_reg_;
  std::shared_ptr<nn::Conv2d> retina_bbox_cls_;
};

Arguments<SABLRetinaHead::Options> SABLRetinaHead::arguments() {
  return {arg(&Options::num_classes, "num_classes", required, "number of classes, the background not counted").at_least(1),
          arg(&Options::in_channels, "in_channels", required, "channels of every input level").at_least(1),
          arg(&Options::stacked_convs, "stacked_convs", "convolutions of each tower").at_least(0),
          arg(&Options::feat_channels, "feat_channels", "channels of the towers").at_least(1),
          arg(&Options::approx_anchor_generator, "approx_anchor_generator", "shapes that say which objects a place belongs to")
              .built_by("ANCHOR_GENERATORS"),
          arg(&Options::square_anchor_generator, "square_anchor_generator", "what buckets are relative to").built_by("ANCHOR_GENERATORS"),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none"),
          arg(&Options::bbox_coder, "bbox_coder", "the buckets").built_by("BBOX_CODERS"),
          arg(&Options::reg_decoded_bbox, "reg_decoded_bbox", "has no meaning here"),
          arg(&Options::train_cfg, "train_cfg", "what training needs; the model's own is put here"),
          arg(&Options::test_cfg, "test_cfg", "which detections are kept; the model's own is put here"),
          arg(&Options::loss_cls, "loss_cls", "loss of the classes").built_by("LOSSES"),
          arg(&Options::loss_bbox_cls, "loss_bbox_cls", "loss of the buckets").built_by("LOSSES"),
          arg(&Options::loss_bbox_reg, "loss_bbox_reg", "loss of the offsets within buckets").built_by("LOSSES"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

SABLRetinaHead::SABLRetinaHead(const Options& options, const BuildContext& context)
    : DenseBoxHead("SABLRetinaHead", options.test_cfg, context),
      options_(options),
      anchors_(options.approx_anchor_generator, options.square_anchor_generator, context),
      use_sigmoid_cls_(uses_sigmoid(options.loss_cls)),
      bbox_coder_(std::dynamic_pointer_cast<BucketingBBoxCoder>(bbox_coders().build(options.bbox_coder, context.child("bbox_coder")))),
      train_cfg_(anchor_train_cfg_from(options.train_cfg, "SABLRetinaHead",
                                       options.loss_cls.contains("type") ? options.loss_cls["type"].as_string() : "", Sampling::ByLoss,
                                       context)) {
  if (!bbox_coder_) throw ArgumentError("bbox_coder", "must be a BucketingBBoxCoder");
  const auto add_loss = [&](const char* key, const ConfigDict& config) {
    return register_module(key, build_loss(config, context.child(key)));
  };
  const auto tower = [&] {
    return detforge::stacked_convs(options.stacked_convs, options.in_channels, options.feat_channels, options.conv_cfg, options.norm_cfg,
                                   context);
  };
  loss_cls_ = add_loss("loss_cls", options.loss_cls);
  loss_bbox_cls_ = add_loss("loss_bbox_cls", options.loss_bbox_cls);
  loss_bbox_reg_ = add_loss("loss_bbox_reg", options.loss_bbox_reg);
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  cls_convs_ = register_module("cls_convs", tower());
  reg_convs_ = register_module("reg_convs", tower());
  retina_cls_ = register_module("retina_cls", prediction_conv(options.feat_channels, cls_out_channels(), context));
  retina_bbox_reg_ = register_module("retina_bbox_reg", prediction_conv(options.feat_channels, buckets(), context));
  retina_bbox_cls_ = register_module("retina_bbox_cls", prediction_conv(options.feat_channels, buckets(), context));
  show_init_cfg(context, options.init_cfg);
}

HeadOutputs SABLRetinaHead::compute(const nn::Features& features) {
  nn::Features cls_scores, buckets_of_levels;
  for (const torch::Tensor& feature : features) {
    const torch::Tensor reg_feat = apply_all(*reg_convs_, feature);
    cls_scores.push_back(retina_cls_->forward(apply_all(*cls_convs_, feature)));
    buckets_of_levels.push_back(retina_bbox_cls_->forward(reg_feat));
    buckets_of_levels.push_back(retina_bbox_reg_->forward(reg_feat));
  }
  return {cls_scores, buckets_of_levels};
}

SABLRetinaHead::ImageTargets SABLRetinaHead::image_targets(const ApproxAnchors::Grid& grid, const torch::Tensor& inside,
                                                           const Targets& targets, std::size_t image) const {
  const torch::NoGradGuard no_grad;
  const std::int64_t count = grid.squares.size(0);
  const auto zeros = [&](std::vector<std::int64_t> shape) { return torch::zeros(shape, grid.squares.options()); };
  ImageTargets result{.labels = torch::full({count}, options_.num_classes, grid.squares.options().dtype(torch::kLong)),
                      .label_weights = zeros({count}),
                      .bbox_labels = zeros({count, buckets()}),
                      .bbox_label_weights = zeros({count, buckets()}),
                      .offsets = zeros({count, buckets()}),
                      .offset_weights = zeros({count, buckets()})};
  if (!inside.any().item<bool>()) return result;
  const SamplingResult sampled =
      anchors_.sample(grid, inside, *train_cfg_->assigner, *train_cfg_->sampler, targets.gt_bboxes[image], targets.ignored(image));
  const torch::Tensor places = inside.nonzero().squeeze(1), positive = places.index({sampled.pos_inds});
  if (positive.numel() > 0) {
    const BucketingBBoxCoder::Targets codes = bbox_coder_->encode_buckets(sampled.pos_bboxes, sampled.pos_gt_bboxes);
    result.bbox_labels.index_put_({positive}, codes.labels);
    result.bbox_label_weights.index_put_({positive}, codes.label_weights);
    result.offsets.index_put_({positive}, codes.offsets);
    result.offset_weights.index_put_({positive}, codes.offset_weights);
    result.labels.index_put_({positive}, targets.gt_labels[image].index({sampled.pos_assigned_gt_inds}));
    result.label_weights.index_fill_(0, positive, train_cfg_->pos_weight > 0 ? train_cfg_->pos_weight : 1);
  }
  result.label_weights.index_fill_(0, places.index({sampled.neg_inds}), 1);
  result.num_pos = sampled.pos_inds.numel();
  result.num_neg = sampled.neg_inds.numel();
  return result;
}

Losses SABLRetinaHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  if (!train_cfg_) throw missing_train_cfg(python_name());
  const ApproxAnchors::Grid grid = anchors_.grid(outputs.at(0));
  std::vector<ImageTargets> images;
  std::int64_t num_pos = 0, num_neg = 0;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const torch::Tensor inside = anchors_.inside_flags(grid, outputs[0], targets.metas[image], train_cfg_->allowed_border);
    images.push_back(image_targets(grid, inside, targets, image));
    num_pos += std::max<std::int64_t>(images.back().num_pos, 1);
    num_neg += std::max<std::int64_t>(images.back().num_neg, 1);
  }
  const std::vector<std::int64_t> sizes = level_sizes(grid.levels);
  const auto levels = [&](torch::Tensor ImageTargets::*member) {
    std::vector<torch::Tensor> all;
    for (const ImageTargets& image : images) all.push_back(image.*member);
    return images_to_levels(all, sizes);
  };
  const auto labels = levels(&ImageTargets::labels), label_weights = levels(&ImageTargets::label_weights);
  const auto bbox_labels = levels(&ImageTargets::bbox_labels), bbox_label_weights = levels(&ImageTargets::bbox_label_weights);
  const auto offsets = levels(&ImageTargets::offsets), offset_weights = levels(&ImageTargets::offset_weights);
  const auto samples = static_cast<double>(num_pos + (train_cfg_->sampling ? num_neg : 0));
  std::vector<torch::Tensor> losses_cls, losses_bbox_cls, losses_bbox_reg;
  for (std::size_t level = 0; level < sizes.size(); ++level) {
    LossCall call;
    call.weight = label_weights[level].flatten();
    call.avg_factor = samples;
    losses_cls.push_back(loss_cls_->forward(by_anchor(outputs[0][level], cls_out_channels()).flatten(0, 1), labels[level].flatten(), call));
    call.weight = bbox_label_weights[level].flatten(0, 1);
    call.avg_factor = samples * static_cast<double>(buckets());
    losses_bbox_cls.push_back(loss_bbox_cls_->forward(by_anchor(outputs.at(1)[2 * level], buckets()).flatten(0, 1),
                                                      bbox_labels[level].flatten(0, 1).to(torch::kLong), call));
    call.weight = offset_weights[level].flatten(0, 1);
    call.avg_factor = samples * 4 * static_cast<double>(bbox_coder_->options().offset_topk);
    losses_bbox_reg.push_back(
        loss_bbox_reg_->forward(by_anchor(outputs[1][2 * level + 1], buckets()).flatten(0, 1), offsets[level].flatten(0, 1), call));
  }
  Losses losses;
  losses.set("loss_cls", std::move(losses_cls));
  losses.set("loss_bbox_cls", std::move(losses_bbox_cls));
  losses.set("loss_bbox_reg", std::move(losses_bbox_reg));
  return losses;
}

/// Scores count times how sure the buckets are; in v2.8 the threshold holds for the product.
std::vector<kernels::Candidates> SABLRetinaHead::decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) {
  nn::Features predictions;
  for (std::size_t level = 0; level < outputs.at(0).size(); ++level) {
    predictions.push_back(torch::cat({outputs.at(1)[2 * level], outputs[1][2 * level + 1]}, 1));
  }
  const LevelOutputs levels{.cls_scores = outputs[0], .bbox_preds = predictions, .channels = cls_out_channels()};
  const std::vector<torch::Tensor> squares = anchors_.squares().grid_priors(featmap_sizes(outputs[0]), torch::kFloat);
  kernels::SelectionOptions options = selection(use_sigmoid_cls_ ? kernels::ScoreActivation::Sigmoid : kernels::ScoreActivation::Softmax);
  const bool v2_8 = reference() == Reference::V2_8;
  if (v2_8) options.score_thr = -std::numeric_limits<double>::infinity();
  std::vector<kernels::Candidates> images;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    CoderCall call;
    call.max_shape = metas[image].img_shape;
    std::vector<float> confidences;
    const kernels::Candidates all =
        decode_levels(levels, image, options, [&](std::size_t level, const torch::Tensor& priors, const torch::Tensor& said) {
          const auto [boxes, confidence] = bbox_coder_->decode_buckets(squares[level].index_select(0, priors), said.slice(1, 0, buckets()),
                                                                       said.slice(1, buckets()), call);
          const torch::Tensor readable = confidence.contiguous();
          confidences.insert(confidences.end(), values_of(readable).begin(), values_of(readable).end());
          return boxes;
        });
    kernels::Candidates sure;
    for (std::size_t i = 0; i < all.boxes.size(); ++i) {
      const float score = all.scores[i] * confidences[i];
      if (!v2_8 || score > static_cast<float>(test_cfg().score_thr)) sure.add(all.boxes[i], score, all.labels[i]);
    }
    images.push_back(std::move(sure));
  }
  return images;
}

DETFORGE_REGISTER(heads, SABLRetinaHead,
                  {.name = "SABLRetinaHead",
                   .python = "mmdet.models.dense_heads.sabl_retina_head.SABLRetinaHead",
                   .meaning = "RetinaNet's towers with side-aware boundaries"});

}  // namespace detforge
