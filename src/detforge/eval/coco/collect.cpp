#include <algorithm>

#include "detforge/base/parallel.h"
#include "detforge/eval/coco/match.h"

namespace detforge::matching {

namespace {

/// A stable counting sort of `order` by the column `key`; records with a key outside of [0, size) are left out.
std::vector<std::vector<std::uint32_t>> by_category(const std::vector<std::int32_t>& image, const std::vector<std::int32_t>& category,
                                                    std::size_t categories, bool with_categories) {
  // Without categories the records of an image come category by category, as pycocotools lists them.
  std::vector<std::vector<std::uint32_t>> lists(categories);
  for (std::size_t i = 0; i < image.size(); ++i) {
    if (image[i] >= 0 && category[i] >= 0) lists[static_cast<std::size_t>(category[i])].push_back(static_cast<std::uint32_t>(i));
  }
  if (!with_categories) {
    std::vector<std::uint32_t> all;
    for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
    lists.clear();
    lists.push_back(std::move(all));
  }
  return lists;
}

void sort_by_image(const std::vector<std::int32_t>& image, std::vector<std::uint32_t>& records) {
  const auto less = [&](std::uint32_t a, std::uint32_t b) { return image[a] < image[b]; };
  if (!std::is_sorted(records.begin(), records.end(), less)) std::stable_sort(records.begin(), records.end(), less);
}

/// Merges the two lists, each sorted by image, into groups.
void make_groups(const std::vector<std::int32_t>& truth_image, const std::vector<std::int32_t>& detection_image, CategoryRecords& records) {
  std::uint32_t t = 0;
  std::uint32_t d = 0;
  const auto truths = static_cast<std::uint32_t>(records.truths.size());
  const auto detections = static_cast<std::uint32_t>(records.detections.size());
  while (t < truths || d < detections) {
    const std::int32_t of_truth = t < truths ? truth_image[records.truths[t]] : INT32_MAX;
    const std::int32_t of_detection = d < detections ? detection_image[records.detections[d]] : INT32_MAX;
    const std::int32_t image = std::min(of_truth, of_detection);
    Group group{d, d, t, t};
    while (group.detections_end < detections && detection_image[records.detections[group.detections_end]] == image) ++group.detections_end;
    while (group.truths_end < truths && truth_image[records.truths[group.truths_end]] == image) ++group.truths_end;
    records.groups.push_back(group);
    d = group.detections_end;
    t = group.truths_end;
  }
}

struct Ranked {
  double score;
  std::uint32_t position;
};

/// Ranks the category's detections, then deals them out to their groups in that order.
void rank(const std::vector<double>& scores, std::size_t max_detections, CategoryRecords& records) {
  const std::size_t count = records.detections.size();
  std::vector<Ranked> ranked(count);
  for (std::uint32_t i = 0; i < count; ++i) ranked[i] = {scores[records.detections[i]], i};
  std::sort(ranked.begin(), ranked.end(),
            [](const Ranked& a, const Ranked& b) { return a.score != b.score ? a.score > b.score : a.position < b.position; });

  std::vector<std::uint32_t> group_of(count);
  std::vector<std::uint32_t> next(records.groups.size());
  std::vector<std::uint32_t> begin(records.groups.size());
  std::uint32_t kept = 0;
  for (std::uint32_t g = 0; g < records.groups.size(); ++g) {
    Group& group = records.groups[g];
    std::fill(group_of.begin() + group.detections_begin, group_of.begin() + group.detections_end, g);
    const auto size = static_cast<std::uint32_t>(std::min<std::size_t>(group.detections_end - group.detections_begin, max_detections));
    begin[g] = kept;
    group.detections_begin = kept;
    group.detections_end = kept += size;
  }
  std::vector<std::uint32_t> sorted(kept);
  records.rank.resize(kept);
  records.ranking.reserve(kept);
  for (const Ranked& one : ranked) {
    const std::uint32_t g = group_of[one.position];
    const std::uint32_t position = begin[g] + next[g];
    if (position >= records.groups[g].detections_end) continue;
    sorted[position] = records.detections[one.position];
    records.rank[position] = next[g]++;
    records.ranking.push_back(position);
  }
  records.detections = std::move(sorted);
}

}  // namespace

std::vector<CategoryRecords> collect(const TruthColumns& truth, const DetectionColumns& detections, std::size_t categories,
                                     const MatchParameters& parameters, std::size_t threads) {
  auto truths_of = by_category(truth.image, truth.category, categories, parameters.with_categories);
  auto detections_of = by_category(detections.image, detections.category, categories, parameters.with_categories);
  std::vector<CategoryRecords> all(truths_of.size());
  parallel_for(all.size(), threads, [&](std::size_t k) {
    CategoryRecords& records = all[k];
    records.truths = std::move(truths_of[k]);
    records.detections = std::move(detections_of[k]);
    sort_by_image(truth.image, records.truths);
    sort_by_image(detections.image, records.detections);
    make_groups(truth.image, detections.image, records);
    rank(detections.score, parameters.max_detections.back(), records);
    const std::size_t size = parameters.area_ranges.size() * records.detections.size();
    records.matched.assign(size, 0);
    records.ignored.assign(size, 0);
    records.truths_counted.assign(parameters.area_ranges.size(), 0);
    for (const std::uint32_t t : records.truths) {
      for (std::size_t a = 0; a < parameters.area_ranges.size(); ++a) {
        const auto& [low, high] = parameters.area_ranges[a];
        if (truth.ignore[t] == 0 && !(truth.area[t] < low || truth.area[t] > high)) ++records.truths_counted[a];
      }
    }
  });
  return all;
}

}  // namespace detforge::matching
