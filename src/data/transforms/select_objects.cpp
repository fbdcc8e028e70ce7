#include "detforge/data/transforms/select_objects.h"

namespace detforge {

void select_objects(Sample& sample, std::span<const std::size_t> indices) {
  if (sample.gt_bboxes) sample.gt_bboxes = selected(*sample.gt_bboxes, indices);
  if (sample.gt_labels) sample.gt_labels = selected(*sample.gt_labels, indices);
  if (sample.gt_masks) sample.gt_masks = sample.gt_masks->select(indices);
}

}  // namespace detforge
