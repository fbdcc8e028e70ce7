#include "detforge/postprocess/grid_instances.h"

#include "detforge/base/parallel.h"
#include "detforge/postprocess/resized_mask.h"

namespace detforge::postprocess {
namespace {

/// A mask is as good as its cell's class is sure, times how sure its pixels are.
float sureness(std::span<const float> map, float threshold, std::size_t area) {
  double sum = 0;
  for (const float value : map) sum += value > threshold ? static_cast<double>(value) : 0;
  return static_cast<float>(sum) / static_cast<float>(area);
}

/// The mask of the original image: the map covers the padded batch, of which the image is the upper left part.
Rle mask_of_image(std::span<const float> map, const GridInstances::Masks& masks, const ImageMeta& meta, float threshold) {
  const std::vector<float> whole = resized(map, masks.size, masks.covers);
  const ImageSize image = {std::min(meta.img_shape.height, masks.covers.height), std::min(meta.img_shape.width, masks.covers.width)};
  std::vector<float> cut;
  cut.reserve(static_cast<std::size_t>(image.height * image.width));
  for (std::int64_t y = 0; y < image.height; ++y) {
    const auto row = whole.begin() + y * masks.covers.width;
    cut.insert(cut.end(), row, row + image.width);
  }
  return mask_above(cut, image, meta.ori_shape, threshold);
}

}  // namespace

std::vector<GridCell> GridInstances::cells(std::span<const GridScores> levels) const {
  std::vector<GridCell> found;
  const auto threshold = static_cast<float>(score_thr);
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const std::int64_t area = levels[level].num_grid * levels[level].num_grid;
    for (std::int64_t cell = 0; cell < area; ++cell) {
      for (std::int64_t label = 0; label < num_classes; ++label) {
        const float score = levels[level].scores[static_cast<std::size_t>(label * area + cell)];
        if (score > threshold) found.push_back({level, cell, label, score});
      }
    }
  }
  return found;
}

Detections GridInstances::run(std::span<const GridCell> cells, const Masks& masks, const ImageMeta& meta,
                              const kernels::Execution& execution) const {
  const auto area = static_cast<std::size_t>(masks.size.height * masks.size.width);
  const auto threshold = static_cast<float>(mask_thr);
  const auto map = [&](std::size_t i) { return masks.probabilities.subspan(i * area, area); };
  std::vector<BitMask> bits;
  std::vector<std::size_t> candidates;
  std::vector<std::int64_t> labels;
  std::vector<float> scores;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    BitMask inside(map(i), threshold);
    if (inside.area() <= static_cast<std::size_t>(strides.at(cells[i].level))) continue;
    candidates.push_back(i);
    labels.push_back(cells[i].label);
    scores.push_back(cells[i].score * sureness(map(i), threshold, inside.area()));
    bits.push_back(std::move(inside));
  }
  const MatrixNms::Kept kept = nms.run(bits, labels, scores);
  Detections found{.boxes_xyxy = std::vector<BoxXyxy>(kept.masks.size()), .scores = kept.scores, .labels = {}};
  for (const std::size_t mask : kept.masks) found.labels.push_back(labels[mask]);
  found.masks.resize(kept.masks.size());
  parallel_for(kept.masks.size(), execution.threads,
               [&](std::size_t i) { found.masks[i] = mask_of_image(map(candidates[kept.masks[i]]), masks, meta, threshold); });
  return found;
}

}  // namespace detforge::postprocess
