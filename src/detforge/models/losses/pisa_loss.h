#pragma once

#include <functional>
#include <vector>

#include "detforge/boxes/coders/bbox_coder.h"
#include "detforge/boxes/samplers/sampler.h"
#include "detforge/models/losses/loss.h"

/// Prime sample attention (PISA, arXiv 1904.04821), for anchors and RoIs alike: n samples of a batch, the images one after the other.
namespace detforge {

/// `isr=dict(k=…, bias=…)` and `carl=dict(k=…, bias=…)` of a train_cfg.
struct PisaCfg {
  double k = 1;     ///< power of the weight
  double bias = 0;  ///< what a weight is at least, before the power

  static constexpr PisaCfg isr() { return {2, 0}; }
  static constexpr PisaCfg carl() { return {1, 0.2}; }

  /// Throws `Error` at the place in the config for unknown and ill-typed keys; keys not given have `defaults`.
  static PisaCfg from(const ConfigDict& config, const std::string& owner, const PisaCfg& defaults, const BuildContext& context);
};

struct PisaSamples {
  torch::Tensor cls_score;      ///< [n, C]
  torch::Tensor bbox_pred;      ///< [n, 4], or [n, 4 · num_classes]
  torch::Tensor labels;         ///< [n] int64, num_classes for background
  torch::Tensor label_weights;  ///< [n]
  torch::Tensor bbox_targets;   ///< [n, 4] as the coder encodes them
  std::int64_t num_classes = 0;
};

/// The label weights [n] in which positives count by the rank of their IoU among those of their object and class
/// (importance-based sample reweighting); the sum of their losses stays. `priors` [n, 4] px are what `bbox_pred` moves,
/// `sampled` gives the object of each positive, image by image. Without gradient.
torch::Tensor isr_p(const PisaSamples& samples, const torch::Tensor& priors, const std::vector<SamplingResult>& sampled, Loss& loss_cls,
                    const BBoxCoder& coder, const PisaCfg& cfg);

/// A loss of boxes whose weight is the score of the right class (classification-aware regression loss): [1].
torch::Tensor carl_loss(const PisaSamples& samples, Loss& loss_bbox, double avg_factor, bool sigmoid, const PisaCfg& cfg);

}  // namespace detforge
