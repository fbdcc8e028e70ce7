#include "detforge/models/dense_heads/solo/solo_base_head.h"

#include <algorithm>

namespace detforge {

template <>
struct EnumNames<postprocess::MatrixNmsKernel> {
  static constexpr std::array<std::pair<postprocess::MatrixNmsKernel, std::string_view>, 2> names = {
      {{postprocess::MatrixNmsKernel::Gaussian, "gaussian"}, {postprocess::MatrixNmsKernel::Linear, "linear"}}};
};

struct SoloBaseHead::TestCfg {
  std::int64_t nms_pre = -1;
  double score_thr = 0;
  double mask_thr = 0.5;
  double filter_thr = -1;
  postprocess::MatrixNmsKernel kernel = postprocess::MatrixNmsKernel::Gaussian;
  double sigma = 2;
  std::int64_t max_per_img = -1;

  static Arguments<TestCfg> arguments() {
    return {arg(&TestCfg::nms_pre, "nms_pre", required, "at most so many masks are compared; not above 0: all"),
            arg(&TestCfg::score_thr, "score_thr", required, "smallest class score of a cell"),
            arg(&TestCfg::mask_thr, "mask_thr", required, "smallest probability of a mask's pixels"),
            arg(&TestCfg::filter_thr, "filter_thr", required, "smallest score after Matrix NMS; not above 0: any"),
            arg(&TestCfg::kernel, "kernel", required, "how scores fall with the overlap with better masks"),
            arg(&TestCfg::sigma, "sigma", required, "of the Gaussian kernel"),
            arg(&TestCfg::max_per_img, "max_per_img", required, "at most so many detections per image; not above 0: all")};
  }
};

torch::Tensor with_coordinates(const torch::Tensor& feature) {
  const std::int64_t images = feature.size(0), height = feature.size(2), width = feature.size(3);
  const torch::Tensor x = torch::linspace(-1, 1, width, feature.options()).view({1, 1, 1, width}).expand({images, 1, height, width});
  const torch::Tensor y = torch::linspace(-1, 1, height, feature.options()).view({1, 1, height, 1}).expand({images, 1, height, width});
  return torch::cat({feature, x, y}, 1);
}

torch::Tensor solo_resize(const torch::Tensor& feature, std::int64_t height, std::int64_t width) {
  return torch::upsample_bilinear2d(feature, {height, width}, /*align_corners=*/false);
}

torch::Tensor solo_peaks(const torch::Tensor& scores) {
  const torch::Tensor largest = torch::max_pool2d(scores, {2, 2}, {1, 1}, {1, 1}).slice(2, 0, -1).slice(3, 0, -1);
  return scores * (largest == scores);
}

Arguments<SoloBaseHead::Options> SoloBaseHead::arguments() {
  return {
      arg(&Options::num_classes, "num_classes", required, "number of classes, the background not counted").at_least(1),
      arg(&Options::in_channels, "in_channels", required, "channels of every input level").at_least(1),
      arg(&Options::feat_channels, "feat_channels", "channels of the hidden layers").at_least(1),
      arg(&Options::stacked_convs, "stacked_convs", "convolutions of each tower").at_least(1),
      arg(&Options::strides, "strides", "px between the places of each level"),
      arg(&Options::scale_ranges, "scale_ranges", "px: each level learns objects whose boxes' areas have roots between these"),
      arg(&Options::pos_scale, "pos_scale", "part of an object's sides around its middle whose cells learn it"),
      arg(&Options::num_grids, "num_grids", "cells per side of each level's grid"),
      arg(&Options::cls_down_index, "cls_down_index", "convolution of the classes before which a level shrinks to its grid").at_least(0),
      arg(&Options::loss_mask, "loss_mask", "loss of the masks; it must be given").built_by("LOSSES"),
      arg(&Options::loss_cls, "loss_cls", "loss of the classes; it must be given").built_by("LOSSES"),
      arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none"),
      arg(&Options::train_cfg, "train_cfg", "means nothing here; the model's own is put here"),
      arg(&Options::test_cfg, "test_cfg", "which detections are kept; the model's own is put here"),
      arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

SoloBaseHead::SoloBaseHead(std::string name, const Options& options, const BuildContext& context)
    : DenseHead(std::move(name)),
      num_classes_(options.num_classes),
      strides_(options.strides),
      scale_ranges_(options.scale_ranges),
      pos_scale_(options.pos_scale),
      num_grids_(options.num_grids),
      cls_down_index_(options.cls_down_index) {
  if (strides_.size() < 2) throw ArgumentError("strides", "must have at least two levels");
  if (scale_ranges_.size() != strides_.size()) throw ArgumentError("scale_ranges", "must have as many levels as 'strides'");
  if (num_grids_.size() != strides_.size()) throw ArgumentError("num_grids", "must have as many levels as 'strides'");
  if (!options.loss_cls) throw ArgumentError("loss_cls", "must be given");
  if (!options.loss_mask) throw ArgumentError("loss_mask", "must be given");
  if (options.test_cfg) {
    const auto config =
        options_from("the test_cfg of " + python_name(), TestCfg::arguments(), options.test_cfg->value(), context.child("test_cfg"));
    instances_ = {.num_classes = num_classes_,
                  .strides = strides_,
                  .score_thr = config.score_thr,
                  .mask_thr = config.mask_thr,
                  .nms = {.filter_thr = config.filter_thr,
                          .nms_pre = config.nms_pre,
                          .max_num = config.max_per_img,
                          .kernel = config.kernel,
                          .sigma = config.sigma}};
  }
  loss_cls_ = register_module("loss_cls", build_loss(*options.loss_cls, context.child("loss_cls")));
  loss_mask_ = register_module("loss_mask", build_loss(*options.loss_mask, context.child("loss_mask")));
  show_init_cfg(context, options.init_cfg);
}

Value SoloBaseHead::init_cfg_of(std::initializer_list<const char*> predictions) {
  Value::Elements all = {Value::dict({{"type", "Normal"}, {"layer", "Conv2d"}, {"std", 0.01}})};
  for (const char* name : predictions) {
    all.push_back(Value::dict({{"type", "Normal"}, {"std", 0.01}, {"bias_prob", 0.01}, {"override", Value::dict({{"name", name}})}}));
  }
  return Value::list(std::move(all));
}

std::shared_ptr<StackedConvs> SoloBaseHead::tower(const Options& options, std::int64_t in_channels, const BuildContext& context,
                                                  const std::optional<ConfigDict>& dcn_cfg, Deformed deformed) {
  auto convs = std::make_shared<StackedConvs>();
  for (std::int64_t i = 0; i < options.stacked_convs; ++i) {
    const bool deforms = deformed == Deformed::EveryConv || i == options.stacked_convs - 1;
    const nn::ConvModule::Options layer{.in_channels = i == 0 ? in_channels : options.feat_channels,
                                        .out_channels = options.feat_channels,
                                        .kernel_size = 3,
                                        .padding = 1,
                                        .layers = {deforms ? dcn_cfg : std::nullopt, options.norm_cfg, ConfigDict{{"type", "ReLU"}}}};
    convs->append(std::make_shared<nn::ConvModule>(layer, context));
  }
  return convs;
}

SoloBaseHead::MaskMap SoloBaseHead::mask_map(const HeadOutputs& outputs, std::size_t level) const {
  const torch::Tensor& masks = outputs.at(0).at(level);
  return {.size = {masks.size(2), masks.size(3)}, .stride_px = static_cast<double>(strides_.at(level)) / 2};
}

ImageSize SoloBaseHead::covered(const HeadOutputs& outputs) const {
  const torch::Tensor& masks = outputs.at(0).at(0);
  return {masks.size(2) * 4, masks.size(3) * 4};
}

nn::Features SoloBaseHead::resized(const nn::Features& features) const {
  if (features.size() != num_levels()) {
    throw Error(python_name() + " has " + std::to_string(num_levels()) + " levels, but is given " + std::to_string(features.size()));
  }
  const auto like = [](const torch::Tensor& feature, const torch::Tensor& other) {
    return solo_resize(feature, other.size(2), other.size(3));
  };
  nn::Features all = features;
  all.front() = like(features[0], features[1]);
  all.back() = like(features.back(), features[features.size() - 2]);
  return all;
}

torch::Tensor SoloBaseHead::classify(torch::Tensor feature, std::size_t level, const StackedConvs& convs, nn::Conv2d& prediction) const {
  std::int64_t index = 0;
  for (const auto& layer : convs) {
    if (index++ == cls_down_index_) feature = solo_resize(feature, num_grid(level), num_grid(level));
    feature = layer->forward(feature);
  }
  const torch::Tensor logits = prediction.forward(feature);
  return is_training() ? logits : solo_peaks(logits.sigmoid());
}

torch::Tensor SoloBaseHead::finish_masks(const torch::Tensor& masks, const torch::Tensor& first_level) const {
  return is_training() ? masks : solo_resize(masks.sigmoid(), first_level.size(2) * 2, first_level.size(3) * 2);
}

Losses SoloBaseHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  if (targets.gt_masks.size() != targets.size()) {
    throw Error(python_name() + " learns from masks, but the images have none")
        .help("let the pipeline load them: dict(type='LoadAnnotations', with_bbox=True, with_mask=True)");
  }
  const SoloTargetRules rules{.num_classes = num_classes_, .pos_scale = pos_scale_, .image = covered(outputs)};
  std::vector<std::vector<torch::Tensor>> predicted(num_levels()), wanted(num_levels()), labels(num_levels());
  for (std::size_t image = 0; image < targets.size(); ++image) {
    const BitmapMasks pixels = targets.gt_masks[image].to_bitmaps();
    for (std::size_t level = 0; level < num_levels(); ++level) {
      const MaskMap map = mask_map(outputs, level);
      const SoloGrid grid{
          .num_grid = num_grid(level), .scale_range = scale_ranges_[level], .map = map.size, .map_stride_px = map.stride_px};
      SoloTargets of_level = solo_targets(grid, rules, targets.gt_bboxes.at(image), targets.gt_labels.at(image), pixels);
      if (!learns_every_object()) of_level = with_one_object_a_cell(std::move(of_level));
      predicted[level].push_back(masks_of(outputs, level, static_cast<std::int64_t>(image), of_level.cells));
      wanted[level].push_back(of_level.masks);
      labels[level].push_back(of_level.labels);
    }
  }
  LossCall of_masks;
  of_masks.reduction = Reduction::None;
  std::vector<torch::Tensor> losses_mask, all_labels, all_scores;
  for (std::size_t level = 0; level < num_levels(); ++level) {
    const torch::Tensor masks = torch::cat(predicted[level]);
    losses_mask.push_back(masks.size(0) == 0 ? masks.sum().unsqueeze(0) : loss_mask_->forward(masks, torch::cat(wanted[level]), of_masks));
    all_labels.push_back(torch::cat(labels[level]));
    all_scores.push_back(classes_of(outputs).at(level).permute({0, 2, 3, 1}).reshape({-1, num_classes_}));
  }
  const torch::Tensor every_label = torch::cat(all_labels);
  const auto num_pos = (every_label != num_classes_).sum().item<double>();
  LossCall of_classes;
  of_classes.avg_factor = num_pos + 1;
  Losses losses;
  losses.set("loss_mask", torch::cat(losses_mask).sum() / std::max(num_pos, 1.0));
  losses.set("loss_cls", loss_cls_->forward(torch::cat(all_scores), every_label, of_classes));
  return losses;
}

Detections SoloBaseHead::detections(const HeadOutputs& outputs, std::size_t image, const ImageMeta& meta) const {
  const auto row = static_cast<std::int64_t>(image);
  nn::Features scores;
  for (std::size_t level = 0; level < num_levels(); ++level) scores.push_back(scores_of(outputs, level)[row]);
  scores = on_cpu(scores);
  std::vector<postprocess::GridScores> grids;
  for (std::size_t level = 0; level < num_levels(); ++level) grids.push_back({values_of(scores[level]), num_grid(level)});
  const std::vector<postprocess::GridCell> cells = instances_->cells(grids);
  std::vector<torch::Tensor> masks;
  for (std::size_t level = 0; level < num_levels(); ++level) {
    std::vector<std::int64_t> of_level;
    for (const postprocess::GridCell& cell : cells) {
      if (cell.level == level) of_level.push_back(cell.cell);
    }
    masks.push_back(masks_of(outputs, level, row, torch::tensor(of_level, torch::kLong).to(outputs.at(0).at(0).device())));
  }
  const torch::Tensor all = on_cpu({torch::cat(masks)}).front();
  return instances_->run(cells, {.probabilities = values_of(all), .size = {all.size(1), all.size(2)}, .covers = covered(outputs)}, meta,
                         {.threads = static_cast<std::size_t>(at::get_num_threads())});
}

std::vector<Detections> SoloBaseHead::predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool) {
  if (!instances_) {
    throw Error("the model has no 'test_cfg', which says what " + python_name() + " keeps of its predictions")
        .help(
            "add it beside 'mask_head' in the config's model: test_cfg=dict(nms_pre=500, score_thr=0.1, mask_thr=0.5, filter_thr=0.05, "
            "kernel='gaussian', sigma=2.0, max_per_img=100)");
  }
  std::vector<Detections> results;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    results.push_back(detections(outputs, image, metas[image]));
  }
  return results;
}

}  // namespace detforge
