#include "detforge/kernels/deform_conv.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "detforge/base/parallel.h"
#include "detforge/base/simd.h"

namespace detforge::kernels {
namespace {

/// Samples of some pixels for one element of the kernel, as columns: the four pixels around each, and their weights. A pixel
/// outside of the image is replaced by the first one with weight 0.
template <class T>
struct Samples {
  std::array<std::vector<std::int32_t>, 4> place;  // in the image's plane: above left, above right, below left, below right
  std::array<std::vector<T>, 4> weight, by_y, by_x;
  std::vector<T> mask;

  explicit Samples(std::size_t count) : mask(count, T(1)) {
    for (auto& column : place) column.resize(count);
    for (auto* columns : {&weight, &by_y, &by_x}) {
      for (auto& column : *columns) column.resize(count);
    }
  }
};

/// Fills `samples` for the element `tap` of the kernel of a group; `tap` counts through the groups.
template <class T>
void find(const DeformGeometry& geometry, const DeformInput<T>& input, std::int64_t tap, PixelRange pixels, Samples<T>& samples) {
  const std::int64_t width = geometry.output_width(), plane = geometry.output_height() * width;
  const std::int64_t element = tap % geometry.kernel_size();
  const std::int64_t row = element / geometry.kernel_width, column = element % geometry.kernel_width;
  const T* offset_y = input.offset.data() + 2 * tap * plane;
  const T* offset_x = offset_y + plane;
  for (std::int64_t i = 0; i < pixels.count; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const std::int64_t pixel = pixels.first + i;
    const std::int64_t base_y = pixel / width * geometry.stride_height - geometry.pad_height + row * geometry.dilation_height;
    const std::int64_t base_x = pixel % width * geometry.stride_width - geometry.pad_width + column * geometry.dilation_width;
    const T y = static_cast<T>(base_y) + offset_y[pixel], x = static_cast<T>(base_x) + offset_x[pixel];
    const bool inside = y > -1 && x > -1 && y < static_cast<T>(geometry.height) && x < static_cast<T>(geometry.width);
    const T floor_y = inside ? std::floor(y) : T(-2), floor_x = inside ? std::floor(x) : T(-2);
    const T below = inside ? y - floor_y : T(0), right = inside ? x - floor_x : T(0);
    const auto top = static_cast<std::int64_t>(floor_y), left = static_cast<std::int64_t>(floor_x);
    for (std::size_t corner = 0; corner < 4; ++corner) {
      const bool is_below = corner >= 2, is_right = corner % 2 == 1;
      const std::int64_t corner_y = top + (is_below ? 1 : 0), corner_x = left + (is_right ? 1 : 0);
      const bool exists = corner_y >= 0 && corner_y < geometry.height && corner_x >= 0 && corner_x < geometry.width;
      const T share_y = is_below ? below : 1 - below, share_x = is_right ? right : 1 - right;
      samples.place[corner][k] = exists ? static_cast<std::int32_t>(corner_y * geometry.width + corner_x) : 0;
      samples.weight[corner][k] = exists ? share_y * share_x : T(0);
      samples.by_y[corner][k] = exists ? (is_below ? share_x : -share_x) : T(0);
      samples.by_x[corner][k] = exists ? (is_right ? share_y : -share_y) : T(0);
    }
    if (!input.mask.empty()) samples.mask[k] = input.mask[static_cast<std::size_t>(tap * plane + pixel)];
  }
}

template <class T>
[[gnu::always_inline]] inline T between(const std::array<std::vector<T>, 4>& weights, const Samples<T>& samples, const T* plane,
                                        std::size_t i) {
  T sum = 0;
  for (std::size_t corner = 0; corner < 4; ++corner) sum += weights[corner][i] * plane[samples.place[corner][i]];
  return sum;
}

template <class T>
[[gnu::always_inline]] inline void gather_of(const Samples<T>& samples, const T* plane, std::size_t count, T* __restrict values) {
  for (std::size_t i = 0; i < count; ++i) values[i] = samples.mask[i] * between(samples.weight, samples, plane, i);
}

template <class T>
struct CoordinateGradients {
  T *y, *x, *mask;  // of each pixel
};

template <class T>
[[gnu::always_inline]] inline void add_gradients_of(const Samples<T>& samples, const T* plane, const T* gradients, std::size_t count,
                                                    const CoordinateGradients<T>& sums) {
  T* __restrict by_y = sums.y;
  T* __restrict by_x = sums.x;
  T* __restrict by_mask = sums.mask;
  for (std::size_t i = 0; i < count; ++i) {
    const T masked = gradients[i] * samples.mask[i];
    by_y[i] += masked * between(samples.by_y, samples, plane, i);
    by_x[i] += masked * between(samples.by_x, samples, plane, i);
    by_mask[i] += gradients[i] * between(samples.weight, samples, plane, i);
  }
}

DETFORGE_SIMD void gather(const Samples<float>& samples, const float* plane, std::size_t count, float* values) {
  gather_of(samples, plane, count, values);
}
DETFORGE_SIMD void gather(const Samples<double>& samples, const double* plane, std::size_t count, double* values) {
  gather_of(samples, plane, count, values);
}
DETFORGE_SIMD void add_gradients(const Samples<float>& samples, const float* plane, const float* gradients, std::size_t count,
                                 const CoordinateGradients<float>& sums) {
  add_gradients_of(samples, plane, gradients, count, sums);
}
DETFORGE_SIMD void add_gradients(const Samples<double>& samples, const double* plane, const double* gradients, std::size_t count,
                                 const CoordinateGradients<double>& sums) {
  add_gradients_of(samples, plane, gradients, count, sums);
}

/// Calls `work(tap, its samples)` for every element of the kernel of every group.
template <class T, class Work>
void for_each_tap(const DeformGeometry& geometry, const DeformInput<T>& input, PixelRange pixels, const Execution& execution,
                  const Work& work) {
  parallel_for(static_cast<std::size_t>(geometry.deform_groups * geometry.kernel_size()), execution.threads, [&](std::size_t tap) {
    Samples<T> samples(static_cast<std::size_t>(pixels.count));
    find(geometry, input, static_cast<std::int64_t>(tap), pixels, samples);
    work(static_cast<std::int64_t>(tap), samples);
  });
}

/// Calls `work(channel, its row among the columns)` for the channels of the tap's group.
template <class Work>
void for_each_channel(const DeformGeometry& geometry, std::int64_t tap, const Work& work) {
  const std::int64_t channels = geometry.channels / geometry.deform_groups, group = tap / geometry.kernel_size();
  for (std::int64_t channel = group * channels; channel < (group + 1) * channels; ++channel) {
    work(channel, channel * geometry.kernel_size() + tap % geometry.kernel_size());
  }
}

}  // namespace

template <class T>
void deform_im2col(const DeformGeometry& geometry, const DeformInput<T>& input, PixelRange pixels, std::span<T> columns,
                   const Execution& execution) {
  for_each_tap(geometry, input, pixels, execution, [&](std::int64_t tap, Samples<T>& samples) {
    for_each_channel(geometry, tap, [&](std::int64_t channel, std::int64_t row) {
      const T* plane = input.image.data() + channel * geometry.height * geometry.width;
      gather(samples, plane, static_cast<std::size_t>(pixels.count), columns.data() + row * pixels.count);
    });
  });
}

template <class T>
void deform_col2im(const DeformGeometry& geometry, const DeformInput<T>& input, PixelRange pixels, std::span<const T> grad_columns,
                   std::span<T> grad_image, const Execution& execution) {
  std::vector<Samples<T>> taps(static_cast<std::size_t>(geometry.deform_groups * geometry.kernel_size()), Samples<T>(0));
  for_each_tap(geometry, input, pixels, execution,
               [&](std::int64_t tap, Samples<T>& samples) { taps[static_cast<std::size_t>(tap)] = std::move(samples); });
  const std::int64_t group_channels = geometry.channels / geometry.deform_groups;
  // No two threads add to the same channel.
  parallel_for(static_cast<std::size_t>(geometry.channels), execution.threads, [&](std::size_t channel) {
    T* plane = grad_image.data() + static_cast<std::int64_t>(channel) * geometry.height * geometry.width;
    const std::int64_t group = static_cast<std::int64_t>(channel) / group_channels;
    for (std::int64_t element = 0; element < geometry.kernel_size(); ++element) {
      const Samples<T>& samples = taps[static_cast<std::size_t>(group * geometry.kernel_size() + element)];
      const T* gradients = grad_columns.data() + (static_cast<std::int64_t>(channel) * geometry.kernel_size() + element) * pixels.count;
      for (std::size_t i = 0; i < static_cast<std::size_t>(pixels.count); ++i) {
        const T masked = gradients[i] * samples.mask[i];
        for (std::size_t corner = 0; corner < 4; ++corner) plane[samples.place[corner][i]] += samples.weight[corner][i] * masked;
      }
    }
  });
}

template <class T>
void deform_col2im_coordinates(const DeformGeometry& geometry, const DeformInput<T>& input, PixelRange pixels,
                               std::span<const T> grad_columns, std::span<T> grad_offset, std::span<T> grad_mask,
                               const Execution& execution) {
  const std::int64_t plane_size = geometry.output_height() * geometry.output_width();
  const auto count = static_cast<std::size_t>(pixels.count);
  for_each_tap(geometry, input, pixels, execution, [&](std::int64_t tap, Samples<T>& samples) {
    std::pmr::vector<T> y(count, T(0), execution.memory), x(count, T(0), execution.memory), mask(count, T(0), execution.memory);
    for_each_channel(geometry, tap, [&](std::int64_t channel, std::int64_t row) {
      const T* plane = input.image.data() + channel * geometry.height * geometry.width;
      add_gradients(samples, plane, grad_columns.data() + row * pixels.count, count, {y.data(), x.data(), mask.data()});
    });
    std::copy(y.begin(), y.end(), grad_offset.begin() + 2 * tap * plane_size + pixels.first);
    std::copy(x.begin(), x.end(), grad_offset.begin() + (2 * tap + 1) * plane_size + pixels.first);
    if (!grad_mask.empty()) std::copy(mask.begin(), mask.end(), grad_mask.begin() + tap * plane_size + pixels.first);
  });
}

template void deform_im2col(const DeformGeometry&, const DeformInput<float>&, PixelRange, std::span<float>, const Execution&);
template void deform_im2col(const DeformGeometry&, const DeformInput<double>&, PixelRange, std::span<double>, const Execution&);
template void deform_col2im(const DeformGeometry&, const DeformInput<float>&, PixelRange, std::span<const float>, std::span<float>,
                            const Execution&);
template void deform_col2im(const DeformGeometry&, const DeformInput<double>&, PixelRange, std::span<const double>, std::span<double>,
                            const Execution&);
template void deform_col2im_coordinates(const DeformGeometry&, const DeformInput<float>&, PixelRange, std::span<const float>,
                                        std::span<float>, std::span<float>, const Execution&);
template void deform_col2im_coordinates(const DeformGeometry&, const DeformInput<double>&, PixelRange, std::span<const double>,
                                        std::span<double>, std::span<double>, const Execution&);

}  // namespace detforge::kernels
