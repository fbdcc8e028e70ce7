#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "detforge/data/masks/rle.h"
#include "detforge/kernels/execution.h"

/// From the small probability map that a mask head gives for a box to the mask of the whole image, as MMDetection's `_do_paste_mask` does
/// it on the CPU: bilinear samples at pixel centres, zeros around the map, and nothing farther than a pixel outside of the box.
namespace detforge::kernels {

/// N square-ish maps of probabilities, one for each box.
struct MaskMaps {
  std::span<const float> values;  ///< [N, height, width]
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::span<const std::array<float, 4>> boxes;  ///< [N] xyxy, px of the image
};

/// The masks [image_height, image_width] of the pixels whose probability is at least `threshold`. A box without width or height
/// shows the middle of its map. Throws `Error` for an image larger than any mask.
std::vector<Rle> paste_masks(const MaskMaps& maps, std::uint32_t image_height, std::uint32_t image_width, float threshold,
                             const Execution& execution);

/// The probabilities themselves of one map, [image_height, image_width] by rows.
std::vector<float> paste_probabilities(const MaskMaps& maps, std::size_t index, std::uint32_t image_height, std::uint32_t image_width);

}  // namespace detforge::kernels
