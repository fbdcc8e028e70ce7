#pragma once

#include <array>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "detforge/data/image_meta.h"

namespace detforge {

/// What a pipeline hands from transform to transform: MMDetection's `results` dict. A value; copies share the pixels,
/// so a transform puts a new image in place of the old one and never writes into it.
struct Sample {
  cv::Mat image;   ///< [H, W], BGR unless a transform changed it; 8-bit, or float after `Normalize` or `to_float32`
  ImageMeta meta;  ///< `meta.filename` is what `LoadImageFromFile` reads

  /// What one transform tells a later one; empty where nobody did. Sizes are (width, height) as configs have them.
  std::optional<std::array<double, 2>> scale;  ///< the size that `Resize` aims at
  std::optional<double> wanted_scale_factor;   ///< or the factor
  bool is_resized = false;                     ///< `meta.scale_factor` holds
  std::optional<bool> flip;                    ///< whether `RandomFlip` flips

  bool is_formatted = false;           ///< the image is ready for `to_chw`
  std::vector<std::string> collected;  ///< the keys that `Collect` kept, with its own names

  /// The views that `MultiScaleFlipAug` made, in its order; the sample's own image is then the original one.
  std::vector<Sample> views;
};

/// The image as floats [C, H, W], contiguous, for a model; `chw` has C·H·W elements. Any depth; channels keep their
/// order. Throws `Error` when the sizes differ.
void to_chw(const cv::Mat& image, std::span<float> chw);
std::vector<float> to_chw(const cv::Mat& image);

}  // namespace detforge
