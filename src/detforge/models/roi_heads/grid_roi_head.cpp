#include "detforge/boxes/bbox_transforms.h"
#include "detforge/models/roi_heads/mask_heads/grid_head.h"
#include "detforge/models/roi_heads/standard_roi_head.h"

namespace detforge {

/// Grid R-CNN (arXiv 1811.12030): detections get their boxes from the points of a grid.
class GridRoIHead : public StandardRoIHead {
 public:
  struct Options : StandardRoIHead::Options {
    std::optional<ConfigDict> grid_roi_extractor;
    ConfigDict grid_head;
  };
  static Arguments<Options> arguments() {
    return {StandardRoIHead::arguments(),
            arg(&Options::grid_roi_extractor, "grid_roi_extractor", required, "features for the grid; None: those of the boxes")
                .built_by("ROI_EXTRACTORS"),
            arg(&Options::grid_head, "grid_head", required, "points of a grid on the box").built_by("HEADS")};
  }

  GridRoIHead(const Options& options, const BuildContext& context);

  std::vector<Detections> predict(const nn::Features& features, const Proposals& proposals, std::span<const ImageMeta> metas,
                                  bool rescale) override;
  std::vector<RoIOutput> roi_outputs(const nn::Features& features, const torch::Tensor& rois, std::int64_t max_masks) override;

 protected:
  BBoxLoss bbox_loss(const nn::Features& features, std::span<const SamplingResult> samples, const Targets& targets) override;

 private:
  torch::Tensor grid_features(const nn::Features& features, const torch::Tensor& rois) {
    return through_shared_head(grid_roi_extractor_->forward(features, rois));
  }
  /// Moves and resizes positive proposals at random, drawing from torch's generator.
  static std::vector<SamplingResult> jittered(std::span<const SamplingResult> samples, std::span<const ImageMeta> metas);

  std::shared_ptr<RoIExtractor> grid_roi_extractor_;
  std::shared_ptr<GridHead> grid_head_;
};

GridRoIHead::GridRoIHead(const Options& options, const BuildContext& context) : StandardRoIHead("GridRoIHead", options, context) {
  grid_roi_extractor_ =
      options.grid_roi_extractor
          ? register_module("grid_roi_extractor", roi_extractors().build(*options.grid_roi_extractor, context.child("grid_roi_extractor")))
          : register_module("grid_roi_extractor", shared_bbox_roi_extractor());
  // The grid's extractor decides for the masks' too, as in Python.
  keep_mask_features_apart(options.grid_roi_extractor.has_value());
  grid_head_ = register_module("grid_head", build_head<GridHead>(options.grid_head, context.child("grid_head"), "grid head"));
  show_init_cfg(context, options.init_cfg);
}

std::vector<SamplingResult> GridRoIHead::jittered(std::span<const SamplingResult> samples, std::span<const ImageMeta> metas) {
  constexpr double amplitude = 0.15;
  std::vector<SamplingResult> moved(samples.begin(), samples.end());
  for (std::size_t image = 0; image < moved.size(); ++image) {
    torch::Tensor& boxes = moved[image].pos_bboxes;
    const torch::Tensor offsets = torch::empty({boxes.size(0), 4}, boxes.options()).uniform_(-amplitude, amplitude);
    const torch::Tensor top_left = boxes.slice(1, 0, 2), bottom_right = boxes.slice(1, 2, 4);
    const torch::Tensor sizes = (bottom_right - top_left).abs();
    const torch::Tensor centers = (bottom_right + top_left) / 2 + sizes * offsets.slice(1, 0, 2);
    const torch::Tensor half_sizes = sizes * (1 + offsets.slice(1, 2, 4)) / 2;
    const ImageSize size = metas[image].img_shape;
    boxes = clip_boxes(torch::cat({centers - half_sizes, centers + half_sizes}, 1), {size.height - 1, size.width - 1});
  }
  return moved;
}

StandardRoIHead::BBoxLoss GridRoIHead::bbox_loss(const nn::Features& features, std::span<const SamplingResult> samples,
                                                 const Targets& targets) {
  BBoxLoss result = StandardRoIHead::bbox_loss(features, samples, targets);
  const std::vector<SamplingResult> moved = jittered(samples, targets.metas);
  const torch::Tensor rois = positive_rois_of(moved);
  if (rois.size(0) == 0) return result;
  const torch::Tensor feats = grid_features(features, rois);
  const torch::Tensor chosen = torch::randperm(feats.size(0), torch::kLong).slice(0, 0, train_cfg().max_num_grid).to(feats.device());
  const GridHead::HeatMaps predicted = grid_head_->forward(feats.index_select(0, chosen));
  result.losses.update(grid_head_->loss(predicted, grid_head_->get_targets(moved, train_cfg().pos_radius).index_select(0, chosen)));
  return result;
}

std::vector<Detections> GridRoIHead::predict(const nn::Features& features, const Proposals& proposals, std::span<const ImageMeta> metas,
                                             bool rescale) {
  std::vector<Detections> found = predict_boxes(features, proposals, metas, /*rescale=*/false);
  std::vector<torch::Tensor> boxes;
  for (const Detections& image : found) boxes.push_back(boxes_tensor(image, features.front().options()));
  const torch::Tensor rois = bbox2roi(boxes);
  if (rois.size(0) == 0) return found;
  const torch::Tensor maps = grid_head_->forward(grid_roi_extractor_->forward(features, rois)).fused;
  std::int64_t begin = 0;
  for (std::size_t image = 0; image < found.size(); ++image) {
    const std::int64_t end = begin + boxes[image].size(0);
    torch::Tensor of_image = grid_head_->get_bboxes(boxes[image], maps.slice(0, begin, end));
    if (rescale) of_image = of_image / scale_tensor(metas[image], of_image.options());
    set_boxes(found[image], of_image);
    begin = end;
  }
  if (with_mask()) predict_masks(features, metas, rescale, found);
  return found;
}

std::vector<RoIOutput> GridRoIHead::roi_outputs(const nn::Features& features, const torch::Tensor& rois, std::int64_t max_masks) {
  std::vector<RoIOutput> all = StandardRoIHead::roi_outputs(features, rois, max_masks);
  const torch::Tensor grid_rois = max_masks < 0 ? rois : rois.slice(0, 0, max_masks);
  const GridHead::HeatMaps maps = grid_head_->forward(grid_features(features, grid_rois));
  all.push_back({"grid.fused", maps.fused});
  return all;
}

DETFORGE_REGISTER(heads, GridRoIHead,
                  {.name = "GridRoIHead",
                   .python = "mmdet.models.roi_heads.grid_roi_head.GridRoIHead",
                   .meaning = "boxes from the points of a grid"});

}  // namespace detforge
