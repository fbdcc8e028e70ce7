#include <algorithm>

#include "detforge/boxes/coders/bucketing_bbox_coder.h"
#include "detforge/models/losses/accuracy.h"
#include "detforge/models/losses/loss.h"
#include "detforge/models/roi_heads/bbox_heads/roi_bbox_head.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/conv_transpose1d.h"
#include "detforge/nn/layers/linear.h"

namespace detforge {

/// Side-aware boundary localisation (arXiv 1912.04260): a box is found side by side, first the bucket that a side lies in,
/// then the offset within it. [N, C, h, w] → classes [N, num_classes + 1], bucket scores and offsets [N, 4 · side_num].
class SABLHead : public RoIBBoxHead {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::int64_t cls_in_channels = 256;
    std::int64_t reg_in_channels = 256;
    std::int64_t roi_feat_size = 7;
    std::int64_t reg_feat_up_ratio = 2;
    std::int64_t reg_pre_kernel = 3;
    std::int64_t reg_post_kernel = 3;
    std::int64_t reg_pre_num = 2;
    std::int64_t reg_post_num = 1;
    std::int64_t cls_out_channels = 1024;
    std::int64_t reg_offset_out_channels = 256;
    std::int64_t reg_cls_out_channels = 256;
    std::int64_t num_cls_fcs = 1;
    std::int64_t num_reg_fcs = 0;
    bool reg_class_agnostic = true;
    std::optional<ConfigDict> norm_cfg;
    ConfigDict bbox_coder = {{"type", "BucketingBBoxCoder"}, {"num_buckets", 14}, {"scale_factor", 1.7}};
    ConfigDict loss_cls = {{"type", "CrossEntropyLoss"}, {"use_sigmoid", false}, {"loss_weight", 1.0}};
    ConfigDict loss_bbox_cls = {{"type", "CrossEntropyLoss"}, {"use_sigmoid", true}, {"loss_weight", 1.0}};
    ConfigDict loss_bbox_reg = {{"type", "SmoothL1Loss"}, {"beta", 0.1}, {"loss_weight", 1.0}};
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  SABLHead(const Options& options, const BuildContext& context);

  BBoxTargets get_targets(std::span<const SamplingResult> samples, double pos_weight) const override;
  Losses loss(const BBoxOutputs& outputs, const torch::Tensor& rois, const BBoxTargets& targets) override;
  torch::Tensor classification_losses(const torch::Tensor& cls_score, const torch::Tensor& labels, const std::string& loss_key) override;
  BBoxCoder* bbox_coder() const override { return bbox_coder_.get(); }
  ScoredBoxes get_bboxes(const torch::Tensor& rois, const BBoxOutputs& outputs, const ImageMeta& meta) const override;
  torch::Tensor regress_by_class(const torch::Tensor& boxes, const torch::Tensor& labels, const BBoxOutputs& outputs,
                                 const ImageMeta& meta) const override;

 protected:
  BBoxOutputs compute(const torch::Tensor& roi_feats, const torch::Tensor& reg_feats) override;

 private:
  static Value default_init_cfg(const Options& options);
  /// Features [N, buckets, C] along one axis: the map is weighted by an attention and summed over the other.
  torch::Tensor side_features(const torch::Tensor& feats, bool along_x);
  /// What the layers `fcs` and `predictor` say of each bucket, those of the left half and of the right half mirrored:
  /// [N, buckets, C] → [N, 2 · side_num].
  torch::Tensor side_predictions(const torch::Tensor& feats, const nn::ModuleList<>& fcs, nn::Layer& predictor);

  Options options_;
  std::shared_ptr<BucketingBBoxCoder> bbox_coder_;
  std::shared_ptr<Loss> loss_cls_;
  std::shared_ptr<Loss> loss_bbox_cls_;
  std::shared_ptr<Loss> loss_bbox_reg_;
  std::shared_ptr<nn::ModuleList<>> cls_fcs_;
  std::shared_ptr<nn::Layer> upsample_x_;
  std::shared_ptr<nn::Layer> upsample_y_;
  std::shared_ptr<nn::ModuleList<>> reg_pre_convs_;
  std::shared_ptr<nn::ModuleList<>> reg_post_conv_xs_;
  std::shared_ptr<nn::ModuleList<>> reg_post_conv_ys_;
  std::shared_ptr<nn::Layer> reg_conv_att_x_;
  std::shared_ptr<nn::Layer> reg_conv_att_y_;
  std::shared_ptr<nn::Layer> fc_cls_;
  std::shared_ptr<nn::Layer> relu_;
  std::shared_ptr<nn::ModuleList<>> reg_cls_fcs_;
  std::shared_ptr<nn::ModuleList<>> reg_offset_fcs_;
  std::shared_ptr<nn::Layer> fc_reg_cls_;
  std::shared_ptr<nn::Layer> fc_reg_offset_;
};

Arguments<SABLHead::Options> SABLHead::arguments() {
  return {arg(&Options::num_classes, "num_classes", required, "number of classes, the background not counted").at_least(1),
          arg(&Options::cls_in_channels, "cls_in_channels", "channels of the features for classes").at_least(1),
          arg(&Options::reg_in_channels, "reg_in_channels", "channels of the features for boxes").at_least(1),
          arg(&Options::roi_feat_size, "roi_feat_size", "height and width of the features").at_least(1),
          arg(&Options::reg_feat_up_ratio, "reg_feat_up_ratio", "buckets for each place of the features").at_least(2),
          arg(&Options::reg_pre_kernel, "reg_pre_kernel", "kernel of the convolutions before the attention"),
          arg(&Options::reg_post_kernel, "reg_post_kernel", "kernel of the convolutions after it"),
          arg(&Options::reg_pre_num, "reg_pre_num", "convolutions before the attention").at_least(0),
          arg(&Options::reg_post_num, "reg_post_num", "convolutions after it").at_least(0),
          arg(&Options::cls_out_channels, "cls_out_channels", "outputs of the linear layers for classes").at_least(1),
          arg(&Options::reg_offset_out_channels, "reg_offset_out_channels", "outputs of the linear layers for offsets").at_least(1),
          arg(&Options::reg_cls_out_channels, "reg_cls_out_channels", "outputs of the linear layers for buckets").at_least(1),
          arg(&Options::num_cls_fcs, "num_cls_fcs", "linear layers for classes").at_least(0),
          arg(&Options::num_reg_fcs, "num_reg_fcs", "linear layers for boxes").at_least(0),
          arg(&Options::reg_class_agnostic, "reg_class_agnostic", "only True: one box for all classes").one_of({true}),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::bbox_coder, "bbox_coder", "the buckets").built_by("BBOX_CODERS"),
          arg(&Options::loss_cls, "loss_cls", "loss of the classes").built_by("LOSSES"),
          arg(&Options::loss_bbox_cls, "loss_bbox_cls", "loss of the buckets").built_by("LOSSES"),
          arg(&Options::loss_bbox_reg, "loss_bbox_reg", "loss of the offsets").built_by("LOSSES"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

SABLHead::SABLHead(const Options& options, const BuildContext& context) : RoIBBoxHead("SABLHead", options.num_classes), options_(options) {
  bbox_coder_ = std::dynamic_pointer_cast<BucketingBBoxCoder>(bbox_coders().build(options.bbox_coder, context.child("bbox_coder")));
  if (!bbox_coder_) throw ArgumentError("bbox_coder", "must be a BucketingBBoxCoder");
  if (options.roi_feat_size * options.reg_feat_up_ratio != bbox_coder_->options().num_buckets) {
    throw ArgumentError(
        "bbox_coder", "must have roi_feat_size · reg_feat_up_ratio = " + std::to_string(options.roi_feat_size * options.reg_feat_up_ratio) +
                          " buckets, got " + std::to_string(bbox_coder_->options().num_buckets));
  }
  const auto add_loss = [&](const char* name, const ConfigDict& config) {
    return register_module(name, build_loss(config, context.child(name)));
  };
  const auto linear = [&](const char* name, std::int64_t in, std::int64_t out) {
    return register_module(name, std::make_shared<nn::Linear>(nn::Linear::Options{.in_features = in, .out_features = out}));
  };
  const auto fcs = [&](const char* name, std::int64_t count, std::int64_t in, std::int64_t out) {
    auto list = register_module(name, std::make_shared<nn::ModuleList<>>());
    for (std::int64_t i = 0; i < count; ++i) {
      list->append(std::make_shared<nn::Linear>(nn::Linear::Options{.in_features = i == 0 ? in : out, .out_features = out}));
    }
    return list;
  };
  const std::int64_t channels = options.reg_in_channels;
  const auto upsample = [&](const char* name) {
    return register_module(name,
                           std::make_shared<nn::ConvTranspose1d>(nn::ConvTranspose1d::Options{.in_channels = channels,
                                                                                              .out_channels = channels,
                                                                                              .kernel_size = options.reg_feat_up_ratio,
                                                                                              .stride = options.reg_feat_up_ratio}));
  };
  const nn::LayerConfigs norm_and_relu{std::nullopt, options.norm_cfg, ConfigDict{{"type", "ReLU"}}};
  const auto convs = [&](const char* name, std::int64_t count, nn::Pair kernel) {
    auto list = register_module(name, std::make_shared<nn::ModuleList<>>());
    for (std::int64_t i = 0; i < count; ++i) {
      list->append(std::make_shared<nn::ConvModule>(nn::ConvModule::Options{.in_channels = channels,
                                                                            .out_channels = channels,
                                                                            .kernel_size = kernel,
                                                                            .padding = nn::Pair(kernel.height / 2, kernel.width / 2),
                                                                            .layers = norm_and_relu},
                                                    context));
    }
    return list;
  };
  const auto attention = [&](const char* name) {
    nn::Conv2d::Options conv;
    conv.in_channels = channels;
    conv.out_channels = 1;
    return register_module(name, std::make_shared<nn::Conv2d>(conv, context));
  };
  loss_cls_ = add_loss("loss_cls", options.loss_cls);
  loss_bbox_cls_ = add_loss("loss_bbox_cls", options.loss_bbox_cls);
  loss_bbox_reg_ = add_loss("loss_bbox_reg", options.loss_bbox_reg);
  cls_fcs_ = fcs("cls_fcs", options.num_cls_fcs, options.cls_in_channels * options.roi_feat_size * options.roi_feat_size,
                 options.cls_out_channels);
  upsample_x_ = upsample("upsample_x");
  upsample_y_ = upsample("upsample_y");
  reg_pre_convs_ = convs("reg_pre_convs", options.reg_pre_num, options.reg_pre_kernel);
  reg_post_conv_xs_ = convs("reg_post_conv_xs", options.reg_post_num, nn::Pair(1, options.reg_post_kernel));
  reg_post_conv_ys_ = convs("reg_post_conv_ys", options.reg_post_num, nn::Pair(options.reg_post_kernel, 1));
  reg_conv_att_x_ = attention("reg_conv_att_x");
  reg_conv_att_y_ = attention("reg_conv_att_y");
  fc_cls_ = linear("fc_cls", options.cls_out_channels, options.num_classes + 1);
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  reg_cls_fcs_ = fcs("reg_cls_fcs", options.num_reg_fcs, channels, options.reg_cls_out_channels);
  reg_offset_fcs_ = fcs("reg_offset_fcs", options.num_reg_fcs, channels, options.reg_offset_out_channels);
  fc_reg_cls_ = linear("fc_reg_cls", options.reg_cls_out_channels, 1);
  fc_reg_offset_ = linear("fc_reg_offset", options.reg_offset_out_channels, 1);
  show_init_cfg(context, options.init_cfg ? *options.init_cfg : default_init_cfg(options));
}

Value SABLHead::default_init_cfg(const Options&) {
  const auto normal = [](const char* name, double std) { return Value::dict({{"type", "Normal"}, {"name", name}, {"std", std}}); };
  const auto part = [](const char* name) { return Value::dict({{"name", name}}); };
  return Value::list(
      {Value::dict({{"type", "Xavier"},
                    {"layer", "Linear"},
                    {"distribution", "uniform"},
                    {"override", Value::list({normal("reg_conv_att_x", 0.01), normal("reg_conv_att_y", 0.01), normal("fc_reg_cls", 0.01),
                                              normal("fc_cls", 0.01), normal("fc_reg_offset", 0.001)})}}),
       Value::dict(
           {{"type", "Kaiming"}, {"distribution", "normal"}, {"override", Value::list({part("upsample_x"), part("upsample_y")})}})});
}

torch::Tensor SABLHead::side_features(const torch::Tensor& feats, bool along_x) {
  const std::int64_t summed = along_x ? 2 : 3;
  torch::Tensor attention = (along_x ? reg_conv_att_x_ : reg_conv_att_y_)->forward(feats).sigmoid();
  attention = attention / attention.sum(summed, /*keepdim=*/true);
  torch::Tensor sides = (feats * attention).sum(summed, /*keepdim=*/true);
  for (const auto& conv : along_x ? *reg_post_conv_xs_ : *reg_post_conv_ys_) sides = conv->forward(sides);
  sides = relu_->forward((along_x ? upsample_x_ : upsample_y_)->forward(sides.squeeze(summed)));
  return sides.transpose(1, 2).contiguous();
}

torch::Tensor SABLHead::side_predictions(const torch::Tensor& feats, const nn::ModuleList<>& fcs, nn::Layer& predictor) {
  torch::Tensor rows = feats.view({-1, feats.size(2)});
  for (const auto& fc : fcs) rows = relu_->forward(fc->forward(rows));
  const torch::Tensor buckets = predictor.forward(rows).view({feats.size(0), feats.size(1)});
  const std::int64_t count = buckets.size(1);
  return torch::cat({buckets.slice(1, 0, (count + 1) / 2), buckets.slice(1, count / 2).flip(1)}, -1);
}

BBoxOutputs SABLHead::compute(const torch::Tensor& roi_feats, const torch::Tensor&) {
  torch::Tensor reg_feats = roi_feats;
  for (const auto& conv : *reg_pre_convs_) reg_feats = conv->forward(reg_feats);
  const torch::Tensor x = side_features(reg_feats, /*along_x=*/true), y = side_features(reg_feats, /*along_x=*/false);
  const auto predict = [&](const nn::ModuleList<>& fcs, nn::Layer& predictor) {
    return torch::cat({side_predictions(x, fcs, predictor), side_predictions(y, fcs, predictor)}, -1);
  };
  BBoxOutputs outputs;
  outputs.bbox_pred = {predict(*reg_cls_fcs_, *fc_reg_cls_), predict(*reg_offset_fcs_, *fc_reg_offset_)};
  torch::Tensor cls_feats = roi_feats.flatten(1);
  for (const auto& fc : *cls_fcs_) cls_feats = relu_->forward(fc->forward(cls_feats));
  outputs.cls_score = fc_cls_->forward(cls_feats);
  return outputs;
}

BBoxTargets SABLHead::get_targets(std::span<const SamplingResult> samples, double) const {
  std::vector<torch::Tensor> labels, label_weights, bucket_targets, bucket_weights, offset_targets, offset_weights;
  for (const SamplingResult& sample : samples) {
    const std::int64_t num_pos = sample.pos_bboxes.size(0), num_neg = sample.neg_bboxes.size(0);
    const auto options = sample.pos_bboxes.options();
    labels.push_back(sample.pos_gt_labels);
    labels.push_back(torch::full({num_neg}, num_classes(), options.dtype(torch::kLong)));
    label_weights.push_back(torch::ones({num_pos + num_neg}, options));
    const BucketingBBoxCoder::Targets buckets = bbox_coder_->encode_buckets(sample.pos_bboxes, sample.pos_gt_bboxes);
    const torch::Tensor none = torch::zeros({num_neg, 4 * bbox_coder_->side_num()}, options);
    const auto append = [&](std::vector<torch::Tensor>& all, const torch::Tensor& positive) {
      all.push_back(positive);
      all.push_back(none);
    };
    append(bucket_targets, buckets.labels);
    append(bucket_weights, buckets.label_weights);
    append(offset_targets, buckets.offsets);
    append(offset_weights, buckets.offset_weights);
  }
  return {torch::cat(labels),
          torch::cat(label_weights),
          {torch::cat(bucket_targets), torch::cat(offset_targets)},
          {torch::cat(bucket_weights), torch::cat(offset_weights)}};
}

Losses SABLHead::loss(const BBoxOutputs& outputs, const torch::Tensor&, const BBoxTargets& targets) {
  Losses losses;
  LossCall cls_call;
  cls_call.weight = targets.label_weights;
  cls_call.avg_factor = std::max(static_cast<double>((targets.label_weights > 0).sum().item<std::int64_t>()), 1.0);
  losses.set("loss_cls", loss_cls_->forward(outputs.cls_score, targets.labels, cls_call));
  losses.set("acc", accuracy(outputs.cls_score, targets.labels));

  const auto per_side = [&](const torch::Tensor& buckets) { return buckets.view({-1, bbox_coder_->side_num()}); };
  const torch::Tensor bucket_targets = per_side(targets.bbox_targets.at(0)), offset_targets = targets.bbox_targets.at(1);
  LossCall bucket_call;
  bucket_call.weight = per_side(targets.bbox_weights.at(0));
  bucket_call.avg_factor = std::max(static_cast<double>(bucket_targets.size(0)), 1.0);
  losses.set("loss_bbox_cls", loss_bbox_cls_->forward(per_side(outputs.bbox_pred.at(0)), bucket_targets, bucket_call));
  LossCall offset_call;
  offset_call.weight = targets.bbox_weights.at(1);
  offset_call.avg_factor = std::max(static_cast<double>(offset_targets.size(0)), 1.0);
  losses.set("loss_bbox_reg", loss_bbox_reg_->forward(outputs.bbox_pred.at(1), offset_targets, offset_call));
  return losses;
}

torch::Tensor SABLHead::classification_losses(const torch::Tensor& cls_score, const torch::Tensor& labels, const std::string& loss_key) {
  if (loss_key != "loss_cls") throw Error("SABLHead has no loss '" + loss_key + "' of each region alone");
  LossCall call;
  call.reduction = Reduction::None;
  return loss_cls_->forward(cls_score, labels, call);
}

ScoredBoxes SABLHead::get_bboxes(const torch::Tensor& rois, const BBoxOutputs& outputs, const ImageMeta& meta) const {
  CoderCall call;
  call.max_shape = meta.img_shape;
  const auto decoded = bbox_coder_->decode_buckets(rois.slice(1, 1), outputs.bbox_pred.at(0), outputs.bbox_pred.at(1), call);
  return {decoded.boxes, torch::softmax(outputs.cls_score, 1), decoded.confidence};
}

torch::Tensor SABLHead::regress_by_class(const torch::Tensor& boxes, const torch::Tensor&, const BBoxOutputs& outputs,
                                         const ImageMeta& meta) const {
  CoderCall call;
  call.max_shape = meta.img_shape;
  return bbox_coder_->decode_buckets(boxes, outputs.bbox_pred.at(0), outputs.bbox_pred.at(1), call).boxes;
}

DETFORGE_REGISTER(heads, SABLHead,
                  {.name = "SABLHead",
                   .python = "mmdet.models.roi_heads.bbox_heads.sabl_head.SABLHead",
                   .meaning = "boxes side by side, by bucket and offset"});

}  // namespace detforge
