#include "detforge/kernels/select_scores.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "detforge/kernels/sigmoid.h"

namespace detforge::kernels {
namespace {

/// The scores of one level after sigmoid or softmax.
class Scores {
 public:
  Scores(const ScoreLevel& level, ScoreActivation activation)
      : level_(level),
        channels_(static_cast<std::size_t>(level.channels)),
        places_(static_cast<std::size_t>(level.places)),
        per_place_(level.scores.size() / (channels_ * places_)),
        softmax_(activation == ScoreActivation::Softmax),
        plain_(activation == ScoreActivation::None) {
    if (softmax_) normalise();
  }

  std::size_t num_priors() const { return per_place_ * places_; }
  std::size_t num_classes() const { return softmax_ ? channels_ - 1 : channels_; }

  float operator()(std::size_t prior, std::size_t label) const { return activated(level_.scores[at(prior, label)], prior); }

  float factor(std::size_t prior) const {
    if (level_.factors.empty()) return 1;
    return sigmoid(level_.factors[(prior % per_place_) * places_ + prior / per_place_]);
  }

  /// The best class score of each prior, times its factor.
  std::vector<float> best() const {
    std::vector<float> best(num_priors(), -std::numeric_limits<float>::infinity());
    for_each(num_classes(), [&](std::size_t prior, std::size_t, float score) { best[prior] = std::max(best[prior], score); });
    for (std::size_t prior = 0; prior < best.size(); ++prior) best[prior] = activated(best[prior], prior) * factor(prior);
    return best;
  }

  /// Calls `visit(prior, label, score)` for scores above `threshold`.
  template <class Visit>
  void for_each_above(float threshold, const Visit& visit) const {
    // A sigmoid per score costs more than all else here; logits below the threshold's need none.
    const float least = softmax_ || plain_ ? -std::numeric_limits<float>::infinity() : logit_below(threshold);
    for_each(num_classes(), [&](std::size_t prior, std::size_t label, float logit) {
      if (!(logit >= least)) return;
      const float score = activated(logit, prior);
      if (score > threshold) visit(prior, label, score);
    });
  }

 private:
  float activated(float score, std::size_t prior) const {
    if (plain_) return score;
    return softmax_ ? std::exp(score - largest_[prior]) / sums_[prior] : sigmoid(score);
  }

  std::size_t at(std::size_t prior, std::size_t label) const {
    if (level_.layout == FeatureLayout::ChannelsLast) return prior * channels_ + label;
    return ((prior % per_place_) * channels_ + label) * places_ + prior / per_place_;
  }

  /// Calls `visit(prior, label, number)` for the first `labels` of every prior, in the order of memory.
  template <class Visit>
  void for_each(std::size_t labels, const Visit& visit) const {
    const float* row = level_.scores.data();
    if (level_.layout == FeatureLayout::ChannelsLast) {
      for (std::size_t prior = 0; prior < num_priors(); ++prior, row += channels_) {
        for (std::size_t label = 0; label < labels; ++label) visit(prior, label, row[label]);
      }
      return;
    }
    for (std::size_t first = 0; first < per_place_; ++first) {
      for (std::size_t label = 0; label < channels_; ++label, row += places_) {
        for (std::size_t place = 0; place < places_ && label < labels; ++place) visit(place * per_place_ + first, label, row[place]);
      }
    }
  }

  void normalise() {
    largest_.assign(num_priors(), -std::numeric_limits<float>::infinity());
    sums_.assign(num_priors(), 0);
    for_each(channels_, [&](std::size_t prior, std::size_t, float score) { largest_[prior] = std::max(largest_[prior], score); });
    for_each(channels_, [&](std::size_t prior, std::size_t, float score) { sums_[prior] += std::exp(score - largest_[prior]); });
  }

  /// A logit whose sigmoid, rounded, is surely no more than `threshold`.
  static float logit_below(float threshold) {
    if (!(threshold > 0)) return -std::numeric_limits<float>::infinity();
    if (threshold >= 1) return std::numeric_limits<float>::infinity();
    const float logit = std::log(threshold / (1 - threshold));
    return logit - 1e-5F * (1 + std::abs(logit)) / (1 - threshold);
  }

  const ScoreLevel& level_;
  std::size_t channels_;
  std::size_t places_;
  std::size_t per_place_;
  bool softmax_;
  bool plain_;
  std::vector<float> largest_;  // [priors] of the softmax
  std::vector<float> sums_;     // [priors] of the softmax
};

/// The first `count` indices in falling order of their keys, equal ones in their order.
std::vector<std::size_t> highest(const std::vector<float>& keys, std::size_t count) {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  count = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](std::size_t a, std::size_t b) { return keys[a] > keys[b] || (keys[a] == keys[b] && a < b); });
  order.resize(count);
  return order;
}

Selection select_places(const Scores& scores, const SelectionOptions& options) {
  std::vector<std::size_t> priors(scores.num_priors());
  std::iota(priors.begin(), priors.end(), std::size_t{0});
  if (options.nms_pre > 0 && priors.size() > static_cast<std::size_t>(options.nms_pre)) {
    priors = highest(scores.best(), static_cast<std::size_t>(options.nms_pre));
  }
  const auto threshold = static_cast<float>(options.score_thr);
  Selection selection;
  for (const std::size_t prior : priors) {
    const float factor = scores.factor(prior);
    for (std::size_t label = 0; label < scores.num_classes(); ++label) {
      const float score = scores(prior, label) * factor;
      if (!(score > threshold)) continue;
      selection.priors.push_back(static_cast<std::int64_t>(prior));
      selection.labels.push_back(static_cast<std::int64_t>(label));
      selection.scores.push_back(score);
    }
  }
  return selection;
}

Selection select_pairs(const Scores& scores, const SelectionOptions& options) {
  struct Pair {
    std::size_t prior, label;
    float score;
  };
  std::vector<Pair> pairs;
  scores.for_each_above(static_cast<float>(options.score_thr), [&](std::size_t prior, std::size_t label, float score) {
    pairs.push_back({prior, label, score});
  });
  const auto better = [](const Pair& a, const Pair& b) {
    if (a.score != b.score) return a.score > b.score;
    return a.prior != b.prior ? a.prior < b.prior : a.label < b.label;
  };
  const auto all = static_cast<std::int64_t>(pairs.size());
  const std::int64_t kept = options.nms_pre >= 0 ? std::min(options.nms_pre, all) : std::max(all + options.nms_pre, std::int64_t{0});
  std::partial_sort(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(kept), pairs.end(), better);
  Selection selection;
  for (std::int64_t i = 0; i < kept; ++i) {
    const Pair& pair = pairs[static_cast<std::size_t>(i)];
    selection.priors.push_back(static_cast<std::int64_t>(pair.prior));
    selection.labels.push_back(static_cast<std::int64_t>(pair.label));
    selection.scores.push_back(pair.score * scores.factor(pair.prior));
  }
  return selection;
}

}  // namespace

Selection select_scores(const ScoreLevel& level, const SelectionOptions& options) {
  if (level.scores.empty()) return {};
  const Scores scores(level, options.activation);
  return options.rule == SelectionRule::Places ? select_places(scores, options) : select_pairs(scores, options);
}

}  // namespace detforge::kernels
