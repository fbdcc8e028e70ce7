#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>

#include "detforge/kernels/nms.h"

namespace detforge::kernels {
namespace {

using Indices = std::vector<std::int64_t>;

/// A copy of `boxes` with each class moved away from the others.
std::vector<Box> separate_classes(std::span<const Box> boxes, std::span<const std::int64_t> labels) {
  float largest = -std::numeric_limits<float>::infinity();
  for (const Box& box : boxes) largest = std::max(largest, *std::max_element(box.begin(), box.end()));
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

/// Highest score first, equal ones in the order of the input, at most `max_num`.
NmsResult sorted(const NmsResult& kept, std::int64_t max_num) {
  Indices by_index(kept.indices.size());
  std::iota(by_index.begin(), by_index.end(), 0);
  const auto at = [](const auto& values, std::int64_t i) { return values[static_cast<std::size_t>(i)]; };
  std::sort(by_index.begin(), by_index.end(), [&](std::int64_t a, std::int64_t b) { return at(kept.indices, a) < at(kept.indices, b); });
  std::vector<float> scores;
  for (const std::int64_t i : by_index) scores.push_back(at(kept.scores, i));
  NmsResult result;
  for (const std::int64_t i : order_by_score(scores)) {
    if (max_num > 0 && result.indices.size() == static_cast<std::size_t>(max_num)) break;
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
  // Boxes of different classes never meet once they are moved apart, so each class is done alone.
  std::vector<Box> moved;
  if (!options.class_agnostic) moved = separate_classes(boxes, labels);
  const std::span<const Box> placed = options.class_agnostic ? boxes : std::span<const Box>(moved);
  NmsResult all;
  for (const Indices& group : options.class_agnostic ? std::vector<Indices>{candidates} : group_by_class(candidates, labels)) {
    std::vector<Box> group_boxes;
    std::vector<float> group_scores;
    for (const std::int64_t index : group) {
      group_boxes.push_back(placed[static_cast<std::size_t>(index)]);
      group_scores.push_back(scores[static_cast<std::size_t>(index)]);
    }
    const NmsResult kept = nms_of_one_class(group_boxes, group_scores, options);
    for (std::size_t i = 0; i < kept.indices.size(); ++i) {
      all.indices.push_back(group[static_cast<std::size_t>(kept.indices[i])]);
      all.scores.push_back(kept.scores[i]);
    }
  }
  return sorted(all, options.max_num);
}

}  // namespace detforge::kernels
