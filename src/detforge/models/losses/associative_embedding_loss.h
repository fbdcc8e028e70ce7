#pragma once

#include "detforge/models/losses/loss.h"

namespace detforge {

/// Pulls the embeddings of an object's two corners together and pushes those of different objects apart
/// (arXiv 1611.05424, as CornerNet uses it).
class AssociativeEmbeddingLoss : public Loss {
 public:
  struct Options {
    double pull_weight = 0.25;
    double push_weight = 0.25;
  };
  static Arguments<Options> arguments();
  AssociativeEmbeddingLoss(const Options& options, const BuildContext& context);

  struct PullAndPush {
    torch::Tensor pull;  ///< scalar
    torch::Tensor push;  ///< scalar
  };
  /// `top_left` and `bottom_right` [N, E, H, W]; `corners` per image [G, 4] int64: y and x of each object's top left place,
  /// then of its bottom right one. Summed over the images.
  PullAndPush pull_and_push(const torch::Tensor& top_left, const torch::Tensor& bottom_right,
                            const std::vector<torch::Tensor>& corners) const;

 protected:
  /// Throws `Error`: this loss has no single value.
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override;

 private:
  double pull_weight_;
  double push_weight_;
};

}  // namespace detforge
