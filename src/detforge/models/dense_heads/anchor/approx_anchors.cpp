#include "detforge/models/dense_heads/anchor/approx_anchors.h"

#include "detforge/boxes/prior_generators/anchor_generator.h"

namespace detforge {

ApproxAnchors::ApproxAnchors(const ConfigDict& approx_anchor_generator, const ConfigDict& square_anchor_generator,
                             const BuildContext& context)
    : approxs_(anchor_generators().build(approx_anchor_generator, context.child("approx_anchor_generator"))),
      squares_(anchor_generators().build(square_anchor_generator, context.child("square_anchor_generator"))) {
  const auto* approxs = dynamic_cast<const AnchorGenerator*>(approxs_.get());
  const auto* squares = dynamic_cast<const AnchorGenerator*>(squares_.get());
  if (approxs == nullptr || !approxs->octave_base_scale()) {
    throw ArgumentError("approx_anchor_generator", "must be an AnchorGenerator with an octave_base_scale");
  }
  octave_base_scale_ = *approxs->octave_base_scale();
  if (squares == nullptr || squares->scales().empty() || squares->scales().front() != octave_base_scale_) {
    throw ArgumentError("square_anchor_generator", "must begin its scales with the octave_base_scale of approx_anchor_generator");
  }
  if (squares->strides() != approxs->strides()) {
    throw ArgumentError("square_anchor_generator", "must have the strides of approx_anchor_generator");
  }
}

ApproxAnchors::Grid ApproxAnchors::grid(std::span<const torch::Tensor> maps) const {
  const std::vector<ImageSize> sizes = featmap_sizes(maps);
  const torch::TensorOptions as_floats = maps.front().options().dtype(torch::kFloat).requires_grad(false);
  Grid grid;
  grid.levels = squares_->grid_priors(sizes, as_floats);
  grid.squares = torch::cat(grid.levels);
  grid.approxs = torch::cat(approxs_->grid_priors(sizes, as_floats));
  return grid;
}

torch::Tensor ApproxAnchors::inside_flags(const Grid& grid, std::span<const torch::Tensor> maps, const ImageMeta& meta,
                                          double allowed_border) const {
  const torch::Tensor valid = torch::cat(approxs_->valid_flags(featmap_sizes(maps), meta.pad_shape)).to(grid.approxs.device());
  return anchor_inside_flags(grid.approxs, valid, meta.img_shape, allowed_border).view({-1, approxs_per_octave()}).any(1);
}

SamplingResult ApproxAnchors::sample(const Grid& grid, const torch::Tensor& inside, const Assigner& assigner, const Sampler& sampler,
                                     const torch::Tensor& gt_bboxes, const torch::Tensor& gt_bboxes_ignore) const {
  AssignInput input;
  input.priors = grid.squares.index({inside});
  input.approxs = grid.approxs.view({-1, approxs_per_octave(), 4}).index({inside}).view({-1, 4});
  input.approxs_per_octave = approxs_per_octave();
  input.gt_bboxes = gt_bboxes;
  input.gt_bboxes_ignore = gt_bboxes_ignore;
  return sampler.sample(assigner.assign(input), input.priors, gt_bboxes);
}

}  // namespace detforge
