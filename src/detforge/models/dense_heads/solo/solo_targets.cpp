#include "detforge/models/dense_heads/solo/solo_targets.h"

#include <algorithm>
#include <map>
#include <optional>

namespace detforge {
namespace {

/// Cells, first and last one.
struct CellRange {
  std::int64_t first = 0, last = -1;
};

/// Those at most `reach` px from `middle` px and no further than the next cell, along a side of `side` px. In single precision, step by
/// step as the reference divides.
CellRange cells_around(float middle, float reach, std::int64_t side, std::int64_t num_grid) {
  const auto cell_of = [&](float position) {
    return static_cast<std::int64_t>(position / static_cast<float>(side) / static_cast<float>(1.0 / static_cast<double>(num_grid)));
  };
  const std::int64_t own = cell_of(middle);
  return {std::max({cell_of(middle - reach), own - 1, std::int64_t{0}}), std::min({cell_of(middle + reach), own + 1, num_grid - 1})};
}

struct MassCenter {
  float x = 0, y = 0;
};

/// None for a mask without a pixel.
std::optional<MassCenter> mass_center(std::span<const std::uint8_t> mask, ImageSize size) {
  std::int64_t count = 0, sum_x = 0, sum_y = 0;
  for (std::int64_t y = 0; y < size.height; ++y) {
    const auto row = mask.subspan(static_cast<std::size_t>(y * size.width), static_cast<std::size_t>(size.width));
    for (std::int64_t x = 0; x < size.width; ++x) {
      if (row[static_cast<std::size_t>(x)] == 0) continue;
      ++count;
      sum_x += x;
      sum_y += y;
    }
  }
  if (count == 0) return std::nullopt;
  return MassCenter{static_cast<float>(sum_x) / static_cast<float>(count), static_cast<float>(sum_y) / static_cast<float>(count)};
}

/// The mask at the level's stride, on a ground of its map.
torch::Tensor mask_on_map(const BitmapMasks& mask, const SoloGrid& grid) {
  const auto smaller = [&](std::int64_t side) {
    return std::max<std::int64_t>(static_cast<std::int64_t>(static_cast<double>(side) * (1 / grid.map_stride_px) + 0.5), 1);
  };
  const ImageSize size{smaller(mask.size().height), smaller(mask.size().width)};
  const BitmapMasks small = mask.resize_bilinear(size);
  const torch::Tensor pixels = torch::from_blob(const_cast<std::uint8_t*>(small.pixels().data()), {size.height, size.width}, torch::kByte);
  const std::int64_t height = std::min(size.height, grid.map.height), width = std::min(size.width, grid.map.width);
  torch::Tensor ground = torch::zeros({grid.map.height, grid.map.width}, torch::kByte);
  ground.slice(0, 0, height).slice(1, 0, width).copy_(pixels.slice(0, 0, height).slice(1, 0, width));
  return ground;
}

}  // namespace

SoloTargets solo_targets(const SoloGrid& grid, const SoloTargetRules& rules, const torch::Tensor& gt_bboxes, const torch::Tensor& gt_labels,
                         const BitmapMasks& pixels) {
  const torch::Tensor boxes = gt_bboxes.to(torch::kCPU, torch::kFloat);
  const torch::Tensor sizes = boxes.slice(1, 2, 4) - boxes.slice(1, 0, 2);
  const torch::Tensor scales = sizes.prod(1).sqrt();
  const torch::Tensor hit = ((scales >= grid.scale_range[0]) & (scales <= grid.scale_range[1])).nonzero().view({-1});
  const torch::Tensor reaches = 0.5 * sizes * rules.pos_scale;
  torch::Tensor labels = torch::full({grid.num_grid, grid.num_grid}, rules.num_classes, torch::kLong);
  std::vector<std::int64_t> cells;
  std::vector<torch::Tensor> masks;
  for (std::int64_t i = 0; i < hit.size(0); ++i) {
    const auto object = hit[i].item<std::int64_t>();
    const std::vector<std::size_t> chosen = {static_cast<std::size_t>(object)};
    const BitmapMasks mask = pixels.select(chosen);
    const std::optional<MassCenter> center = mass_center(mask.pixels(), mask.size());
    if (!center) continue;
    const CellRange columns = cells_around(center->x, reaches[object][0].item<float>(), rules.image.width, grid.num_grid);
    const CellRange rows = cells_around(center->y, reaches[object][1].item<float>(), rules.image.height, grid.num_grid);
    const torch::Tensor wanted = mask_on_map(mask, grid);
    for (std::int64_t row = rows.first; row <= rows.last; ++row) {
      for (std::int64_t column = columns.first; column <= columns.last; ++column) {
        labels[row][column].copy_(gt_labels[object]);
        cells.push_back(row * grid.num_grid + column);
        masks.push_back(wanted);
      }
    }
  }
  const torch::Device device = gt_labels.device();
  return {.labels = labels.view({-1}).to(device),
          .cells = torch::tensor(cells, torch::kLong).to(device),
          .masks = (masks.empty() ? torch::zeros({0, grid.map.height, grid.map.width}, torch::kByte) : torch::stack(masks)).to(device)};
}

SoloTargets with_one_object_a_cell(SoloTargets targets) {
  std::map<std::int64_t, std::int64_t> last;  // cell → its last place among the cells
  for (std::int64_t i = 0; i < targets.cells.size(0); ++i) last[targets.cells[i].item<std::int64_t>()] = i;
  std::vector<std::int64_t> places;
  for (const auto& [cell, place] : last) places.push_back(place);
  const torch::Tensor kept = torch::tensor(places, torch::kLong).to(targets.cells.device());
  return {.labels = targets.labels, .cells = targets.cells.index({kept}), .masks = targets.masks.index({kept})};
}

}  // namespace detforge
