#include "detforge/kernels/select_scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace detforge::kernels {
namespace {

struct Pair {
  std::int64_t prior, label;
  float score;
  friend bool operator==(const Pair&, const Pair&) = default;
};

std::vector<Pair> pairs_of(const Selection& selection) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < selection.priors.size(); ++i)
    pairs.push_back({selection.priors[i], selection.labels[i], selection.scores[i]});
  return pairs;
}

/// A level with `per_place` priors, and the same as a table of scores, straight from the definitions.
struct Level {
  std::int64_t per_place, classes, places;
  bool softmax;
  std::vector<float> scores, factors;

  Level(std::int64_t a, std::int64_t c, std::int64_t p, bool soft, bool with_factors, unsigned seed)
      : per_place(a), classes(c), places(p), softmax(soft) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal(-1.0F, 2.0F);
    for (std::int64_t i = 0; i < a * channels() * p; ++i) scores.push_back(normal(generator));
    for (std::int64_t i = 0; with_factors && i < a * p; ++i) factors.push_back(normal(generator));
  }
  std::int64_t channels() const { return classes + (softmax ? 1 : 0); }
  ScoreLevel view() const { return {.scores = scores, .factors = factors, .channels = channels(), .places = places}; }
  /// The scores with channels last, for a view of them.
  std::vector<float> turned() const {
    std::vector<float> values;
    for (std::int64_t prior = 0; prior < per_place * places; ++prior) {
      for (std::int64_t channel = 0; channel < channels(); ++channel) values.push_back(logit(prior, channel));
    }
    return values;
  }

  static float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }
  float logit(std::int64_t prior, std::int64_t channel) const {
    const std::int64_t place = prior / per_place, number = prior % per_place;
    return scores[static_cast<std::size_t>((number * channels() + channel) * places + place)];
  }
  float score(std::int64_t prior, std::int64_t label) const {
    if (!softmax) return sigmoid(logit(prior, label));
    double sum = 0;
    for (std::int64_t c = 0; c < channels(); ++c) sum += std::exp(static_cast<double>(logit(prior, c)));
    return static_cast<float>(std::exp(static_cast<double>(logit(prior, label))) / sum);
  }
  float factor(std::int64_t prior) const {
    if (factors.empty()) return 1;
    return sigmoid(factors[static_cast<std::size_t>((prior % per_place) * places + prior / per_place)]);
  }
};

std::vector<Pair> expected(const Level& level, const SelectionOptions& options) {
  std::vector<Pair> pairs;
  const std::int64_t priors = level.per_place * level.places;
  std::vector<std::pair<float, std::int64_t>> best;
  for (std::int64_t prior = 0; prior < priors; ++prior) {
    float highest = 0;
    for (std::int64_t label = 0; label < level.classes; ++label) highest = std::max(highest, level.score(prior, label));
    best.emplace_back(-highest * level.factor(prior), prior);
  }
  if (options.rule == SelectionRule::Places && options.nms_pre > 0 && priors > options.nms_pre) {
    std::sort(best.begin(), best.end());
    best.resize(static_cast<std::size_t>(options.nms_pre));
  }
  for (const auto& [key, prior] : best) {
    for (std::int64_t label = 0; label < level.classes; ++label) {
      const float raw = level.score(prior, label), scaled = raw * level.factor(prior);
      const float judged = options.rule == SelectionRule::Places ? scaled : raw;
      if (judged > static_cast<float>(options.score_thr))
        pairs.push_back({prior, label, options.rule == SelectionRule::Places ? scaled : raw});
    }
  }
  if (options.rule == SelectionRule::Pairs) {
    std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.score > b.score; });
    if (options.nms_pre >= 0) pairs.resize(std::min(pairs.size(), static_cast<std::size_t>(options.nms_pre)));
    for (Pair& pair : pairs) pair.score *= level.factor(pair.prior);
  }
  return pairs;
}

TEST(SelectScores, IsWhatTheDefinitionsSay) {
  unsigned seed = 0;
  for (const std::int64_t per_place : {1, 3}) {
    for (const std::int64_t places : {1, 7, 64, 65}) {
      for (const bool softmax : {false, true}) {
        for (const bool with_factors : {false, true}) {
          for (const SelectionRule rule : {SelectionRule::Places, SelectionRule::Pairs}) {
            const Level level(per_place, 4, places, softmax, with_factors, ++seed);
            const SelectionOptions options{.score_thr = 0.05,
                                           .nms_pre = 20,
                                           .activation = softmax ? ScoreActivation::Softmax : ScoreActivation::Sigmoid,
                                           .rule = rule};
            const auto ours = pairs_of(select_scores(level.view(), options)), wanted = expected(level, options);
            ASSERT_EQ(ours.size(), wanted.size()) << "case " << seed;
            for (std::size_t i = 0; i < ours.size(); ++i) {
              EXPECT_EQ(ours[i].prior, wanted[i].prior) << "case " << seed << " row " << i;
              EXPECT_EQ(ours[i].label, wanted[i].label) << "case " << seed << " row " << i;
              EXPECT_NEAR(ours[i].score, wanted[i].score, 1e-6) << "case " << seed << " row " << i;
            }
            const std::vector<float> turned = level.turned();
            ScoreLevel channels_last = level.view();
            channels_last.scores = turned;
            channels_last.layout = FeatureLayout::ChannelsLast;
            EXPECT_EQ(pairs_of(select_scores(channels_last, options)), ours) << "case " << seed;
          }
        }
      }
    }
  }
}

TEST(SelectScores, LeavesOutTheLowestPairWithoutNmsPre) {
  const std::vector<float> scores = {2, 1, 3};
  const Selection selection =
      select_scores({.scores = scores, .factors = {}, .channels = 1, .places = 3}, {.score_thr = 0.1, .nms_pre = -1});
  EXPECT_EQ(selection.priors, (std::vector<std::int64_t>{2, 0}));
}

TEST(SelectScores, TakesEqualScoresInTheOrderOfThePriors) {
  const std::vector<float> scores(6, 1.0F);
  for (const SelectionRule rule : {SelectionRule::Places, SelectionRule::Pairs}) {
    const Selection selection =
        select_scores({.scores = scores, .factors = {}, .channels = 1, .places = 6}, {.score_thr = 0.1, .nms_pre = 3, .rule = rule});
    EXPECT_EQ(selection.priors, (std::vector<std::int64_t>{0, 1, 2}));
  }
}

/// Logits are compared with the threshold's before any sigmoid is taken: near it, none must be lost.
TEST(SelectScores, KeepsEveryScoreAboveTheThreshold) {
  for (const float threshold : {1e-6F, 0.01F, 0.05F, 0.5F, 0.97F, 0.99999F}) {
    std::vector<float> scores;
    const float at = std::log(threshold / (1 - threshold));
    for (int step = -200; step <= 200; ++step) scores.push_back(at + static_cast<float>(step) * 1e-6F * (1 + std::abs(at)));
    std::size_t above = 0;
    for (const float score : scores) above += Level::sigmoid(score) > threshold ? 1 : 0;
    const Selection selection =
        select_scores({.scores = scores, .factors = {}, .channels = 1, .places = static_cast<std::int64_t>(scores.size())},
                      {.score_thr = threshold, .nms_pre = 1000});
    EXPECT_EQ(selection.priors.size(), above) << threshold;
  }
}

TEST(SelectScores, DropsNotANumber) {
  const std::vector<float> scores = {std::numeric_limits<float>::quiet_NaN(), 1};
  const Selection selection =
      select_scores({.scores = scores, .factors = {}, .channels = 1, .places = 2}, {.score_thr = 0.1, .nms_pre = 5});
  EXPECT_EQ(selection.priors, (std::vector<std::int64_t>{1}));
}

TEST(SelectScores, OfAnEmptyMapIsEmpty) {
  EXPECT_TRUE(select_scores({.scores = {}, .factors = {}, .channels = 3, .places = 0}, {}).priors.empty());
}

}  // namespace
}  // namespace detforge::kernels
