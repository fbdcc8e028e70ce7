#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace detforge {

struct ImageSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
  friend bool operator==(const ImageSize&, const ImageSize&) = default;
};

/// What the transforms of a pipeline did to an image: MMDetection's `img_metas`. All sizes in pixels.
struct ImageMeta {
  std::string filename;                              ///< as it was read
  std::string ori_filename;                          ///< relative to the dataset's `img_prefix`
  ImageSize ori_shape;                               ///< as decoded
  ImageSize img_shape;                               ///< after resizing, before padding
  ImageSize pad_shape;                               ///< after padding
  ImageSize batch_input_shape;                       ///< of the batch that the image is part of
  std::array<float, 4> scale_factor = {1, 1, 1, 1};  ///< (x, y, x, y): resized = original × factor
  std::array<float, 4> border = {0, 0, 0, 0};        ///< top, bottom, left, right of the image within a ground that centres it
  bool flip = false;
  std::string flip_direction;  ///< `horizontal`, `vertical`, `diagonal`; empty when not flipped
};

}  // namespace detforge
