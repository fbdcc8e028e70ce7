#pragma once

#include <span>

#include "detforge/data/transforms/transform.h"

namespace detforge {

/// The elements at these indices, in this order.
template <class T>
std::vector<T> selected(const std::vector<T>& all, std::span<const std::size_t> indices) {
  std::vector<T> some;
  some.reserve(indices.size());
  for (const std::size_t index : indices) some.push_back(all.at(index));
  return some;
}

/// Leaves only these of the sample's objects: boxes, labels and masks.
void select_objects(Sample& sample, std::span<const std::size_t> indices);

/// The indices of the boxes that `keep` accepts.
template <class Keep>
std::vector<std::size_t> kept_boxes(const std::vector<BoxXyxy>& boxes, Keep keep) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (keep(boxes[i])) kept.push_back(i);
  }
  return kept;
}

/// Leaves of each kind of boxes those that `keep` accepts; an object's label and mask go with its box.
template <class Keep>
void filter_boxes(Sample& sample, Keep keep) {
  if (sample.gt_bboxes_ignore) sample.gt_bboxes_ignore = selected(*sample.gt_bboxes_ignore, kept_boxes(*sample.gt_bboxes_ignore, keep));
  if (sample.gt_bboxes) select_objects(sample, kept_boxes(*sample.gt_bboxes, keep));
  if (sample.proposals) sample.proposals = selected(*sample.proposals, kept_boxes(*sample.proposals, keep));
}

/// The box moved by (x, y); the box kept within an image.
BoxXyxy shifted(const BoxXyxy& box, float x, float y);
BoxXyxy clipped(const BoxXyxy& box, float width, float height);

/// Whether some of the box lies in an image of this size: MMDetection's `find_inside_bboxes`.
bool is_partly_inside(const BoxXyxy& box, float width, float height);

}  // namespace detforge
