#include "detforge/models/roi_heads/merge_augs.h"

#include "detforge/boxes/bbox_transforms.h"
#include "detforge/boxes/map_flip.h"

namespace detforge {

ScoredBoxes merge_aug_bboxes(std::span<const ScoredBoxes> views, std::span<const ImageMeta> metas) {
  std::vector<torch::Tensor> boxes, scores;
  for (std::size_t view = 0; view < views.size(); ++view) {
    const torch::Tensor& found = views[view].boxes;
    boxes.push_back(bbox_mapping_back(found.reshape({-1, 4}), metas[view]).reshape(found.sizes()));
    scores.push_back(views[view].scores);
  }
  return {torch::stack(boxes).mean(0), torch::stack(scores).mean(0), {}};
}

torch::Tensor merge_aug_masks(std::span<const torch::Tensor> views, std::span<const ImageMeta> metas) {
  std::vector<torch::Tensor> recovered;
  for (std::size_t view = 0; view < views.size(); ++view) {
    recovered.push_back(metas[view].flip ? map_flip(views[view], metas[view].flip_direction) : views[view]);
  }
  return torch::stack(recovered).mean(0);
}

}  // namespace detforge
