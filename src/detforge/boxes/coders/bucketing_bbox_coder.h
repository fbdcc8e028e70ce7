#pragma once

#include "detforge/boxes/coders/bbox_coder.h"

namespace detforge {

/// SABL's code (arXiv 1912.04260). Each side of the box lies in one of `side_num` = ceil(num_buckets / 2) buckets, counted from
/// that side of the rescaled prior towards its middle; a head says which (scores) and how far from the bucket's middle
/// (offsets, in buckets). Columns are sides (left, right, top, bottom), then buckets: S = 4 · side_num of them.
class BucketingBBoxCoder : public BBoxCoder {
 public:
  struct Options {
    std::int64_t num_buckets = 0;
    double scale_factor = 0;
    std::int64_t offset_topk = 2;
    double offset_upperbound = 1.0;
    bool cls_ignore_neighbor = true;
    bool clip_border = true;
  };
  static Arguments<Options> arguments();

  BucketingBBoxCoder(const Options& options, const BuildContext&);

  /// All [N, S].
  struct Targets {
    torch::Tensor offsets;
    torch::Tensor offset_weights;  ///< 1 for the bucket that is nearest, and the next ones where near enough
    torch::Tensor labels;          ///< 1 for the nearest bucket of each side
    torch::Tensor label_weights;   ///< 0 where a neighbour of the nearest is not held wrong
  };
  Targets encode_buckets(const torch::Tensor& priors, const torch::Tensor& gt) const;

  struct Boxes {
    torch::Tensor boxes;       ///< [N, 4]; clipped to the last pixel
    torch::Tensor confidence;  ///< [N] how sure the buckets are
  };
  /// `scores` (before softmax) and `offsets` are [N, S] or as many elements in another shape.
  Boxes decode_buckets(const torch::Tensor& priors, const torch::Tensor& scores, const torch::Tensor& offsets,
                       const CoderCall& call = {}) const;

  /// Labels and offsets in one tensor [N, 2 S], and the boxes of such a tensor of scores and offsets.
  torch::Tensor encode(const torch::Tensor& priors, const torch::Tensor& gt, const CoderCall& call = {}) const override;
  torch::Tensor decode(const torch::Tensor& priors, const torch::Tensor& predictions, const CoderCall& call = {}) const override;

  const Options& options() const { return options_; }
  std::int64_t side_num() const { return (options_.num_buckets + 1) / 2; }

 private:
  struct Grid {
    torch::Tensor sides;    ///< [N, 4] the rescaled prior's left, right, top, bottom
    torch::Tensor buckets;  ///< [N, 4] length of a bucket of that side, px
    /// The middles [N, 4, n] of the buckets [n] or [N, 4, n] of each side.
    torch::Tensor middles(const torch::Tensor& bucket) const;
  };
  /// (left, top, right, bottom) to (left, right, top, bottom) or back: [..., 4].
  static torch::Tensor swap_middle(const torch::Tensor& sides);
  Grid grid(const torch::Tensor& priors) const;

  Options options_;
};

}  // namespace detforge
