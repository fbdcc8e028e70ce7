#include "detforge/models/roi_heads/bbox_heads/bbox_head.h"

#include <algorithm>

#include "detforge/models/losses/accuracy.h"
#include "detforge/models/losses/custom_classifier.h"
#include "detforge/nn/layers/linear_layers.h"

namespace detforge {

/// PyTorch's `AvgPool2d` over the whole window of a region, of any height and width.
class BBoxHead::AvgPool : public nn::Layer {
 public:
  explicit AvgPool(nn::Pair size) : Layer("AvgPool2d"), size_(size) {}
  std::string extra_repr() const override { return "kernel_size=" + size_.text() + ", stride=" + size_.text() + ", padding=0"; }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return torch::avg_pool2d(input, size_.array()); }

 private:
  nn::Pair size_;
};

Arguments<BBoxHead::Options> BBoxHead::arguments() {
  return {arg(&Options::with_avg_pool, "with_avg_pool", "average the features of a region first"),
          arg(&Options::with_cls, "with_cls", "predict classes"),
          arg(&Options::with_reg, "with_reg", "predict boxes"),
          arg(&Options::roi_feat_size, "roi_feat_size", "height and width of the features"),
          arg(&Options::in_channels, "in_channels", "channels of the features").at_least(1),
          arg(&Options::num_classes, "num_classes", "number of classes, the background not counted").at_least(1),
          arg(&Options::bbox_coder, "bbox_coder", "what is predicted instead of boxes").built_by("BBOX_CODERS"),
          arg(&Options::reg_class_agnostic, "reg_class_agnostic", "one box for all classes"),
          arg(&Options::reg_decoded_bbox, "reg_decoded_bbox", "the box loss compares boxes, not what is predicted instead"),
          arg(&Options::reg_predictor_cfg, "reg_predictor_cfg", "linear layer of the boxes").built_by("LINEAR_LAYERS").since_v2_27(),
          arg(&Options::cls_predictor_cfg, "cls_predictor_cfg", "linear layer of the classes").built_by("LINEAR_LAYERS").since_v2_27(),
          arg(&Options::loss_cls, "loss_cls", "loss of the classes").built_by("LOSSES"),
          arg(&Options::loss_bbox, "loss_bbox", "loss of the boxes").built_by("LOSSES"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

BBoxHead::BBoxHead(const Options& options, const BuildContext& context)
    : BBoxHead("BBoxHead", options,
               {options.in_channels * (options.with_avg_pool ? 1 : options.roi_feat_area()),
                options.in_channels * (options.with_avg_pool ? 1 : options.roi_feat_area())},
               context) {
  show_init_cfg(context, options.init_cfg ? options.init_cfg : default_init_cfg(options));
}

BBoxHead::BBoxHead(std::string python_name, const Options& options, const PredictorInputs& inputs, const BuildContext& context)
    : RoIBBoxHead(std::move(python_name), options.num_classes), options_(options) {
  if (!options.with_cls && !options.with_reg) throw ArgumentError("with_reg", "must be True where with_cls is not");
  bbox_coder_ = bbox_coders().build(options.bbox_coder, context.child("bbox_coder"));
  loss_cls_ = register_module("loss_cls", build_loss(options.loss_cls, context.child("loss_cls")));
  loss_bbox_ = register_module("loss_bbox", build_loss(options.loss_bbox, context.child("loss_bbox")));
  if (options.with_avg_pool) avg_pool_ = register_module("avg_pool", std::make_shared<AvgPool>(options.roi_feat_size));
  if (options.with_cls) {
    const auto* custom = dynamic_cast<const CustomClassifier*>(loss_cls_.get());
    const std::int64_t channels = custom != nullptr ? custom->cls_channels(options.num_classes) : options.num_classes + 1;
    fc_cls_ = register_module("fc_cls",
                              nn::build_linear_layer(options.cls_predictor_cfg, inputs.cls, channels, context.child("cls_predictor_cfg")));
  }
  if (options.with_reg) {
    const std::int64_t channels = options.reg_class_agnostic ? 4 : 4 * options.num_classes;
    fc_reg_ = register_module("fc_reg",
                              nn::build_linear_layer(options.reg_predictor_cfg, inputs.reg, channels, context.child("reg_predictor_cfg")));
  }
}

Value BBoxHead::default_init_cfg(const Options& options) {
  const auto normal = [](double std, const char* name) {
    return Value::dict({{"type", "Normal"}, {"std", std}, {"override", Value::dict({{"name", name}})}});
  };
  Value all = Value::list();
  if (options.with_cls) all.push_back(normal(0.01, "fc_cls"));
  if (options.with_reg) all.push_back(normal(0.001, "fc_reg"));
  return all;
}

torch::Tensor BBoxHead::flattened(const torch::Tensor& feats) const { return (avg_pool_ ? avg_pool_->forward(feats) : feats).flatten(1); }

BBoxOutputs BBoxHead::predict(const torch::Tensor& cls_input, const torch::Tensor& reg_input) {
  BBoxOutputs outputs;
  if (fc_cls_) outputs.cls_score = fc_cls_->forward(cls_input);
  if (fc_reg_) outputs.bbox_pred = {fc_reg_->forward(reg_input)};
  return outputs;
}

BBoxOutputs BBoxHead::compute(const torch::Tensor& roi_feats, const torch::Tensor&) {
  const torch::Tensor input = flattened(roi_feats);
  return predict(input, input);
}

BBoxTargets BBoxHead::get_targets(std::span<const SamplingResult> samples, double pos_weight) const {
  std::vector<torch::Tensor> labels, label_weights, bbox_targets, bbox_weights;
  for (const SamplingResult& sample : samples) {
    const torch::Tensor& positive = sample.pos_bboxes;
    const std::int64_t num_pos = positive.size(0), num_neg = sample.neg_bboxes.size(0);
    const auto options = positive.options();
    labels.push_back(sample.pos_gt_labels);
    labels.push_back(torch::full({num_neg}, num_classes(), options.dtype(torch::kLong)));
    label_weights.push_back(torch::full({num_pos}, pos_weight > 0 ? pos_weight : 1.0, options));
    label_weights.push_back(torch::ones({num_neg}, options));
    bbox_targets.push_back(options_.reg_decoded_bbox ? sample.pos_gt_bboxes : bbox_coder_->encode(positive, sample.pos_gt_bboxes));
    bbox_targets.push_back(torch::zeros({num_neg, 4}, options));
    bbox_weights.push_back(torch::ones({num_pos, 4}, options));
    bbox_weights.push_back(torch::zeros({num_neg, 4}, options));
  }
  return {torch::cat(labels), torch::cat(label_weights), {torch::cat(bbox_targets)}, {torch::cat(bbox_weights)}};
}

Losses BBoxHead::loss(const BBoxOutputs& outputs, const torch::Tensor& rois, const BBoxTargets& targets) {
  Losses losses;
  const torch::Tensor& labels = targets.labels;
  if (outputs.cls_score.defined() && outputs.cls_score.numel() > 0) {
    LossCall call;
    call.weight = targets.label_weights;
    call.avg_factor = std::max(static_cast<double>((targets.label_weights > 0).sum().item<std::int64_t>()), 1.0);
    if (auto* custom = dynamic_cast<CustomClassifier*>(loss_cls_.get())) {
      losses.update(custom->losses_of(outputs.cls_score, labels, call));
      losses.update(custom->accuracies(outputs.cls_score, labels));
    } else {
      losses.set("loss_cls", loss_cls_->forward(outputs.cls_score, labels, call));
      losses.set("acc", accuracy(outputs.cls_score, labels));
    }
  }
  if (outputs.bbox_pred.empty()) return losses;
  const torch::Tensor& bbox_pred = outputs.bbox_pred.front();
  const torch::Tensor positive = ((labels >= 0) & (labels < num_classes())).nonzero().squeeze(1);
  if (positive.size(0) == 0) {
    // In the graph still, so that every parameter has a gradient.
    losses.set("loss_bbox", bbox_pred.index_select(0, positive).sum());
    return losses;
  }
  torch::Tensor predicted = predictions_of_class(bbox_pred, positive, labels.index_select(0, positive));
  if (options_.reg_decoded_bbox) predicted = bbox_coder_->decode(rois.index_select(0, positive).slice(1, 1), predicted);
  LossCall call;
  call.weight = targets.bbox_weights.front().index_select(0, positive);
  call.avg_factor = static_cast<double>(targets.bbox_targets.front().size(0));
  losses.set("loss_bbox", loss_bbox_->forward(predicted, targets.bbox_targets.front().index_select(0, positive), call));
  return losses;
}

torch::Tensor BBoxHead::predictions_of_class(const torch::Tensor& bbox_pred, const torch::Tensor& positive,
                                             const torch::Tensor& labels) const {
  if (options_.reg_class_agnostic) return bbox_pred.index_select(0, positive);
  return bbox_pred.view({bbox_pred.size(0), num_classes(), 4}).index({positive, labels});
}

torch::Tensor BBoxHead::classification_losses(const torch::Tensor& cls_score, const torch::Tensor& labels, const std::string& loss_key) {
  LossCall call;
  call.reduction = Reduction::None;
  Losses losses;
  if (auto* custom = dynamic_cast<CustomClassifier*>(loss_cls_.get())) {
    losses = custom->losses_of(cls_score, labels, call);
  } else {
    losses.set("loss_cls", loss_cls_->forward(cls_score, labels, call));
  }
  const Losses::Entry* entry = losses.find(loss_key);
  if (entry == nullptr) throw Error(python_name() + " has no loss '" + loss_key + "' of each region alone");
  return entry->values.front();
}

ScoredBoxes BBoxHead::get_bboxes(const torch::Tensor& rois, const BBoxOutputs& outputs, const ImageMeta& meta) const {
  ScoredBoxes found;
  const auto* custom = dynamic_cast<const CustomClassifier*>(loss_cls_.get());
  found.scores = custom != nullptr ? custom->activation(outputs.cls_score) : torch::softmax(outputs.cls_score, -1);
  const torch::Tensor boxes = rois.slice(1, 1);
  CoderCall call;
  call.max_shape = meta.img_shape;
  found.boxes = outputs.bbox_pred.empty() ? boxes : bbox_coder_->decode(boxes, outputs.bbox_pred.front(), call);
  return found;
}

torch::Tensor BBoxHead::regress_by_class(const torch::Tensor& boxes, const torch::Tensor& labels, const BBoxOutputs& outputs,
                                         const ImageMeta& meta) const {
  CoderCall call;
  call.max_shape = meta.img_shape;
  const torch::Tensor all = torch::arange(boxes.size(0), labels.options());
  return bbox_coder_->decode(boxes, predictions_of_class(outputs.bbox_pred.at(0), all, labels), call);
}

torch::Tensor BBoxHead::comparable_scores(const torch::Tensor& cls_score) const {
  const auto* custom = dynamic_cast<const CustomClassifier*>(loss_cls_.get());
  return custom != nullptr ? custom->activation(cls_score) : cls_score;
}

DETFORGE_REGISTER(heads, BBoxHead,
                  {.name = "BBoxHead",
                   .python = "mmdet.models.roi_heads.bbox_heads.bbox_head.BBoxHead",
                   .meaning = "a linear layer for classes and one for boxes"});

}  // namespace detforge
