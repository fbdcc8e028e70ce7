#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detforge/kernels/feature_shape.h"

/// Which predictions of a dense head are worth decoding.
namespace detforge::kernels {

/// One level of one image as a head gives it, A priors at each place.
struct ScoreLevel {
  std::span<const float> scores;   ///< [A·channels, places] before any sigmoid or softmax; [places, A·channels] with channels last
  std::span<const float> factors;  ///< [A, places] before the sigmoid: what scores are multiplied by; empty: none
  std::int64_t channels = 0;       ///< classes; with a softmax also the background, which comes last
  std::int64_t places = 0;         ///< height · width
  FeatureLayout layout = FeatureLayout::Planes;  ///< of the scores
};

enum class ScoreActivation {
  Sigmoid,
  Softmax,
  None  ///< scores are probabilities already
};

/// What `nms_pre` counts, and where factors come in.
enum class SelectionRule {
  Places,  ///< v2.8: the priors whose best score × factor is highest; the threshold holds for score × factor
  Pairs    ///< v2.27: the pairs of prior and class with the highest scores above the threshold; factors come after
};

struct SelectionOptions {
  double score_thr = 0;       ///< scores must be greater
  std::int64_t nms_pre = -1;  ///< at most so many, where this is above 0
  ScoreActivation activation = ScoreActivation::Sigmoid;
  SelectionRule rule = SelectionRule::Pairs;
};

/// Pairs of prior (place · A + its number at the place) and class, with score × factor.
struct Selection {
  std::vector<std::int64_t> priors;
  std::vector<std::int64_t> labels;
  std::vector<float> scores;
};

/// Equal scores in the order of the priors. As in v2.27 a `nms_pre` of -1 leaves out the lowest of the pairs.
Selection select_scores(const ScoreLevel& level, const SelectionOptions& options);

}  // namespace detforge::kernels
