#include "detforge/boxes/prior_generators/prior_generator.h"

#include <cmath>

namespace detforge {

Registry<PriorGenerator>& anchor_generators() {
  static Registry<PriorGenerator> registry("ANCHOR_GENERATORS");
  return registry;
}

std::vector<torch::Tensor> PriorGenerator::valid_flags(std::span<const ImageSize> featmap_sizes, ImageSize pad_shape) const {
  const auto strides_xy = strides();
  const auto priors_per_place = num_base_priors();
  std::vector<torch::Tensor> flags;
  for (std::size_t level = 0; level < featmap_sizes.size(); ++level) {
    const ImageSize size = featmap_sizes[level];
    const auto inside = [](std::int64_t length, std::int64_t px, double stride) {
      const auto places = static_cast<std::int64_t>(std::ceil(static_cast<double>(px) / stride));
      return torch::arange(length) < std::min(places, length);
    };
    const torch::Tensor rows = inside(size.height, pad_shape.height, strides_xy.at(level)[1]);
    const torch::Tensor columns = inside(size.width, pad_shape.width, strides_xy.at(level)[0]);
    flags.push_back(
        rows.unsqueeze(1).logical_and(columns.unsqueeze(0)).view({-1, 1}).expand({-1, priors_per_place.at(level)}).reshape({-1}));
  }
  return flags;
}

std::vector<torch::Tensor> PriorGenerator::responsible_flags(std::span<const ImageSize> featmap_sizes,
                                                             const torch::Tensor& gt_bboxes) const {
  const auto strides_xy = strides();
  const auto priors_per_place = num_base_priors();
  const torch::Tensor centers = (gt_bboxes.slice(-1, 0, 2) + gt_bboxes.slice(-1, 2, 4)) * 0.5;
  std::vector<torch::Tensor> flags;
  for (std::size_t level = 0; level < featmap_sizes.size(); ++level) {
    const ImageSize size = featmap_sizes[level];
    const auto cell = [&](std::int64_t axis) {
      return (centers.select(-1, axis) / strides_xy.at(level)[static_cast<std::size_t>(axis)]).floor().to(torch::kLong);
    };
    torch::Tensor places = cell(1) * size.width + cell(0);
    places = places.masked_select(places.ge(0).logical_and(places.lt(size.height * size.width)));
    const torch::Tensor responsible =
        torch::zeros({size.height * size.width}, gt_bboxes.options().dtype(torch::kBool)).index_fill_(0, places, 1);
    flags.push_back(responsible.repeat_interleave(priors_per_place.at(level)));
  }
  return flags;
}

std::vector<ImageSize> featmap_sizes(std::span<const torch::Tensor> maps) {
  std::vector<ImageSize> sizes;
  for (const torch::Tensor& map : maps) sizes.push_back({map.size(-2), map.size(-1)});
  return sizes;
}

torch::Tensor grid_points(ImageSize size, std::array<double, 2> stride_xy, double offset, const torch::TensorOptions& options) {
  const torch::Tensor x = (torch::arange(size.width, options) + offset) * stride_xy[0];
  const torch::Tensor y = (torch::arange(size.height, options) + offset) * stride_xy[1];
  return torch::stack({x.repeat({size.height}), y.repeat_interleave(size.width)}, -1);
}

}  // namespace detforge
