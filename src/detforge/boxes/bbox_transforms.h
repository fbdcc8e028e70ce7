#pragma once

#include <torch/torch.h>

#include <string_view>

#include "detforge/data/image_meta.h"

/// Boxes to other boxes: MMDetection's `mmdet.core.bbox.transforms`. Boxes are xyxy px unless a name says otherwise.
namespace detforge {

/// (x, y) columns limited to 0…width and 0…height of `size`: [..., 2k] of any k. NaN stays.
torch::Tensor clip_boxes(const torch::Tensor& boxes, ImageSize size);

/// [..., 4] (centre x, centre y, width, height) to corners and back.
torch::Tensor bbox_cxcywh_to_xyxy(const torch::Tensor& boxes);
torch::Tensor bbox_xyxy_to_cxcywh(const torch::Tensor& boxes);

/// [..., 4] enlarged around their centres.
torch::Tensor bbox_rescale(const torch::Tensor& boxes, double scale_factor);

/// Mirrored in an image of that size, [..., 4k]; `direction` is `horizontal`, `vertical` or `diagonal` (both).
torch::Tensor bbox_flip(const torch::Tensor& boxes, ImageSize img_shape, std::string_view direction);
/// From the original image to the network's input [..., 4], and back.
torch::Tensor bbox_mapping(const torch::Tensor& boxes, const ImageMeta& meta);
torch::Tensor bbox_mapping_back(const torch::Tensor& boxes, const ImageMeta& meta);

/// Boxes [..., 4] from points [..., 2 or more columns] and the distances (left, top, right, bottom) of their sides, and back.
torch::Tensor distance2bbox(const torch::Tensor& points, const torch::Tensor& distances);
torch::Tensor bbox2distance(const torch::Tensor& points, const torch::Tensor& boxes);

}  // namespace detforge
