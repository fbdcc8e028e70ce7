#pragma once

#include <torch/torch.h>

#include <span>
#include <vector>

#include "detforge/data/image_meta.h"

/// What anchor-based heads do with the priors of an image before and after they are assigned.
namespace detforge {

/// Which of the valid anchors [N, 4] lie in the image, up to `allowed_border` px outside of it; a negative border lets all pass.
torch::Tensor anchor_inside_flags(const torch::Tensor& anchors, const torch::Tensor& valid_flags, ImageSize img_shape,
                                  double allowed_border = 0);

/// `data` [n, ...] of the places where `flags` [N] is true, and `fill` at the others: [N, ...].
torch::Tensor unmap(const torch::Tensor& data, const torch::Tensor& flags, double fill = 0);

/// One tensor [N, ...] per image, its levels one after the other, to one tensor [images, n_i, ...] per level.
std::vector<torch::Tensor> images_to_levels(std::span<const torch::Tensor> per_image, std::span<const std::int64_t> num_level_priors);

}  // namespace detforge
