#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "detforge/kernels/execution.h"

namespace detforge::kernels {

/// Deformable convolution (arXiv 1703.06211, 1811.11168) of one image, as far as it is no matrix product: every element of the kernel
/// reads the image at its place moved by an offset of its own, between pixels, where everything outside of the image is 0.
struct DeformGeometry {
  std::int64_t channels = 0, height = 0, width = 0;  ///< of the image
  std::int64_t kernel_height = 0, kernel_width = 0;
  std::int64_t stride_height = 1, stride_width = 1;
  std::int64_t pad_height = 0, pad_width = 0;
  std::int64_t dilation_height = 1, dilation_width = 1;
  std::int64_t deform_groups = 1;  ///< groups of channels, each with its own offsets

  std::int64_t output_height() const { return output_size(height, kernel_height, stride_height, pad_height, dilation_height); }
  std::int64_t output_width() const { return output_size(width, kernel_width, stride_width, pad_width, dilation_width); }
  std::int64_t kernel_size() const { return kernel_height * kernel_width; }

 private:
  static std::int64_t output_size(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t pad, std::int64_t dilation) {
    return (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  }
};

/// Pixels of the output, counted by rows: what is done at once, so that its columns stay in the cache.
struct PixelRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

/// One image's input of the sampling. T is float or double.
template <class T>
struct DeformInput {
  std::span<const T> image;   ///< [channels, height, width]
  std::span<const T> offset;  ///< [deform_groups · kernel_size · 2, output_height, output_width]: y, then x, px
  std::span<const T> mask;    ///< [deform_groups · kernel_size, output_height, output_width], by which samples are multiplied; empty: 1
};

/// `columns` [channels · kernel_size, pixels.count] is overwritten with the samples.
template <class T>
void deform_im2col(const DeformGeometry& geometry, const DeformInput<T>& input, PixelRange pixels, std::span<T> columns,
                   const Execution& execution);

/// Adds the gradient with respect to the image to `grad_image`. `grad_columns` is as `columns` above.
template <class T>
void deform_col2im(const DeformGeometry& geometry, const DeformInput<T>& input, PixelRange pixels, std::span<const T> grad_columns,
                   std::span<T> grad_image, const Execution& execution);

/// Overwrites the pixels' gradients with respect to offsets and, where there is a mask, to the mask.
template <class T>
void deform_col2im_coordinates(const DeformGeometry& geometry, const DeformInput<T>& input, PixelRange pixels,
                               std::span<const T> grad_columns, std::span<T> grad_offset, std::span<T> grad_mask,
                               const Execution& execution);

}  // namespace detforge::kernels
