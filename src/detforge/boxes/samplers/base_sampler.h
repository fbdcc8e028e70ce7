#pragma once

#include "detforge/boxes/samplers/sampler.h"

namespace detforge {

/// A sampler of at most `num` priors, at most a share `pos_fraction` of them positive, and at most `neg_pos_ub` negatives for each positive
/// (at least one, where there is none). With `add_gt_as_proposals` the objects themselves are priors, too.
class BaseSampler : public Sampler {
 public:
  struct Options {
    std::int64_t num = 0;
    double pos_fraction = 0;
    double neg_pos_ub = -1;
    bool add_gt_as_proposals = true;
  };
  static Arguments<Options> arguments();

  explicit BaseSampler(const Options& options) : options_(options) {}

  /// Indices are in ascending order, none twice.
  SamplingResult sample(AssignResult assigned, const torch::Tensor& priors, const torch::Tensor& gt_bboxes, const torch::Tensor& gt_labels,
                        const SampleContext& context) const override;

  /// What `sample_pos` and `sample_neg` choose from: objects are among the priors already, where they are added.
  struct Candidates {
    const AssignResult& assigned;
    const torch::Tensor& priors;  ///< [B, 4]
    const SampleContext& context;

    torch::Tensor positives() const { return (assigned.gt_inds > 0).nonzero().view({-1}); }
    torch::Tensor negatives() const { return (assigned.gt_inds == 0).nonzero().view({-1}); }
  };
  struct Chosen {
    torch::Tensor inds;          ///< [n] int64, n at most the number asked for
    torch::Tensor weights = {};  ///< [n] of the labels; undefined: 1
  };
  virtual Chosen sample_pos(const Candidates& candidates, std::int64_t num_expected) const = 0;
  virtual Chosen sample_neg(const Candidates& candidates, std::int64_t num_expected) const = 0;

 private:
  Options options_;
};

/// `count` of the entries of `gallery` [n], or all where there are no more, by a permutation that torch's generator draws.
torch::Tensor random_choice(const torch::Tensor& gallery, std::int64_t count);

}  // namespace detforge
