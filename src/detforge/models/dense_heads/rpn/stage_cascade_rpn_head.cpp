#include "detforge/models/dense_heads/rpn/stage_cascade_rpn_head.h"

#include "detforge/models/dense_heads/parts/stacked_convs.h"
#include "detforge/models/dense_heads/rpn/proposals.h"

namespace detforge {
namespace {

std::optional<Value> initialisation(const StageCascadeRPNHead::Options& options) {
  if (options.init_cfg) return options.init_cfg;
  const auto layer = [](const char* name) { return Value::dict({{"name", name}}); };
  std::vector<Value> layers = {layer("rpn_reg")};
  if (options.with_cls) layers.push_back(layer("rpn_cls"));
  return Value::dict({{"type", "Normal"}, {"std", 0.01}, {"override", Value::list(layers)}});
}

AnchorHead::Options anchor_options(const StageCascadeRPNHead::Options& options) {
  AnchorHead::Options all = without_test_cfg(options);
  all.init_cfg = initialisation(options);
  return all;
}

/// The first of the anchor generator's scales.
double anchor_scale(const ConfigDict& anchor_generator) {
  const Value* scales = anchor_generator.find("scales");
  if (scales == nullptr || !scales->is_sequence() || scales->size() == 0) {
    throw ArgumentError("anchor_generator", "must have 'scales', the first of which tells an object's level");
  }
  return (*scales)[std::size_t{0}].as_double();
}

Error stands_alone() { return Error("StageCascadeRPNHead does not stand alone").help("put it into the stages of a CascadeRPNHead"); }

}  // namespace

StageCascadeRPNHead::Options::Options() {
  num_classes = 1;
  init_cfg = std::nullopt;
  anchor_generator = {{"type", "AnchorGenerator"},
                      {"scales", Value::list({8})},
                      {"ratios", Value::list({1.0})},
                      {"strides", Value::list({4, 8, 16, 32, 64})}};
}

Arguments<StageCascadeRPNHead::Options> StageCascadeRPNHead::arguments() {
  return {
      AnchorHead::arguments_without_classes(),
      arg(&Options::adapt_cfg, "adapt_cfg", "the convolution: type 'dilation' with its dilation, or 'offset' for anchors that were moved"),
      arg(&Options::bridged_feature, "bridged_feature", "whether the next stage sees the hidden layer instead of the input"),
      arg(&Options::with_cls, "with_cls", "whether the stage scores its anchors"),
      arg(&Options::sampling, "sampling", "whether the train_cfg's sampler chooses the anchors that count"),
      arg(&Options::num_convs, "num_convs", "has no meaning here").since_v2_27()};
}

StageCascadeRPNHead::StageCascadeRPNHead(const Options& options, const BuildContext& context)
    : AnchorHead("StageCascadeRPNHead", anchor_options(options), context, options.sampling ? Sampling::AsGiven : Sampling::Never),
      bridged_feature_(options.bridged_feature),
      sampling_(options.sampling),
      anchor_scale_(anchor_scale(options.anchor_generator)) {
  if (num_anchors() != 1) throw ArgumentError("anchor_generator", "must give one anchor at each place");
  const Value* assigner = options.train_cfg ? options.train_cfg->find("assigner") : nullptr;
  const Value* type = assigner != nullptr && assigner->is_dict() ? assigner->find("type") : nullptr;
  assigns_by_region_ = type != nullptr && python_equal(*type, "RegionAssigner");
  rpn_conv_ = register_module("rpn_conv", std::make_shared<AdaptiveConv>(options.in_channels, options.feat_channels, options.adapt_cfg,
                                                                         context.child("adapt_cfg")));
  if (options.with_cls) rpn_cls_ = register_module("rpn_cls", prediction_conv(options.feat_channels, cls_out_channels(), context, 1));
  rpn_reg_ = register_module("rpn_reg", prediction_conv(options.feat_channels, 4, context, 1));
  relu_ = register_module("relu", std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
}

HeadOutputs StageCascadeRPNHead::forward(const nn::Features& features, const ImageAnchors& anchors) {
  return nn::observed(*this, features, [&] { return stage_outputs(features, anchors); });
}

HeadOutputs StageCascadeRPNHead::stage_outputs(const nn::Features& features, const ImageAnchors& anchors) {
  const auto strides = prior_generator().strides();
  const std::vector<ImageSize> sizes = featmap_sizes(features);
  nn::Features bridged, cls_scores, bbox_preds;
  for (std::size_t level = 0; level < features.size(); ++level) {
    torch::Tensor offsets;
    if (rpn_conv_->has_offsets()) {
      std::vector<torch::Tensor> images = {torch::zeros({0, 18, sizes[level].height, sizes[level].width}, features[level].options())};
      for (const auto& image : anchors) images.push_back(anchor_offsets(image.at(level), strides.at(level)[0], sizes[level]).unsqueeze(0));
      offsets = torch::cat(images).contiguous();
    }
    const torch::Tensor hidden = relu_->forward(rpn_conv_->forward(features[level], offsets));
    bridged.push_back(bridged_feature_ ? hidden : features[level]);
    if (rpn_cls_) cls_scores.push_back(rpn_cls_->forward(hidden));
    bbox_preds.push_back(rpn_reg_->forward(hidden));
  }
  return {bridged, cls_scores, bbox_preds};
}

ImageAnchors StageCascadeRPNHead::first_anchors(const nn::Features& features, std::size_t images) const {
  const torch::TensorOptions options = features.front().options().dtype(torch::kFloat).requires_grad(false);
  return ImageAnchors(images, prior_generator().grid_priors(featmap_sizes(features), options));
}

ImageAnchors StageCascadeRPNHead::refined(const ImageAnchors& anchors, const HeadOutputs& outputs, std::span<const ImageMeta> metas) const {
  const torch::NoGradGuard no_grad;
  ImageAnchors moved(anchors.size());
  for (std::size_t image = 0; image < anchors.size(); ++image) {
    CoderCall call;
    if (image < metas.size()) call.max_shape = metas[image].img_shape;
    for (std::size_t level = 0; level < anchors[image].size(); ++level) {
      const torch::Tensor codes = by_anchor(outputs.at(2)[level], 4)[static_cast<std::int64_t>(image)];
      moved[image].push_back(bbox_coder().decode(anchors[image][level], codes.detach(), call));
    }
  }
  return moved;
}

AnchorTargets StageCascadeRPNHead::region_targets(const torch::Tensor& anchors, const torch::Tensor& valid,
                                                  std::span<const ImageSize> sizes, const Targets& targets, std::size_t image) const {
  const torch::NoGradGuard no_grad;
  const AnchorTrainCfg& cfg = train_cfg();
  AssignInput input;
  input.priors = anchors;
  input.gt_bboxes = targets.gt_bboxes[image];
  input.valid_flags = valid;
  input.img_shape = targets.metas[image].img_shape;
  input.featmap_sizes = {sizes.begin(), sizes.end()};
  for (const ImageSize& size : sizes) input.num_level_priors.push_back(size.height * size.width);
  for (const auto& stride : prior_generator().strides()) input.anchor_strides.push_back(stride[0]);
  input.anchor_scale = anchor_scale_;
  input.allowed_border = cfg.allowed_border;

  AnchorTargets result;
  result.anchors = anchors;
  result.sampled = cfg.sampler->sample(cfg.assigner->assign(input), anchors, input.gt_bboxes);
  const torch::Tensor &positive = result.sampled.pos_inds, &negative = result.sampled.neg_inds;
  result.labels = torch::zeros({anchors.size(0)}, anchors.options().dtype(torch::kLong)).index_fill_(0, positive, 1);
  result.label_weights = torch::zeros({anchors.size(0)}, anchors.options());
  result.bbox_targets = torch::zeros_like(anchors);
  result.bbox_weights = torch::zeros_like(anchors);
  if (positive.numel() > 0) {
    const torch::Tensor& boxes = result.sampled.pos_gt_bboxes;
    result.bbox_targets.index_put_({positive}, reg_decoded_bbox() ? boxes : bbox_coder().encode(result.sampled.pos_bboxes, boxes));
    result.bbox_weights.index_fill_(0, positive, 1);
    result.label_weights.index_fill_(0, positive, cfg.pos_weight > 0 ? cfg.pos_weight : 1);
  }
  result.label_weights.index_fill_(0, negative, 1);
  return result;
}

Losses StageCascadeRPNHead::losses_of(const HeadOutputs& outputs, const ImageAnchors& anchors, const Targets& all_targets) {
  Targets targets = all_targets;
  targets.gt_bboxes_ignore.clear();  // the reference does not hand them on
  const std::vector<ImageSize> sizes = featmap_sizes(outputs.at(2));
  const AnchorTargetRules rules{train_cfg(), reg_decoded_bbox() ? nullptr : &bbox_coder(), num_classes()};
  BatchTargets batch;
  batch.anchors = anchors.front();
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const torch::Tensor boxes = torch::cat(anchors[image]);
    const torch::Tensor valid = torch::cat(prior_generator().valid_flags(sizes, targets.metas[image].pad_shape)).to(boxes.device());
    batch.add(assigns_by_region_ ? region_targets(boxes, valid, sizes, targets, image)
                                 : anchor_targets(rules, boxes, batch.level_sizes(), valid, targets, image, /*with_labels=*/false));
  }
  double samples = static_cast<double>(batch.num_total_pos + batch.num_total_neg);
  // As in guided anchoring a two hundredth of all anchors.
  if (!sampling_) samples = static_cast<double>(batch.stacked(&AnchorTargets::labels).numel()) / 200;
  const AnchorLosses by_level{loss_cls(), loss_bbox(), reg_decoded_bbox() ? &bbox_coder() : nullptr, cls_out_channels(), samples};
  const Losses found = by_level.by_level(outputs[1], outputs[2], batch);
  Losses losses;
  if (rpn_cls_) losses.set("loss_rpn_cls", found.find("loss_cls")->values);
  losses.set("loss_rpn_reg", found.find("loss_bbox")->values);
  return losses;
}

torch::Tensor StageCascadeRPNHead::proposals(const HeadOutputs& outputs, const std::vector<torch::Tensor>& anchors, std::size_t image,
                                             const ImageMeta& meta, const RpnTestCfg& cfg) const {
  if (!rpn_cls_) throw Error("the last stage of CascadeRPNHead must score its anchors").help("set with_cls=True");
  const LevelOutputs levels{.cls_scores = outputs.at(1), .bbox_preds = outputs.at(2), .channels = cls_out_channels()};
  return proposals_at(anchors, levels, image, meta, bbox_coder(), activation(), cfg, reference());
}

Losses StageCascadeRPNHead::loss(const HeadOutputs&, const Targets&) { throw stands_alone(); }

std::vector<Detections> StageCascadeRPNHead::predict(const HeadOutputs&, std::span<const ImageMeta>, bool) { throw stands_alone(); }

DETFORGE_REGISTER(heads, StageCascadeRPNHead,
                  {.name = "StageCascadeRPNHead",
                   .python = "mmdet.models.dense_heads.cascade_rpn_head.StageCascadeRPNHead",
                   .meaning = "one stage of CascadeRPNHead"});

}  // namespace detforge
