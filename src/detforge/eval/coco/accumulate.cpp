#include <algorithm>
#include <bit>
#include <limits>

#include "detforge/eval/coco/match.h"

namespace detforge::matching {

namespace {

/// A detection that found something: how many wrong ones rank above it, and its score.
struct Hit {
  std::uint32_t wrong_before;
  double score;
};

/// For each recall threshold, how many hits reach it.
std::vector<std::size_t> hits_needed(const std::vector<double>& recalls, std::uint64_t truths) {
  std::vector<std::size_t> needed;
  std::size_t hits = 0;
  for (const double recall : recalls) {
    while (hits <= truths && static_cast<double>(hits) / static_cast<double>(truths) < recall) ++hits;
    needed.push_back(hits);
  }
  return needed;
}

/// The curve of one threshold. `wrong_after`: its false positives do not matter after the last hit.
void write_curve(const std::vector<Hit>& hits, const std::vector<std::size_t>& needed, double best_score, std::size_t t, std::size_t k,
                 std::size_t a, std::size_t m, PrecisionRecall& result) {
  double best = 0;
  std::size_t left = hits.size();
  for (std::size_t r = needed.size(); r-- > 0;) {
    const std::size_t slot = result.at(t, r, k, a, m);
    if (needed[r] > hits.size()) {
      result.precision[slot] = result.score[slot] = 0;
      continue;
    }
    // Precision is only ever highest at a hit: the envelope from the right needs no other place.
    for (; left > 0 && left >= needed[r]; --left) {
      const auto right = static_cast<double>(left);
      const double precision = right / (static_cast<double>(hits[left - 1].wrong_before) + right + std::numeric_limits<double>::epsilon());
      best = std::max(best, precision);
    }
    result.precision[slot] = best;
    result.score[slot] = needed[r] == 0 ? best_score : hits[needed[r] - 1].score;
  }
}

}  // namespace

void accumulate(const DetectionColumns& detections, const MatchParameters& parameters, const CategoryRecords& records, std::size_t category,
                std::size_t area, PrecisionRecall& result) {
  const std::uint64_t truths = records.truths_counted[area];
  if (truths == 0) return;
  const std::size_t thresholds = parameters.iou_thresholds.size();
  const std::vector<std::size_t> needed = hits_needed(parameters.recall_thresholds, truths);
  const ThresholdBits all = ~ThresholdBits{0} >> (64 - thresholds);
  const std::span matched = std::span(records.matched).subspan(area * records.detections.size(), records.detections.size());
  const std::span ignored = std::span(records.ignored).subspan(area * records.detections.size(), records.detections.size());

  std::vector<std::vector<Hit>> hits(thresholds);
  std::vector<std::uint32_t> wrong(thresholds);
  for (std::size_t m = 0; m < parameters.max_detections.size(); ++m) {
    const std::size_t limit = parameters.max_detections[m];
    std::uint32_t wrong_everywhere = 0;
    std::fill(wrong.begin(), wrong.end(), 0);
    for (auto& list : hits) list.clear();
    for (const std::uint32_t position : records.ranking) {
      if (records.rank[position] >= limit) continue;
      const ThresholdBits counts = ~ignored[position] & all;
      if (counts == 0) continue;
      const ThresholdBits right = matched[position] & counts;
      const ThresholdBits false_positive = ~matched[position] & counts;
      if (false_positive == all) {
        ++wrong_everywhere;
        continue;
      }
      for (ThresholdBits bits = false_positive; bits != 0; bits &= bits - 1) ++wrong[static_cast<std::size_t>(std::countr_zero(bits))];
      for (ThresholdBits bits = right; bits != 0; bits &= bits - 1) {
        const auto t = static_cast<std::size_t>(std::countr_zero(bits));
        hits[t].push_back({wrong_everywhere + wrong[t], detections.score[records.detections[position]]});
      }
    }
    const bool has_detections = !records.ranking.empty() && limit > 0;
    const double best_score = has_detections ? detections.score[records.detections[records.ranking.front()]] : 0;
    for (std::size_t t = 0; t < thresholds; ++t) {
      result.recall[result.at(t, category, area, m)] = static_cast<double>(hits[t].size()) / static_cast<double>(truths);
      write_curve(hits[t], needed, best_score, t, category, area, m, result);
    }
  }
}

}  // namespace detforge::matching
