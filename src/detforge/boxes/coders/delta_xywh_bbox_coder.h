#pragma once

#include "detforge/boxes/coders/bbox_coder.h"
#include "detforge/boxes/coders/delta_coding.h"

namespace detforge {

/// Faster R-CNN's code of boxes (arXiv 1311.2524): moves of the centre in sizes of the prior, logarithms of the sides' ratios,
/// normalised. With `add_ctr_clamp` (YOLOF) centres move by `ctr_clamp` px at most, and sides may shrink without limit.
class DeltaXYWHBBoxCoder : public BBoxCoder {
 public:
  struct Options {
    std::array<double, 4> target_means = {0, 0, 0, 0};
    std::array<double, 4> target_stds = {1, 1, 1, 1};
    bool clip_border = true;
    bool add_ctr_clamp = false;
    double ctr_clamp = 32;
  };
  static Arguments<Options> arguments();

  DeltaXYWHBBoxCoder(const Options& options, const BuildContext&) : options_(options), coding_{options.target_means, options.target_stds} {}

  torch::Tensor encode(const torch::Tensor& priors, const torch::Tensor& gt, const CoderCall& call = {}) const override;
  /// `predictions` are [..., 4 · num_classes], and so are the boxes.
  torch::Tensor decode(const torch::Tensor& priors, const torch::Tensor& predictions, const CoderCall& call = {}) const override;

  const Options& options() const { return options_; }

 private:
  Options options_;
  DeltaCoding coding_;
};

}  // namespace detforge
