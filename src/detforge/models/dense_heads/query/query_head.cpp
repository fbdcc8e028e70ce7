#include "detforge/models/dense_heads/query/query_head.h"

#include "detforge/boxes/bbox_transforms.h"
#include "detforge/models/dense_heads/anchor/anchor_train_cfg.h"
#include "detforge/models/dense_heads/parts/test_cfg.h"
#include "detforge/nn/layers/build_layer.h"

namespace detforge {
namespace query_head {

struct TestCfg {
  std::optional<std::int64_t> max_per_img;

  static Arguments<TestCfg> arguments() {
    return {arg(&TestCfg::max_per_img, "max_per_img", "at most so many detections per image; None: as many as there are queries")};
  }
};

/// What the loss does, whether its config says so or leaves it to the default.
bool uses_sigmoid(const ConfigDict& loss_cls) {
  if (const Value* own = loss_cls.find("use_sigmoid")) return own->is_bool() && own->as_bool();
  const Value* type = loss_cls.find("type");
  if (type == nullptr || !type->is_string()) return false;
  for (const auto* entry : losses().find(type->as_string())) {
    for (const ArgumentInfo& argument : entry->arguments()) {
      if (argument.name == "use_sigmoid") return argument.default_value.as_bool();
    }
  }
  return false;
}

/// The weight of each class, the background's last, in the place of one for all of them and one for the background.
Value with_class_weights(const ConfigDict& loss_cls, std::int64_t num_classes, double& bg_cls_weight) {
  Value config = loss_cls;
  const Value class_weight = config.contains("class_weight") ? config["class_weight"] : Value();
  if (class_weight.is_none()) return config;
  const Value background = config.pop("bg_cls_weight", class_weight);
  if (!class_weight.is_float() || !background.is_float()) {
    throw ArgumentError("loss_cls", "must have a float as 'class_weight', of all classes, and as 'bg_cls_weight'");
  }
  bg_cls_weight = background.as_double();
  std::vector<double> weights(static_cast<std::size_t>(num_classes), class_weight.as_double());
  weights.push_back(bg_cls_weight);
  config["class_weight"] = Conversion<std::vector<double>>::to(weights);
  return config;
}

/// Objects are matched by the costs that the losses are.
void check_costs(const QueryHead::Options& options) {
  const Value* assigner = options.train_cfg ? options.train_cfg->find("assigner") : nullptr;
  if (assigner == nullptr || !assigner->is_dict()) return;
  const auto check = [&](const char* name, const ConfigDict& loss, const char* cost) {
    const Value* costs = assigner->find(cost);
    const Value* weight = costs != nullptr && costs->is_dict() ? costs->find("weight") : nullptr;
    const Value* loss_weight = loss.find("loss_weight");
    if (weight == nullptr || loss_weight == nullptr || python_equal(*weight, *loss_weight)) return;
    throw ArgumentError(name, "must have the 'loss_weight' " + repr(*weight) + ", which is the weight of the assigner's " + cost +
                                  ", got " + repr(*loss_weight));
  };
  check("loss_cls", options.loss_cls, "cls_cost");
  check("loss_bbox", options.loss_bbox, "reg_cost");
  check("loss_iou", options.loss_iou, "iou_cost");
}

/// (width, height, width, height) px.
torch::Tensor scale_of(ImageSize size, const torch::TensorOptions& options) {
  const auto width = static_cast<float>(size.width), height = static_cast<float>(size.height);
  return torch::tensor({width, height, width, height}, options.requires_grad(false));
}

}  // namespace query_head

ConfigDict QueryHead::Options::hungarian_train_cfg() {
  const Value assigner = Value::dict({{"type", "HungarianAssigner"},
                                      {"cls_cost", Value::dict({{"type", "ClassificationCost"}, {"weight", 1.0}})},
                                      {"reg_cost", Value::dict({{"type", "BBoxL1Cost"}, {"weight", 5.0}})},
                                      {"iou_cost", Value::dict({{"type", "IoUCost"}, {"iou_mode", "giou"}, {"weight", 2.0}})}});
  return {{"assigner", assigner}};
}

Arguments<QueryHead::Options> QueryHead::arguments() {
  constexpr const char* unread = "means nothing here";
  return {
      arg(&Options::num_classes, "num_classes", required, "number of classes, the background not counted").at_least(1),
      arg(&Options::in_channels, "in_channels", required, "channels of the input").at_least(1),
      arg(&Options::positional_encoding, "positional_encoding", "where pixels are").built_by("POSITIONAL_ENCODING"),
      arg(&Options::loss_cls, "loss_cls", "loss of the classes; class_weight is one number for all of them, bg_cls_weight the background's")
          .built_by("LOSSES"),
      arg(&Options::loss_bbox, "loss_bbox", "loss of the boxes' coordinates").built_by("LOSSES"),
      arg(&Options::loss_iou, "loss_iou", "loss of the boxes' overlaps").built_by("LOSSES"),
      arg(&Options::train_cfg, "train_cfg", "what training needs; the model's own is put here"),
      arg(&Options::test_cfg, "test_cfg", "which detections are kept; the model's own is put here"),
      arg(&Options::feat_channels, "feat_channels", unread),
      arg(&Options::stacked_convs, "stacked_convs", unread),
      arg(&Options::strides, "strides", unread),
      arg(&Options::dcn_on_last_conv, "dcn_on_last_conv", unread),
      arg(&Options::conv_bias, "conv_bias", unread),
      arg(&Options::bbox_coder, "bbox_coder", unread).since_v2_27(),
      arg(&Options::conv_cfg, "conv_cfg", unread),
      arg(&Options::norm_cfg, "norm_cfg", unread)};
}

QueryHead::QueryHead(std::string python_name, const Options& options, const Traits& traits, const BuildContext& context)
    : DenseHead(std::move(python_name)),
      num_classes_(options.num_classes),
      use_sigmoid_(query_head::uses_sigmoid(options.loss_cls)),
      least_avg_factor_(context.reference == Reference::V2_27 ? 1 : 0) {
  if (options.test_cfg) {
    const auto config = options_from("the test_cfg of " + this->python_name(), query_head::TestCfg::arguments(), options.test_cfg->value(),
                                     context.child("test_cfg"));
    detections_ = {.num_classes = num_classes_,
                   .uses_sigmoid = use_sigmoid_,
                   .keeps_every_query = traits.keeps_every_query,
                   .max_count = config.max_per_img};
  }
  const Value loss_cls =
      traits.weighs_background ? query_head::with_class_weights(options.loss_cls, num_classes_, bg_cls_weight_) : options.loss_cls.value();
  query_head::check_costs(options);
  if (auto cfg = anchor_train_cfg_from(options.train_cfg, this->python_name(), {}, Sampling::Never, context)) {
    assigner_ = cfg->assigner;
    sampler_ = cfg->sampler;
  }
  loss_cls_ = register_module("loss_cls", build_loss(loss_cls, context.child("loss_cls")));
  loss_bbox_ = register_module("loss_bbox", build_loss(options.loss_bbox, context.child("loss_bbox")));
  loss_iou_ = register_module("loss_iou", build_loss(options.loss_iou, context.child("loss_iou")));
  activate_ = register_module("activate", nn::build_activation_layer(traits.act_cfg, /*inplace=*/false, context.child("act_cfg")));
  positional_encoding_ = register_module(
      "positional_encoding", nn::positional_encodings().build(options.positional_encoding, context.child("positional_encoding")));
}

void QueryHead::check_embed_dims(std::int64_t embed_dims) const {
  if (positional_encoding_->num_feats() * 2 == embed_dims) return;
  throw ArgumentError("positional_encoding", "must have half of the transformer's embed_dims as num_feats, " + std::to_string(embed_dims) +
                                                 " / 2, got " + std::to_string(positional_encoding_->num_feats()));
}

HeadOutputs QueryHead::forward(const nn::Features& features, std::span<const ImageMeta> metas) {
  const torch::Tensor& first = features.at(0);
  const ImageSize batch = metas.front().batch_input_shape;
  const torch::Tensor outside = torch::ones({first.size(0), 1, batch.height, batch.width}, first.options().requires_grad(false));
  for (std::size_t image = 0; image < metas.size(); ++image) {
    const ImageSize size = metas[image].img_shape;
    outside[static_cast<std::int64_t>(image)].slice(1, 0, size.height).slice(2, 0, size.width).zero_();
  }
  nn::Features masks;
  for (const torch::Tensor& feature : features) {
    masks.push_back(torch::upsample_nearest2d(outside, {feature.size(2), feature.size(3)}).squeeze(1).to(torch::kBool));
  }
  return nn::observed(*this, features, [&] { return compute_masked(features, masks); });
}

HeadOutputs QueryHead::compute(const nn::Features& features) {
  nn::Features masks;
  for (const torch::Tensor& feature : features) {
    masks.push_back(torch::zeros({feature.size(0), feature.size(2), feature.size(3)}, feature.options().dtype(torch::kBool)));
  }
  return compute_masked(features, masks);
}

/// What the queries of one image should have said.
struct QueryHead::ImageTargets {
  torch::Tensor labels;        // [Q], C where there is no object
  torch::Tensor bbox_targets;  // [Q, 4] centre and size, in sizes of the image
  torch::Tensor bbox_weights;  // [Q, 4] 1 where there is an object
  std::int64_t num_pos = 0, num_neg = 0;
};

QueryHead::ImageTargets QueryHead::image_targets(const torch::Tensor& cls_score, const torch::Tensor& bbox_pred,
                                                 const torch::Tensor& gt_labels, const Targets& targets, std::size_t image) const {
  const torch::NoGradGuard no_grad;
  AssignInput input;
  input.cls_scores = cls_score;
  input.decoded_bboxes = bbox_pred;
  input.gt_bboxes = targets.gt_bboxes[image];
  input.gt_labels = gt_labels;
  input.img_shape = targets.metas[image].img_shape;
  const SamplingResult sampled = sampler_->sample(assigner_->assign(input), bbox_pred, input.gt_bboxes);
  ImageTargets wanted{.labels = torch::full({bbox_pred.size(0)}, num_classes_, gt_labels.options()),
                      .bbox_targets = torch::zeros_like(bbox_pred),
                      .bbox_weights = torch::zeros_like(bbox_pred),
                      .num_pos = sampled.pos_inds.numel(),
                      .num_neg = sampled.neg_inds.numel()};
  wanted.labels.index_put_({sampled.pos_inds}, gt_labels.index({sampled.pos_assigned_gt_inds}));
  wanted.bbox_weights.index_fill_(0, sampled.pos_inds, 1);
  const torch::Tensor boxes = sampled.pos_gt_bboxes / query_head::scale_of(input.img_shape, bbox_pred.options());
  wanted.bbox_targets.index_put_({sampled.pos_inds}, bbox_xyxy_to_cxcywh(boxes));
  return wanted;
}

QueryHead::LayerLosses QueryHead::layer_losses(const torch::Tensor& cls_scores, const torch::Tensor& bbox_preds,
                                               const std::vector<torch::Tensor>& gt_labels, const Targets& targets) {
  std::vector<torch::Tensor> labels, bbox_targets, bbox_weights, scales;
  std::int64_t num_pos = 0, num_neg = 0;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const auto row = static_cast<std::int64_t>(image);
    ImageTargets wanted = image_targets(cls_scores[row].detach(), bbox_preds[row].detach(), gt_labels[image], targets, image);
    labels.push_back(std::move(wanted.labels));
    bbox_targets.push_back(std::move(wanted.bbox_targets));
    bbox_weights.push_back(std::move(wanted.bbox_weights));
    scales.push_back(query_head::scale_of(targets.metas[image].img_shape, bbox_preds.options()).expand({bbox_preds.size(1), 4}));
    num_pos += wanted.num_pos;
    num_neg += wanted.num_neg;
  }
  LossCall classes;
  classes.avg_factor = std::max(static_cast<double>(num_pos) + static_cast<double>(num_neg) * bg_cls_weight_, least_avg_factor_);
  classes.weight = torch::ones({cls_scores.size(0) * cls_scores.size(1)}, cls_scores.options().requires_grad(false));
  LossCall boxes;
  boxes.avg_factor = std::max(static_cast<double>(num_pos), 1.0);
  boxes.weight = torch::cat(bbox_weights);
  const torch::Tensor predicted = bbox_preds.reshape({-1, 4}), wanted = torch::cat(bbox_targets), scale = torch::cat(scales);
  return {.cls = loss_cls_->forward(cls_scores.reshape({-1, cls_out_channels()}), torch::cat(labels), classes),
          .bbox = loss_bbox_->forward(predicted, wanted, boxes),
          .iou = loss_iou_->forward(bbox_cxcywh_to_xyxy(predicted) * scale, bbox_cxcywh_to_xyxy(wanted) * scale, boxes)};
}

Losses QueryHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  if (!assigner_) throw missing_train_cfg(python_name());
  for (std::size_t image = 0; image < targets.size(); ++image) {
    if (targets.ignored(image).defined()) {
      throw Error(python_name() + " knows no regions to ignore").help("leave gt_bboxes_ignore out of the training pipeline's Collect");
    }
  }
  const torch::Tensor &cls_scores = outputs.at(0).back(), &bbox_preds = outputs.at(1).back();
  const std::int64_t last = cls_scores.size(0) - 1;
  Losses losses;
  const auto add = [&](const std::string& prefix, std::int64_t layer) {
    const LayerLosses of_layer = layer_losses(cls_scores[layer], bbox_preds[layer], targets.gt_labels, targets);
    losses.set(prefix + "loss_cls", of_layer.cls);
    losses.set(prefix + "loss_bbox", of_layer.bbox);
    losses.set(prefix + "loss_iou", of_layer.iou);
  };
  add("", last);
  for (std::int64_t layer = 0; layer < last; ++layer) add("d" + std::to_string(layer) + ".", layer);
  return losses;
}

Losses QueryHead::forward_train(const nn::Features& features, const Targets& targets) {
  return loss(forward(features, targets.metas), targets);
}

std::vector<Detections> QueryHead::predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) {
  if (!detections_) {
    throw Error("the model has no 'test_cfg', which says what " + python_name() + " keeps of its predictions")
        .help("add it beside 'bbox_head' in the config's model: test_cfg=dict(max_per_img=100)");
  }
  const nn::Features last = on_cpu({outputs.at(0).back()[-1], outputs.at(1).back()[-1]});
  std::vector<Detections> results;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    const auto row = static_cast<std::int64_t>(image);
    results.push_back(
        detections_->run({.cls_scores = values_of(last[0][row]), .bbox_preds = values_of(last[1][row])}, metas[image], rescale));
  }
  return results;
}

std::vector<Detections> QueryHead::simple_test(const nn::Features& features, std::span<const ImageMeta> metas, bool rescale) {
  return predict(forward(features, metas), metas, rescale);
}

}  // namespace detforge
