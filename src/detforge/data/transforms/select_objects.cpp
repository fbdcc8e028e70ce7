#include "detforge/data/transforms/select_objects.h"

#include <algorithm>

namespace detforge {

void select_objects(Sample& sample, std::span<const std::size_t> indices) {
  if (sample.gt_bboxes) sample.gt_bboxes = selected(*sample.gt_bboxes, indices);
  if (sample.gt_labels) sample.gt_labels = selected(*sample.gt_labels, indices);
  if (sample.gt_masks) sample.gt_masks = sample.gt_masks->select(indices);
}

BoxXyxy shifted(const BoxXyxy& box, float x, float y) { return {box[0] + x, box[1] + y, box[2] + x, box[3] + y}; }

BoxXyxy clipped(const BoxXyxy& box, float width, float height) {
  return {std::clamp(box[0], 0.0F, width), std::clamp(box[1], 0.0F, height), std::clamp(box[2], 0.0F, width),
          std::clamp(box[3], 0.0F, height)};
}

bool is_partly_inside(const BoxXyxy& box, float width, float height) {
  return box[0] < width && box[2] > 0 && box[1] < height && box[3] > 0;
}

}  // namespace detforge
