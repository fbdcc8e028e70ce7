#include "detforge/kernels/nms.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

namespace detforge::kernels {
namespace {

/// Boxes as columns, in the order in which they are looked at: the inner loop then runs over whole vectors.
struct Columns {
  std::vector<float> x1, y1, x2, y2, area;

  Columns(std::span<const Box> boxes, std::span<const std::int64_t> order, float offset) {
    for (auto* column : {&x1, &y1, &x2, &y2, &area}) column->reserve(order.size());
    for (const std::int64_t index : order) {
      const Box& box = boxes[static_cast<std::size_t>(index)];
      x1.push_back(box[0]);
      y1.push_back(box[1]);
      x2.push_back(box[2]);
      y2.push_back(box[3]);
      area.push_back((box[2] - box[0] + offset) * (box[3] - box[1] + offset));
    }
  }
};

/// Of boxes sorted by score, those that are kept.
std::vector<std::int64_t> keep_sorted(std::span<const Box> boxes, std::vector<std::int64_t> order, float iou_threshold, float offset) {
  const Columns columns(boxes, order, offset);
  const std::size_t count = order.size();
  std::vector<std::uint8_t> suppressed(count, 0);
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < count; ++i) {
    if (suppressed[i] != 0) continue;
    kept.push_back(order[i]);
    const float x1 = columns.x1[i], y1 = columns.y1[i], x2 = columns.x2[i], y2 = columns.y2[i], area = columns.area[i];
    for (std::size_t j = i + 1; j < count; ++j) {
      const float width = std::max(0.0F, std::min(x2, columns.x2[j]) - std::max(x1, columns.x1[j]) + offset);
      const float height = std::max(0.0F, std::min(y2, columns.y2[j]) - std::max(y1, columns.y1[j]) + offset);
      const float overlap = width * height;
      suppressed[j] |= static_cast<std::uint8_t>(overlap / (area + columns.area[j] - overlap) > iou_threshold);
    }
  }
  return kept;
}

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

/// `order` cut into runs of one class each, the order within a class kept.
std::vector<std::vector<std::int64_t>> group_by_class(const std::vector<std::int64_t>& order, std::span<const std::int64_t> labels) {
  std::vector<std::int64_t> sorted = order;
  const auto label = [&](std::int64_t index) { return labels[static_cast<std::size_t>(index)]; };
  std::stable_sort(sorted.begin(), sorted.end(), [&](std::int64_t a, std::int64_t b) { return label(a) < label(b); });
  std::vector<std::vector<std::int64_t>> groups;
  for (const std::int64_t index : sorted) {
    if (groups.empty() || label(groups.back().back()) != label(index)) groups.emplace_back();
    groups.back().push_back(index);
  }
  return groups;
}

}  // namespace

std::vector<std::int64_t> order_by_score(std::span<const float> scores) {
  const auto key = [&](std::int64_t index) {
    const float score = scores[static_cast<std::size_t>(index)];
    return std::isnan(score) ? -std::numeric_limits<float>::infinity() : score;
  };
  std::vector<std::int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return key(a) > key(b); });
  return order;
}

std::vector<std::int64_t> nms(std::span<const Box> boxes, std::span<const float> scores, float iou_threshold, int offset) {
  return keep_sorted(boxes, order_by_score(scores), iou_threshold, static_cast<float>(offset));
}

std::vector<std::int64_t> batched_nms(std::span<const Box> boxes, std::span<const float> scores, std::span<const std::int64_t> labels,
                                      const NmsOptions& options) {
  std::vector<std::int64_t> order = order_by_score(scores);
  if (options.score_threshold > 0) {
    std::erase_if(order,
                  [&](std::int64_t i) { return !(static_cast<double>(scores[static_cast<std::size_t>(i)]) > options.score_threshold); });
  }
  const auto threshold = static_cast<float>(options.iou_threshold);
  const auto offset = static_cast<float>(options.offset);
  std::vector<std::int64_t> kept;
  if (options.class_agnostic) {
    kept = keep_sorted(boxes, std::move(order), threshold, offset);
  } else {
    // Boxes of different classes never meet once they are moved apart, so each class is done alone.
    const std::vector<Box> moved = separate_classes(boxes, labels);
    std::vector<std::uint8_t> is_kept(boxes.size(), 0);
    for (auto& group : group_by_class(order, labels)) {
      for (const std::int64_t index : keep_sorted(moved, std::move(group), threshold, offset)) is_kept[static_cast<std::size_t>(index)] = 1;
    }
    std::copy_if(order.begin(), order.end(), std::back_inserter(kept),
                 [&](std::int64_t index) { return is_kept[static_cast<std::size_t>(index)] != 0; });
  }
  if (options.max_num > 0 && kept.size() > static_cast<std::size_t>(options.max_num))
    kept.resize(static_cast<std::size_t>(options.max_num));
  return kept;
}

}  // namespace detforge::kernels
