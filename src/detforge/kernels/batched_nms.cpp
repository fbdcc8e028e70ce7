#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "detforge/data/box_overlap.h"
#include "detforge/kernels/nms.h"

namespace detforge::kernels {
namespace {

using Indices = std::vector<std::int64_t>;

/// A copy of `boxes` with each class moved away from the others.
std::vector<Box> separate_classes(std::span<const Box> boxes, std::span<const std::int64_t> labels) {
  float largest = -std::numeric_limits<float>::infinity();
  for (const Box& box : boxes) {
    for (const float coordinate : box) largest = std::isnan(coordinate) ? coordinate : std::max(coordinate, largest);
  }
  std::vector<Box> moved(boxes.begin(), boxes.end());
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const float distance = static_cast<float>(labels[i]) * (largest + 1.0F);
    for (float& coordinate : moved[i]) coordinate += distance;
  }
  return moved;
}

/// `candidates` cut into those of one class each, their order kept.
std::vector<Indices> group_by_class(Indices candidates, std::span<const std::int64_t> labels) {
  const auto label = [&](std::int64_t index) { return labels[static_cast<std::size_t>(index)]; };
  std::stable_sort(candidates.begin(), candidates.end(), [&](std::int64_t a, std::int64_t b) { return label(a) < label(b); });
  std::vector<Indices> groups;
  for (const std::int64_t index : candidates) {
    if (groups.empty() || label(groups.back().back()) != label(index)) groups.emplace_back();
    groups.back().push_back(index);
  }
  return groups;
}

/// Whether no box of one of the groups can meet one of another, as all of a group lie left of all of the next.
bool never_meet(const std::vector<Indices>& groups, std::span<const Box> boxes, float offset) {
  struct Extent {
    float begin, end;
  };
  std::vector<Extent> extents;
  for (const Indices& group : groups) {
    Extent& extent = extents.emplace_back(Extent{std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()});
    for (const std::int64_t index : group) {
      const Box& box = boxes[static_cast<std::size_t>(index)];
      const auto [least, most] = std::minmax(box[0], box[2]);
      extent.begin = std::min(extent.begin, least);
      extent.end = std::max(extent.end, most);
    }
  }
  for (std::size_t i = 1; i < extents.size(); ++i) {
    if (!(side_of(extents[i].begin, extents[i - 1].end, offset) <= 0)) return false;
  }
  return true;
}

NmsResult with_scores(Indices indices, std::span<const float> scores) {
  NmsResult result{std::move(indices), {}};
  for (const std::int64_t index : result.indices) result.scores.push_back(scores[static_cast<std::size_t>(index)]);
  return result;
}

NmsResult nms_of_one_class(std::span<const Box> boxes, std::span<const float> scores, const NmsOptions& options) {
  const auto threshold = static_cast<float>(options.iou_threshold);
  const auto offset = static_cast<int>(options.offset);
  switch (options.type) {
    case NmsType::SoftNms:
      return soft_nms(boxes, scores,
                      {.iou_threshold = threshold,
                       .sigma = static_cast<float>(options.sigma),
                       .min_score = static_cast<float>(options.min_score),
                       .method = options.method,
                       .offset = offset});
    case NmsType::NmsMatch: {
      Indices first;
      for (const auto& group : nms_match(boxes, scores, threshold)) first.push_back(group.front());
      return with_scores(std::move(first), scores);
    }
    case NmsType::Nms: break;
  }
  return with_scores(nms(boxes, scores, threshold, offset), scores);
}

/// NMS among `candidates` alone.
NmsResult nms_of_group(const Indices& group, std::span<const Box> boxes, std::span<const float> scores, const NmsOptions& options) {
  std::vector<Box> group_boxes;
  std::vector<float> group_scores;
  for (const std::int64_t index : group) {
    group_boxes.push_back(boxes[static_cast<std::size_t>(index)]);
    group_scores.push_back(scores[static_cast<std::size_t>(index)]);
  }
  NmsResult kept = nms_of_one_class(group_boxes, group_scores, options);
  for (std::int64_t& index : kept.indices) index = group[static_cast<std::size_t>(index)];
  return kept;
}

void cut_to(NmsResult& kept, std::int64_t max_num) {
  if (max_num <= 0 || kept.indices.size() <= static_cast<std::size_t>(max_num)) return;
  kept.indices.resize(static_cast<std::size_t>(max_num));
  kept.scores.resize(static_cast<std::size_t>(max_num));
}

/// Highest score first, equal ones in the order of the input.
NmsResult sorted(const NmsResult& kept) {
  Indices by_index(kept.indices.size());
  std::iota(by_index.begin(), by_index.end(), 0);
  const auto at = [](const auto& values, std::int64_t i) { return values[static_cast<std::size_t>(i)]; };
  std::sort(by_index.begin(), by_index.end(), [&](std::int64_t a, std::int64_t b) { return at(kept.indices, a) < at(kept.indices, b); });
  std::vector<float> scores;
  for (const std::int64_t i : by_index) scores.push_back(at(kept.scores, i));
  NmsResult result;
  for (const std::int64_t i : order_by_score(scores)) {
    result.indices.push_back(at(kept.indices, at(by_index, i)));
    result.scores.push_back(at(scores, i));
  }
  return result;
}

}  // namespace

NmsResult batched_nms(std::span<const Box> boxes, std::span<const float> scores, std::span<const std::int64_t> labels,
                      const NmsOptions& options) {
  Indices candidates(boxes.size());
  std::iota(candidates.begin(), candidates.end(), 0);
  if (options.score_threshold > 0) {
    const auto threshold = static_cast<float>(options.score_threshold);
    std::erase_if(candidates, [&](std::int64_t index) { return !(scores[static_cast<std::size_t>(index)] > threshold); });
  }
  std::vector<Box> moved;
  if (!options.class_agnostic) moved = separate_classes(boxes, labels);
  const std::span<const Box> placed = options.class_agnostic ? boxes : std::span<const Box>(moved);
  const bool is_split = static_cast<std::int64_t>(boxes.size()) >= options.split_thr;
  NmsResult kept;
  if (options.class_agnostic && !is_split) {
    kept = nms_of_group(candidates, placed, scores, options);
  } else {
    const std::vector<Indices> groups = group_by_class(candidates, labels);
    // Where boxes overlap none of another class, each class alone gives what all of them would, in less time. The exceptions: what no
    // overlap decides, and soft-NMS, which keeps the best box of all whatever its score, and no others.
    const bool overlap_decides = options.type != NmsType::SoftNms && options.iou_threshold > 0;
    if (is_split || (overlap_decides && never_meet(groups, placed, static_cast<float>(options.offset)))) {
      NmsResult all;
      for (const Indices& group : groups) {
        const NmsResult of_class = nms_of_group(group, placed, scores, options);
        all.indices.insert(all.indices.end(), of_class.indices.begin(), of_class.indices.end());
        all.scores.insert(all.scores.end(), of_class.scores.begin(), of_class.scores.end());
      }
      kept = sorted(all);
    } else {
      kept = nms_of_group(candidates, placed, scores, options);
    }
  }
  cut_to(kept, options.max_num);
  return kept;
}

}  // namespace detforge::kernels
