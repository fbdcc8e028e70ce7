#include "detforge/models/dense_heads/corner/corner_targets.h"

#include <algorithm>
#include <cmath>

#include "detforge/models/training/gaussian_target.h"

namespace detforge {
namespace {

constexpr double min_overlap = 0.3;
/// What a side of an object without extent counts as, so that its logarithm is a number.
constexpr float smallest = 1e-6F;

/// One axis of an object on the map: its ends, the places that they lie in, and its middle.
struct Extent {
  std::array<float, 2> ends;
  std::array<std::int64_t, 2> places;
  float middle;

  Extent(float low, float high, float ratio, std::int64_t size) : ends{low * ratio, high * ratio}, middle((low + high) / 2 * ratio) {
    const auto last = static_cast<float>(size - 1);
    for (std::size_t end = 0; end < 2; ++end) places[end] = static_cast<std::int64_t>(std::clamp(ends[end], 0.0F, last));
  }
};

}  // namespace

CornerTargets corner_targets(const Targets& targets, std::int64_t num_classes, ImageSize size, const torch::Device& device) {
  const auto images = static_cast<std::int64_t>(targets.size());
  CornerTargets all;
  for (std::size_t corner = 0; corner < 2; ++corner) {
    all.heatmaps[corner] = torch::zeros({images, num_classes, size.height, size.width});
    for (auto* shifts : {&all.offsets, &all.guiding_shifts, &all.centripetal_shifts}) {
      (*shifts)[corner] = torch::zeros({images, 2, size.height, size.width});
    }
  }
  // As in the reference the first image's size is taken for that of all.
  const ImageSize shape = targets.metas.empty() ? size : targets.metas.front().pad_shape;
  const float x_ratio = static_cast<float>(static_cast<double>(size.width) / static_cast<double>(shape.width));
  const float y_ratio = static_cast<float>(static_cast<double>(size.height) / static_cast<double>(shape.height));
  for (std::int64_t image = 0; image < images; ++image) {
    const torch::Tensor boxes = targets.gt_bboxes[static_cast<std::size_t>(image)].to(torch::kCPU, torch::kFloat).contiguous();
    const torch::Tensor labels = targets.gt_labels[static_cast<std::size_t>(image)].to(torch::kCPU).contiguous();
    const auto box = boxes.accessor<float, 2>();
    torch::Tensor corners = torch::zeros({boxes.size(0), 4}, torch::kLong);
    auto corner_rows = corners.accessor<std::int64_t, 2>();
    for (std::int64_t i = 0; i < boxes.size(0); ++i) {
      const Extent x(box[i][0], box[i][2], x_ratio, size.width), y(box[i][1], box[i][3], y_ratio, size.height);
      const double radius = gaussian_radius(std::ceil(y.ends[1] - y.ends[0]), std::ceil(x.ends[1] - x.ends[0]), min_overlap);
      for (std::size_t corner = 0; corner < 2; ++corner) {
        const std::int64_t row = y.places[corner], column = x.places[corner];
        draw_gaussian(all.heatmaps[corner][image][labels[i].item<std::int64_t>()], column, row,
                      std::max<std::int64_t>(0, static_cast<std::int64_t>(radius)));
        const auto set = [&](std::array<torch::Tensor, 2>& maps, const auto& value) {
          auto map = maps[corner].accessor<float, 4>();
          map[image][0][row][column] = value(x);
          map[image][1][row][column] = value(y);
        };
        const float towards_middle = corner == 0 ? 1.0F : -1.0F;
        set(all.offsets, [&](const Extent& e) { return e.ends[corner] - static_cast<float>(e.places[corner]); });
        set(all.guiding_shifts, [&](const Extent& e) { return towards_middle * (e.middle - static_cast<float>(e.places[corner])); });
        set(all.centripetal_shifts,
            [&](const Extent& e) { return std::log(std::max(towards_middle * (e.middle - e.ends[corner]), smallest)); });
        corner_rows[i][static_cast<std::int64_t>(2 * corner)] = row;
        corner_rows[i][static_cast<std::int64_t>(2 * corner + 1)] = column;
      }
    }
    all.corners.push_back(corners.to(device));
  }
  for (auto* maps : {&all.heatmaps, &all.offsets, &all.guiding_shifts, &all.centripetal_shifts}) {
    for (torch::Tensor& map : *maps) map = map.to(device);
  }
  for (std::size_t corner = 0; corner < 2; ++corner) {
    all.masks[corner] = (all.heatmaps[corner] == 1).any(1, /*keepdim=*/true).to(torch::kFloat);
  }
  return all;
}

}  // namespace detforge
