#include "detforge/models/dense_heads/rpn/guided_anchor_head.h"

#include <algorithm>
#include <cmath>

#include "detforge/models/dense_heads/anchor/anchor_based_head.h"
#include "detforge/models/dense_heads/anchor/anchor_head.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"

namespace detforge {
namespace {

/// Anchors may be a million times as large as their square.
CoderCall guided_anchor_call() {
  CoderCall call;
  call.wh_ratio_clip = 1e-6;
  return call;
}

/// The cells of a map that the part of a box around its middle covers: rows and columns, ends included.
struct CellRegion {
  std::int64_t x1, y1, x2, y2;

  /// `ratio` of the box is cut off on each side.
  CellRegion(const std::array<float, 4>& box, double ratio, ImageSize size) {
    const auto keep = static_cast<float>(1 - ratio), cut = static_cast<float>(ratio);
    const auto cell = [](float place, std::int64_t last) { return std::clamp<std::int64_t>(std::lrint(place), 0, last); };
    x1 = cell(keep * box[0] + cut * box[2], size.width);
    y1 = cell(keep * box[1] + cut * box[3], size.height);
    x2 = cell(cut * box[0] + keep * box[2], size.width);
    y2 = cell(cut * box[1] + keep * box[3], size.height);
  }
  void fill(torch::Tensor map, double value) const { map.slice(0, y1, y2 + 1).slice(1, x1, x2 + 1).fill_(value); }
};

/// A GuidedAnchorHead samples unless its classification loss is the focal one.
std::string sampling_loss_of(const ConfigDict& loss_cls) {
  const Value* type = loss_cls.find("type");
  return type != nullptr && python_equal(*type, "FocalLoss") ? "FocalLoss" : "";
}

}  // namespace

Arguments<GuidedAnchorHead::Options> GuidedAnchorHead::arguments_without_classes() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of every input level").at_least(1),
          arg(&Options::feat_channels, "feat_channels", "channels of the hidden layers").at_least(1),
          arg(&Options::approx_anchor_generator, "approx_anchor_generator", "shapes that say which objects a place belongs to")
              .built_by("ANCHOR_GENERATORS"),
          arg(&Options::square_anchor_generator, "square_anchor_generator", "what anchors' shapes are relative to")
              .built_by("ANCHOR_GENERATORS"),
          arg(&Options::anchor_coder, "anchor_coder", "what is predicted instead of anchors").built_by("BBOX_CODERS"),
          arg(&Options::bbox_coder, "bbox_coder", "what is predicted instead of boxes").built_by("BBOX_CODERS"),
          arg(&Options::reg_decoded_bbox, "reg_decoded_bbox", "whether the loss of boxes sees boxes instead of codes"),
          arg(&Options::deform_groups, "deform_groups", "groups of channels with offsets of their own").at_least(1),
          arg(&Options::loc_filter_thr, "loc_filter_thr", "probability of an anchor from which on a place counts"),
          arg(&Options::train_cfg, "train_cfg", "what training needs; the model's own is put here"),
          arg(&Options::test_cfg, "test_cfg", "which detections are kept; the model's own is put here"),
          arg(&Options::loss_loc, "loss_loc", "loss of the places").built_by("LOSSES"),
          arg(&Options::loss_shape, "loss_shape", "loss of the shapes").built_by("LOSSES"),
          arg(&Options::loss_cls, "loss_cls", "loss of the classes").built_by("LOSSES"),
          arg(&Options::loss_bbox, "loss_bbox", "loss of the boxes").built_by("LOSSES"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

Arguments<GuidedAnchorHead::Options> GuidedAnchorHead::arguments() {
  return {arguments_without_classes(),
          arg(&Options::num_classes, "num_classes", required, "number of classes, the background not counted").at_least(1)};
}

GuidedAnchorHead::GuidedAnchorHead(std::string name, const Options& options, const BuildContext& context)
    : DenseBoxHead(std::move(name), options.test_cfg, context),
      options_(options),
      context_(context),
      anchors_(options.approx_anchor_generator, options.square_anchor_generator, context),
      use_sigmoid_cls_(uses_sigmoid(options.loss_cls)),
      anchor_coder_(bbox_coders().build(options.anchor_coder, context.child("anchor_coder"))),
      bbox_coder_(bbox_coders().build(options.bbox_coder, context.child("bbox_coder"))),
      train_cfg_(anchor_train_cfg_from(options.train_cfg, python_name(), sampling_loss_of(options.loss_cls), Sampling::ByLoss, context)) {
  const auto add_loss = [&](const char* key, const ConfigDict& config) {
    return register_module(key, build_loss(config, context.child(key)));
  };
  loss_loc_ = add_loss("loss_loc", options.loss_loc);
  loss_shape_ = add_loss("loss_shape", options.loss_shape);
  loss_cls_ = add_loss("loss_cls", options.loss_cls);
  loss_bbox_ = add_loss("loss_bbox", options.loss_bbox);
  show_init_cfg(context, options.init_cfg);
}

GuidedAnchorHead::GuidedAnchorHead(const Options& options, const BuildContext& context)
    : GuidedAnchorHead("GuidedAnchorHead", options, context) {
  init_layers();
}

std::shared_ptr<nn::MaskedConv2d> masked_prediction_conv(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel_size) {
  nn::Conv2d::Options options;
  options.in_channels = in_channels;
  options.out_channels = out_channels;
  options.kernel_size = kernel_size;
  options.padding = kernel_size / 2;
  return std::make_shared<nn::MaskedConv2d>(options);
}

void GuidedAnchorHead::init_layers() {
  const std::int64_t channels = options_.feat_channels;
  relu_ = register_module("relu", nn::build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context_));
  conv_loc_ = register_module("conv_loc", prediction_conv(options_.in_channels, 1, context_, 1));
  conv_shape_ = register_module("conv_shape", prediction_conv(options_.in_channels, num_anchors() * 2, context_, 1));
  const FeatureAdaption::Options adaption{.python_name = "FeatureAdaption",
                                          .shape_channels = 2,
                                          .in_channels = options_.in_channels,
                                          .out_channels = channels,
                                          .deform_groups = options_.deform_groups};
  feature_adaption_ = register_module("feature_adaption", std::make_shared<FeatureAdaption>(adaption, context_));
  conv_cls_ = register_module("conv_cls", masked_prediction_conv(channels, num_anchors() * cls_out_channels(), 1));
  conv_reg_ = register_module("conv_reg", masked_prediction_conv(channels, num_anchors() * 4, 1));
}

torch::Tensor GuidedAnchorHead::mask_of(const torch::Tensor& loc_pred) const {
  if (is_training()) return {};
  return (loc_pred.sigmoid() >= options_.loc_filter_thr).to(loc_pred.dtype());
}

GuidedAnchorHead::Prediction GuidedAnchorHead::forward_single(const torch::Tensor& feature) {
  Prediction prediction;
  prediction.loc_pred = conv_loc_->forward(feature);
  prediction.shape_pred = conv_shape_->forward(feature);
  const torch::Tensor adapted = feature_adaption_->forward(feature, prediction.shape_pred.detach());
  const torch::Tensor mask = mask_of(prediction.loc_pred);
  prediction.cls_score = conv_cls_->forward(adapted, mask);
  prediction.bbox_pred = conv_reg_->forward(adapted, mask);
  return prediction;
}

HeadOutputs GuidedAnchorHead::compute(const nn::Features& features) {
  HeadOutputs outputs(4);
  for (const torch::Tensor& feature : features) {
    const Prediction prediction = forward_single(feature);
    outputs[0].push_back(prediction.cls_score);
    outputs[1].push_back(prediction.bbox_pred);
    outputs[2].push_back(prediction.shape_pred);
    outputs[3].push_back(prediction.loc_pred);
  }
  return outputs;
}

/// Squares [n, 4] and the shapes predicted there [n, 2] to anchors.
torch::Tensor GuidedAnchorHead::guided_anchors(const torch::Tensor& squares, const torch::Tensor& shape_pred) const {
  return anchor_coder_->decode(squares, torch::cat({torch::zeros_like(shape_pred), shape_pred.detach()}, 1), guided_anchor_call());
}

/// Objects belong to the level of their size. Their middles are 1; what is around them does not count, nor does it on the
/// levels beside; everything else is 0 with a small weight.
std::vector<GuidedAnchorHead::LocationTargets> GuidedAnchorHead::location_targets(const nn::Features& maps,
                                                                                  const std::vector<torch::Tensor>& gt_bboxes) const {
  const std::vector<ImageSize> sizes = featmap_sizes(maps);
  const auto strides = anchors_.squares().strides();
  const double center_cut = (1 - train_cfg_->center_ratio) / 2, ignore_cut = (1 - train_cfg_->ignore_ratio) / 2;
  const auto images = static_cast<std::int64_t>(gt_bboxes.size());
  const auto last_level = static_cast<std::int64_t>(sizes.size()) - 1;
  std::vector<torch::Tensor> targets, weights, ignored;
  for (const ImageSize& size : sizes) {
    targets.push_back(torch::zeros({images, size.height, size.width}));
    weights.push_back(torch::full({images, size.height, size.width}, -1.0));
    ignored.push_back(torch::zeros({images, size.height, size.width}));
  }
  for (std::int64_t image = 0; image < images; ++image) {
    const torch::Tensor boxes = gt_bboxes[static_cast<std::size_t>(image)].to(torch::kCPU, torch::kFloat).contiguous();
    const torch::Tensor scale = ((boxes.select(1, 2) - boxes.select(1, 0)) * (boxes.select(1, 3) - boxes.select(1, 1))).sqrt();
    const torch::Tensor smallest = torch::full({1}, anchors_.octave_base_scale() * strides.front()[0]);
    const torch::Tensor levels = torch::floor(scale.log2() - smallest.log2() + 0.5).clamp(0, static_cast<double>(last_level));
    for (std::int64_t object = 0; object < boxes.size(0); ++object) {
      const auto level = static_cast<std::int64_t>(levels[object].item<double>());
      const auto region = [&](std::int64_t at, double cut) {
        const torch::Tensor cells = boxes[object] / strides[static_cast<std::size_t>(at)][0];
        return CellRegion(boxes_of(cells.unsqueeze(0)).front(), cut, sizes[static_cast<std::size_t>(at)]);
      };
      const auto at = static_cast<std::size_t>(level);
      region(level, center_cut).fill(targets[at][image], 1);
      region(level, ignore_cut).fill(weights[at][image], 0);
      region(level, center_cut).fill(weights[at][image], 1);
      if (level > 0) region(level - 1, ignore_cut).fill(ignored[at - 1][image], 1);
      if (level < last_level) region(level + 1, ignore_cut).fill(ignored[at + 1][image], 1);
    }
  }
  std::vector<LocationTargets> all;
  for (std::size_t level = 0; level < sizes.size(); ++level) {
    torch::Tensor& weight = weights[level];
    weight.masked_fill_((weight < 0) & (ignored[level] > 0), 0);
    weight.masked_fill_(weight < 0, 0.1);
    all.push_back({targets[level].flatten(1).to(maps[level].device()), weight.flatten(1).to(maps[level].device())});
  }
  return all;
}

std::vector<torch::Tensor> GuidedAnchorHead::shape_losses(const HeadOutputs& outputs, const ApproxAnchors::Grid& grid,
                                                          const std::vector<torch::Tensor>& inside, const Targets& targets) {
  std::vector<torch::Tensor> positives, objects;
  std::int64_t num_pos = 0, num_neg = 0;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    torch::Tensor of_image = torch::zeros_like(grid.squares);
    torch::Tensor flags = torch::zeros({grid.squares.size(0)}, grid.squares.options().dtype(torch::kBool));
    std::int64_t pos = 0, neg = 0;
    if (inside[image].any().item<bool>()) {
      const SamplingResult sampled =
          anchors_.sample(grid, inside[image], *train_cfg_->ga_assigner, *train_cfg_->ga_sampler, targets.gt_bboxes[image], {});
      const torch::Tensor places = inside[image].nonzero().squeeze(1).index({sampled.pos_inds});
      of_image.index_put_({places}, sampled.pos_gt_bboxes);
      flags.index_fill_(0, places, true);
      pos = sampled.pos_inds.numel();
      neg = sampled.neg_inds.numel();
    }
    positives.push_back(flags);
    objects.push_back(of_image);
    num_pos += std::max<std::int64_t>(pos, 1);
    num_neg += std::max<std::int64_t>(neg, 1);
  }
  const std::vector<std::int64_t> sizes = level_sizes(grid.levels);
  const auto positive = images_to_levels(positives, sizes), object = images_to_levels(objects, sizes);
  std::vector<torch::Tensor> losses;
  for (std::size_t level = 0; level < sizes.size(); ++level) {
    const torch::Tensor chosen = positive[level].flatten();
    const torch::Tensor squares = grid.levels[level].repeat({positive[level].size(0), 1}).index({chosen});
    const torch::Tensor shapes = by_anchor(outputs.at(2)[level], 2).flatten(0, 1).index({chosen});
    const torch::Tensor said = anchor_coder_->decode(squares, torch::cat({torch::zeros_like(shapes), shapes}, 1), guided_anchor_call());
    LossCall call;
    call.weight = torch::ones_like(squares);
    call.avg_factor = static_cast<double>(num_pos + (train_cfg_->ga_sampling ? num_neg : 0));
    losses.push_back(loss_shape_->forward(said, object[level].flatten(0, 1).index({chosen}), call));
  }
  return losses;
}

Losses GuidedAnchorHead::losses_of(const HeadOutputs& outputs, const Targets& targets, bool with_labels) {
  if (!train_cfg_) throw missing_train_cfg(python_name());
  if (!train_cfg_->ga_assigner) throw Error("the train_cfg of " + python_name() + " needs the key 'ga_assigner'");
  const ApproxAnchors::Grid grid = anchors_.grid(outputs.at(0));
  std::vector<torch::Tensor> inside;
  BatchTargets batch;
  batch.anchors = grid.levels;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    inside.push_back(anchors_.inside_flags(grid, outputs[0], targets.metas[image], train_cfg_->allowed_border));
    std::vector<torch::Tensor> guided;
    for (std::size_t level = 0; level < grid.levels.size(); ++level) {
      const torch::Tensor shapes = by_anchor(outputs.at(2)[level], 2)[static_cast<std::int64_t>(image)];
      guided.push_back(guided_anchors(grid.levels[level], shapes));
    }
    batch.add(anchor_targets({*train_cfg_, options_.reg_decoded_bbox ? nullptr : bbox_coder_.get(), options_.num_classes},
                             torch::cat(guided), batch.level_sizes(), inside.back(), targets, image, with_labels));
  }
  const double samples = static_cast<double>(batch.num_total_pos + (train_cfg_->sampling ? batch.num_total_neg : 0));
  const AnchorLosses of_boxes{*loss_cls_, *loss_bbox_, options_.reg_decoded_bbox ? bbox_coder_.get() : nullptr, cls_out_channels(),
                              samples};
  Losses losses = of_boxes.by_level(outputs[0], outputs[1], batch);
  losses.set("loss_shape", shape_losses(outputs, grid, inside, targets));
  const std::vector<LocationTargets> locations = location_targets(outputs[0], targets.gt_bboxes);
  double places = 0;
  for (const LocationTargets& level : locations) places += static_cast<double>(level.targets.numel());
  std::vector<torch::Tensor> losses_loc;
  for (std::size_t level = 0; level < locations.size(); ++level) {
    LossCall call;
    call.weight = locations[level].weights.flatten();
    call.avg_factor = places / 200;
    losses_loc.push_back(
        loss_loc_->forward(outputs.at(3)[level].reshape({-1, 1}), locations[level].targets.flatten().to(torch::kLong), call));
  }
  losses.set("loss_loc", std::move(losses_loc));
  return losses;
}

GuidedAnchorHead::Guided GuidedAnchorHead::guided_level(const HeadOutputs& outputs, const torch::Tensor& squares, std::size_t level,
                                                        std::size_t image, std::int64_t nms_pre, const ImageMeta& meta) const {
  const auto row = static_cast<std::int64_t>(image);
  const auto of_image = [&](std::size_t kind, std::int64_t values) { return by_anchor(outputs.at(kind)[level].detach(), values)[row]; };
  torch::Tensor places = torch::arange(squares.size(0), squares.options().dtype(torch::kLong));
  if (!is_training()) {
    const torch::Tensor stands = outputs.at(3)[level].detach()[row].flatten().sigmoid() >= options_.loc_filter_thr;
    places = stands.repeat_interleave(num_anchors()).nonzero().squeeze(1);
  }
  const torch::Tensor raw = of_image(0, cls_out_channels()).index({places});
  torch::Tensor scores = use_sigmoid_cls_ ? raw.sigmoid() : raw.softmax(-1).slice(1, 0, options_.num_classes);
  if (nms_pre > 0 && scores.size(0) > nms_pre) {
    const torch::Tensor best = std::get<1>(std::get<0>(scores.max(1)).topk(nms_pre));
    scores = scores.index({best});
    places = places.index({best});
  }
  CoderCall call;
  call.max_shape = meta.img_shape;
  const torch::Tensor guided = guided_anchors(squares.index({places}), of_image(2, 2).index({places}));
  return {scores, bbox_coder_->decode(guided, of_image(1, 4).index({places}), call)};
}

std::vector<kernels::Candidates> GuidedAnchorHead::decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) {
  const std::vector<torch::Tensor> squares = anchors_.squares().grid_priors(featmap_sizes(outputs.at(0)), torch::kFloat);
  std::vector<kernels::Candidates> images(metas.size());
  for (std::size_t image = 0; image < metas.size(); ++image) {
    for (std::size_t level = 0; level < squares.size(); ++level) {
      const Guided guided = guided_level(outputs, squares[level], level, image, test_cfg().nms_pre, metas[image]);
      append_above(images[image], guided.boxes, guided.scores, test_cfg().score_thr);
    }
  }
  return images;
}

DETFORGE_REGISTER(heads, GuidedAnchorHead,
                  {.name = "GuidedAnchorHead",
                   .python = "mmdet.models.dense_heads.guided_anchor_head.GuidedAnchorHead",
                   .meaning = "anchors whose places and shapes are predicted"});

}  // namespace detforge
