#include "detforge/kernels/nms.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "detforge/base/simd.h"
#include "detforge/data/box_overlap.h"

namespace detforge::kernels {
namespace {

/// Boxes as columns, in the order in which they are looked at: the inner loops then run over whole vectors.
struct Columns {
  std::vector<float> x1, y1, x2, y2, area;
  std::vector<std::int64_t> index;
  std::vector<std::int32_t> fallen;  // as wide as a float, so that one vector holds as many of both

  Columns(std::span<const Box> boxes, std::vector<std::int64_t> order, float offset) : index(std::move(order)), fallen(index.size(), 0) {
    for (auto* column : {&x1, &y1, &x2, &y2, &area}) column->reserve(index.size());
    for (const std::int64_t i : index) {
      const Box& box = boxes[static_cast<std::size_t>(i)];
      x1.push_back(box[0]);
      y1.push_back(box[1]);
      x2.push_back(box[2]);
      y2.push_back(box[3]);
      area.push_back(area_of(box, offset));
    }
  }

  std::size_t size() const { return index.size(); }
  Box box(std::size_t i) const { return {x1[i], y1[i], x2[i], y2[i]}; }

  /// Forgets those before `first` and the fallen ones.
  void compact(std::size_t first) {
    std::size_t end = 0;
    for (std::size_t i = first; i < size(); ++i) {
      if (fallen[i] != 0) continue;
      for (auto* column : {&x1, &y1, &x2, &y2, &area}) (*column)[end] = (*column)[i];
      index[end++] = index[i];
    }
    index.resize(end);
    fallen.assign(end, 0);
  }
};

/// Marks the boxes after the i-th one that overlap it by more than the threshold.
DETFORGE_SIMD void mark_overlapping(Columns& columns, std::size_t i, float iou_threshold, float offset) {
  const float *x1 = columns.x1.data(), *y1 = columns.y1.data(), *x2 = columns.x2.data(), *y2 = columns.y2.data();
  const float* area = columns.area.data();
  std::int32_t* fallen = columns.fallen.data();
  const Box own = columns.box(i);
  const float own_area = area[i];
  const std::size_t count = columns.size();
  for (std::size_t j = i + 1; j < count; ++j) {
    const float shared = shared_area(own, Box{x1[j], y1[j], x2[j], y2[j]}, offset);
    fallen[j] |= static_cast<std::int32_t>(iou_of(shared, own_area, area[j]) > iou_threshold);
  }
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
  constexpr std::size_t boxes_between_compactions = 32;
  Columns columns(boxes, order_by_score(scores), static_cast<float>(offset));
  std::vector<std::int64_t> kept;
  std::size_t i = 0;
  while (i < columns.size()) {
    if (columns.fallen[i] != 0) {
      ++i;
      continue;
    }
    kept.push_back(columns.index[i]);
    mark_overlapping(columns, i++, iou_threshold, static_cast<float>(offset));
    if (kept.size() % boxes_between_compactions == 0) {
      columns.compact(i);
      i = 0;
    }
  }
  return kept;
}

std::vector<std::vector<std::int64_t>> nms_match(std::span<const Box> boxes, std::span<const float> scores, float iou_threshold) {
  const Columns columns(boxes, order_by_score(scores), 0);
  std::vector<std::uint8_t> fallen(columns.size(), 0);
  std::vector<std::vector<std::int64_t>> groups;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (fallen[i] != 0) continue;
    std::vector<std::int64_t>& group = groups.emplace_back(1, columns.index[i]);
    for (std::size_t j = i + 1; j < columns.size(); ++j) {
      if (fallen[j] != 0) continue;
      const float iou = iou_of(shared_area(columns.box(i), columns.box(j)), columns.area[i], columns.area[j]);
      if (!(iou >= iou_threshold)) continue;
      fallen[j] = 1;
      group.push_back(columns.index[j]);
    }
  }
  return groups;
}

}  // namespace detforge::kernels
