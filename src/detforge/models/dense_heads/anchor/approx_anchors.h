#pragma once

#include "detforge/models/dense_heads/anchor/anchor_targets.h"

namespace detforge {

/// The two sets of anchors of guided anchoring (arXiv 1901.03278) and SABL: at each place one square, and around it the
/// approximate shapes that say which objects it belongs to.
class ApproxAnchors {
 public:
  /// Throws `ArgumentError` where the two do not fit.
  ApproxAnchors(const ConfigDict& approx_anchor_generator, const ConfigDict& square_anchor_generator, const BuildContext& context);

  const PriorGenerator& squares() const { return *squares_; }
  std::int64_t approxs_per_octave() const { return approxs_->num_base_priors().front(); }
  /// Size of the squares, in strides.
  double octave_base_scale() const { return octave_base_scale_; }

  /// All levels one after the other, S squares in all.
  struct Grid {
    std::vector<torch::Tensor> levels;  ///< squares [S_i, 4] of each level
    torch::Tensor approxs;              ///< [S · approxs_per_octave, 4]
    torch::Tensor squares;              ///< [S, 4]
  };
  Grid grid(std::span<const torch::Tensor> maps) const;
  /// Which squares [S] have a shape that is inside of the image.
  torch::Tensor inside_flags(const Grid& grid, std::span<const torch::Tensor> maps, const ImageMeta& meta, double allowed_border) const;
  /// Assigns the squares that are inside by their shapes, and samples among them.
  SamplingResult sample(const Grid& grid, const torch::Tensor& inside, const Assigner& assigner, const Sampler& sampler,
                        const torch::Tensor& gt_bboxes, const torch::Tensor& gt_bboxes_ignore) const;

 private:
  std::shared_ptr<PriorGenerator> approxs_;
  std::shared_ptr<PriorGenerator> squares_;
  double octave_base_scale_ = 0;
};

}  // namespace detforge
