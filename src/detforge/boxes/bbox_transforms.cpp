#include "detforge/boxes/bbox_transforms.h"

#include "detforge/base/error.h"

namespace detforge {

torch::Tensor clip_boxes(const torch::Tensor& boxes, ImageSize size) {
  const torch::Tensor largest = torch::tensor({static_cast<double>(size.width), static_cast<double>(size.height)}, boxes.options());
  return torch::minimum(boxes.unflatten(-1, {boxes.size(-1) / 2, 2}).clamp_min(0), largest).flatten(-2);
}

torch::Tensor bbox_cxcywh_to_xyxy(const torch::Tensor& boxes) {
  const torch::Tensor center = boxes.slice(-1, 0, 2), half_size = 0.5 * boxes.slice(-1, 2, 4);
  return torch::cat({center - half_size, center + half_size}, -1);
}

torch::Tensor bbox_xyxy_to_cxcywh(const torch::Tensor& boxes) {
  const torch::Tensor first = boxes.slice(-1, 0, 2), second = boxes.slice(-1, 2, 4);
  return torch::cat({(first + second) / 2, second - first}, -1);
}

torch::Tensor bbox_rescale(const torch::Tensor& boxes, double scale_factor) {
  const torch::Tensor first = boxes.slice(-1, 0, 2), second = boxes.slice(-1, 2, 4);
  const torch::Tensor center = (first + second) * 0.5, half_size = 0.5 * ((second - first) * scale_factor);
  return torch::cat({center - half_size, center + half_size}, -1);
}

torch::Tensor bbox_flip(const torch::Tensor& boxes, ImageSize img_shape, std::string_view direction) {
  const bool horizontal = direction != "vertical", vertical = direction != "horizontal";
  if (horizontal && vertical && direction != "diagonal") {
    throw Error("boxes can be flipped 'horizontal', 'vertical' or 'diagonal', not '" + std::string(direction) + "'");
  }
  const torch::Tensor corners = boxes.unflatten(-1, {boxes.size(-1) / 4, 2, 2});  // (first, second) corner, (x, y)
  const auto flip = [&](std::int64_t axis, bool wanted, std::int64_t length) {
    const torch::Tensor along = corners.select(-1, axis);
    return wanted ? static_cast<double>(length) - along.flip(-1) : along;
  };
  return torch::stack({flip(0, horizontal, img_shape.width), flip(1, vertical, img_shape.height)}, -1).flatten(-3);
}

torch::Tensor bbox_mapping(const torch::Tensor& boxes, const ImageMeta& meta) {
  const torch::Tensor resized = boxes * torch::tensor(torch::ArrayRef<float>(meta.scale_factor), torch::kFloat).to(boxes);
  return meta.flip ? bbox_flip(resized, meta.img_shape, meta.flip_direction) : resized;
}

torch::Tensor bbox_mapping_back(const torch::Tensor& boxes, const ImageMeta& meta) {
  const torch::Tensor upright = meta.flip ? bbox_flip(boxes, meta.img_shape, meta.flip_direction) : boxes;
  return upright / torch::tensor(torch::ArrayRef<float>(meta.scale_factor), torch::kFloat).to(boxes);
}

torch::Tensor distance2bbox(const torch::Tensor& points, const torch::Tensor& distances) {
  const torch::Tensor xy = points.slice(-1, 0, 2);
  return torch::cat({xy - distances.slice(-1, 0, 2), xy + distances.slice(-1, 2, 4)}, -1);
}

torch::Tensor bbox2distance(const torch::Tensor& points, const torch::Tensor& boxes) {
  const torch::Tensor xy = points.slice(-1, 0, 2);
  return torch::cat({xy - boxes.slice(-1, 0, 2), boxes.slice(-1, 2, 4) - xy}, -1);
}

}  // namespace detforge
