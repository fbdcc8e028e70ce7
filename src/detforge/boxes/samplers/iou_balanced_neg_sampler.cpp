#include "detforge/boxes/samplers/base_sampler.h"

namespace detforge {

/// Libra R-CNN's negatives (arXiv 1904.02701): a share `floor_fraction` of those that overlap objects by less than `floor_thr` (by nothing,
/// where it is 0), the others in equal numbers from `num_bins` intervals of overlap. Positives at random.
class IoUBalancedNegSampler : public BaseSampler {
 public:
  struct Options : BaseSampler::Options {
    double floor_thr = -1;
    double floor_fraction = 0;
    std::int64_t num_bins = 3;
  };
  static Arguments<Options> arguments() {
    return {BaseSampler::arguments(),
            arg(&Options::floor_thr, "floor_thr", "negatives of a smaller overlap are drawn apart; -1: none are").check([](double thr) {
              return thr >= 0 || thr == -1 ? std::string() : std::string("must be at least 0, or -1");
            }),
            arg(&Options::floor_fraction, "floor_fraction", "the share of those").check([](double share) {
              return share >= 0 && share <= 1 ? std::string() : std::string("must be from 0 to 1");
            }),
            arg(&Options::num_bins, "num_bins", "intervals of overlap").at_least(1)};
  }

  IoUBalancedNegSampler(const Options& options, const BuildContext&) : BaseSampler(options), options_(options) {}

  Chosen sample_pos(const Candidates& candidates, std::int64_t num_expected) const override {
    return {random_choice(candidates.positives(), num_expected)};
  }

  Chosen sample_neg(const Candidates& candidates, std::int64_t num_expected) const override {
    const torch::Tensor negatives = candidates.negatives();
    if (negatives.size(0) <= num_expected) return {negatives};
    if (!candidates.assigned.max_overlaps.defined()) throw Error("IoUBalancedNegSampler needs an assigner that tells overlaps");
    const torch::Tensor overlaps = candidates.assigned.max_overlaps.index_select(0, negatives);
    const torch::Tensor above = options_.floor_thr > 0 ? overlaps >= options_.floor_thr : overlaps > options_.floor_thr;
    const torch::Tensor floor = options_.floor_thr > 0    ? (overlaps >= 0).logical_and(overlaps < options_.floor_thr)
                                : options_.floor_thr == 0 ? overlaps == 0
                                                          : torch::zeros_like(above);
    const auto num_above = static_cast<std::int64_t>(static_cast<double>(num_expected) * (1 - options_.floor_fraction));
    const torch::Tensor balanced = sample_above(candidates.assigned.max_overlaps, negatives.masked_select(above), num_above);
    const torch::Tensor on_floor = random_choice(negatives.masked_select(floor), num_expected - balanced.size(0));
    return {filled_up(torch::cat({on_floor, balanced}), negatives, num_expected)};
  }

 private:
  torch::Tensor sample_above(const torch::Tensor& max_overlaps, const torch::Tensor& gallery, std::int64_t num_expected) const {
    if (gallery.size(0) <= num_expected) return gallery;
    if (options_.num_bins < 2) return random_choice(gallery, num_expected);
    const double floor = std::max(options_.floor_thr, 0.0);
    const double interval = (max_overlaps.max().item<double>() - floor) / static_cast<double>(options_.num_bins);
    const torch::Tensor overlaps = max_overlaps.index_select(0, gallery);
    std::vector<torch::Tensor> of_bins;
    for (std::int64_t bin = 0; bin < options_.num_bins; ++bin) {
      const double start = floor + static_cast<double>(bin) * interval, end = floor + static_cast<double>(bin + 1) * interval;
      of_bins.push_back(
          random_choice(gallery.masked_select((overlaps >= start).logical_and(overlaps < end)), num_expected / options_.num_bins));
    }
    return filled_up(torch::cat(of_bins), gallery, num_expected);
  }

  /// `chosen` and as many others of `gallery` as are missing.
  static torch::Tensor filled_up(const torch::Tensor& chosen, const torch::Tensor& gallery, std::int64_t num_expected) {
    if (chosen.size(0) >= num_expected) return chosen;
    const torch::Tensor rest = gallery.masked_select(torch::isin(gallery, chosen, /*assume_unique=*/true).logical_not());
    return torch::cat({chosen, random_choice(rest, num_expected - chosen.size(0))});
  }

  Options options_;
};

DETFORGE_REGISTER(bbox_samplers, IoUBalancedNegSampler,
                  {.name = "IoUBalancedNegSampler",
                   .python = "mmdet.core.bbox.samplers.iou_balanced_neg_sampler.IoUBalancedNegSampler",
                   .meaning = "negatives of all overlaps alike"});

}  // namespace detforge
