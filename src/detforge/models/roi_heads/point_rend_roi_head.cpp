#include "detforge/models/roi_heads/mask_heads/mask_point_head.h"
#include "detforge/models/roi_heads/standard_roi_head.h"
#include "detforge/ops/point_sample.h"

namespace detforge {

/// PointRend (arXiv 1912.08193): coarse masks are enlarged step by step, and their most uncertain points decided anew from the
/// pyramid's features.
class PointRendRoIHead : public StandardRoIHead {
 public:
  struct Options : StandardRoIHead::Options {
    ConfigDict point_head;
  };
  static Arguments<Options> arguments() {
    return {StandardRoIHead::arguments(), arg(&Options::point_head, "point_head", required, "decides points of masks").built_by("HEADS")};
  }

  PointRendRoIHead(const Options& options, const BuildContext& context) : StandardRoIHead("PointRendRoIHead", options, context) {
    if (!with_mask()) throw ArgumentError("mask_head", "must be given");
    point_head_ = register_module("point_head", build_head<MaskPointHead>(options.point_head, context.child("point_head"), "point head"));
    show_init_cfg(context, options.init_cfg);
  }

 protected:
  Losses mask_loss(const nn::Features& features, std::span<const SamplingResult> samples, const torch::Tensor& bbox_feats,
                   const Targets& targets) override;
  MaskForward mask_predictions(const nn::Features& features, const torch::Tensor& rois, const torch::Tensor& labels,
                               std::size_t num_images) override;

 private:
  /// [N, C of all levels, P]: the pyramid's values at the points [N, P, 2] of regions [N, 5].
  torch::Tensor fine_features(const nn::Features& features, const torch::Tensor& rois, const torch::Tensor& points) const;
  /// Masks [N, num_classes, h, w] of regions of one image, enlarged and decided anew.
  torch::Tensor refine(const nn::Features& features, const torch::Tensor& rois, const torch::Tensor& labels, const torch::Tensor& coarse);

  std::shared_ptr<MaskPointHead> point_head_;
};

torch::Tensor PointRendRoIHead::fine_features(const nn::Features& features, const torch::Tensor& rois, const torch::Tensor& points) const {
  const std::vector<std::int64_t>& strides = mask_roi_extractor().featmap_strides();
  std::vector<torch::Tensor> of_levels;
  for (std::size_t level = 0; level < strides.size(); ++level) {
    const torch::Tensor& map = features.at(level);
    std::vector<torch::Tensor> of_images;
    for (std::int64_t image = 0; image < map.size(0); ++image) {
      const torch::Tensor chosen = (rois.select(1, 0) == static_cast<double>(image)).nonzero().squeeze(1);
      if (chosen.size(0) == 0) continue;
      const torch::Tensor of_map = ops::roi_points_in_map(rois.index_select(0, chosen), points.index_select(0, chosen), map.size(2),
                                                          map.size(3), 1.0 / static_cast<double>(strides[level]));
      of_images.push_back(ops::point_sample(map.slice(0, image, image + 1), of_map.unsqueeze(0)).squeeze(0).transpose(0, 1));
    }
    of_levels.push_back(torch::cat(of_images));
  }
  return torch::cat(of_levels, 1);
}

Losses PointRendRoIHead::mask_loss(const nn::Features& features, std::span<const SamplingResult> samples, const torch::Tensor& bbox_feats,
                                   const Targets& targets) {
  MaskLoss masks = fcn_mask_loss(features, samples, bbox_feats, targets);
  const torch::Tensor &coarse = masks.forward.mask_pred, labels = positive_labels_of(samples);
  if (labels.size(0) == 0) {
    masks.losses.set("loss_point", coarse.sum() * 0);
    return masks.losses;
  }
  if (train_cfg().num_points == 0) throw Error("the train_cfg of PointRendRoIHead needs 'num_points'");
  const torch::Tensor points = MaskPointHead::training_points(coarse, labels, train_cfg());
  const torch::Tensor predicted =
      point_head_->forward(fine_features(features, positive_rois_of(samples), points), ops::point_sample(coarse, points));
  masks.losses.update(point_head_->loss(predicted, point_head_->get_targets(points, samples, targets.gt_masks), labels));
  return masks.losses;
}

torch::Tensor PointRendRoIHead::refine(const nn::Features& features, const torch::Tensor& rois, const torch::Tensor& labels,
                                       const torch::Tensor& coarse) {
  const RcnnTestCfg& config = test_cfg();
  torch::Tensor masks = coarse;
  for (std::int64_t step = 0; step < config.subdivision_steps; ++step) {
    masks = torch::upsample_bilinear2d(masks, c10::nullopt, /*align_corners=*/false,
                                       std::vector<double>{config.scale_factor, config.scale_factor});
    // A step whose successor decides every pixel anew has nothing to decide.
    const double pixels_of_next = config.scale_factor * config.scale_factor * static_cast<double>(masks.size(2) * masks.size(3));
    if (static_cast<double>(config.subdivision_num_points) >= pixels_of_next && step + 1 < config.subdivision_steps) continue;
    const auto uncertain = MaskPointHead::uncertain_points(masks, labels, config.subdivision_num_points);
    const torch::Tensor decided =
        point_head_->forward(fine_features(features, rois, uncertain.points), ops::point_sample(coarse, uncertain.points));
    const torch::Tensor indices = uncertain.indices.unsqueeze(1).expand({-1, masks.size(1), -1});
    masks = masks.flatten(2).scatter(2, indices, decided).view(masks.sizes());
  }
  return masks;
}

StandardRoIHead::MaskForward PointRendRoIHead::mask_predictions(const nn::Features& features, const torch::Tensor& rois,
                                                                const torch::Tensor& labels, std::size_t num_images) {
  MaskForward coarse = mask_forward(features, rois);
  std::vector<torch::Tensor> masks;
  for (std::size_t image = 0; image < num_images; ++image) {
    const torch::Tensor chosen = (rois.select(1, 0) == static_cast<double>(image)).nonzero().squeeze(1);
    if (chosen.size(0) == 0) continue;
    const torch::Tensor of_image = rois.index_select(0, chosen).clone();
    of_image.select(1, 0).zero_();
    masks.push_back(
        refine(features_of_image(features, image), of_image, labels.index_select(0, chosen), coarse.mask_pred.index_select(0, chosen)));
  }
  coarse.mask_pred = torch::cat(masks);
  return coarse;
}

DETFORGE_REGISTER(heads, PointRendRoIHead,
                  {.name = "PointRendRoIHead",
                   .python = "mmdet.models.roi_heads.point_rend_roi_head.PointRendRoIHead",
                   .meaning = "masks that are decided anew where they are uncertain"});

}  // namespace detforge
