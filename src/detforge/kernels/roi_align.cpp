#include "detforge/kernels/roi_align.h"

#include <algorithm>
#include <vector>

#include "detforge/base/parallel.h"
#include "detforge/base/simd.h"
#include "detforge/kernels/roi_align_layouts.h"

namespace detforge::kernels {
namespace {

using roi_align_detail::Region;
using roi_align_detail::regions_of;

template <class T>
[[gnu::always_inline]] inline void pool(const T* plane, std::int64_t width, const Region<T>& region, T* sums, T* __restrict output) {
  const auto begin = region.columns.begin, extent = region.columns.end - begin;
  const auto rows = static_cast<std::int64_t>(region.rows.bins.size()), columns = static_cast<std::int64_t>(region.columns.bins.size());
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto& bin = region.rows.bins[static_cast<std::size_t>(i)];
    T* __restrict sum = sums + i * extent;
    std::fill_n(sum, extent, T(0));
    for (std::size_t k = 0; k < bin.count; ++k) {
      const T weight = region.rows.weights[bin.weights + k];
      const T* row = plane + (bin.first + static_cast<std::int64_t>(k)) * width + begin;
      for (std::int64_t x = 0; x < extent; ++x) sum[x] += weight * row[x];
    }
  }
  // All rows of bins at once: their sums do not wait for each other.
  std::fill_n(output, rows * columns, T(0));
  for (std::int64_t j = 0; j < columns; ++j) {
    const auto& bin = region.columns.bins[static_cast<std::size_t>(j)];
    for (std::size_t k = 0; k < bin.count; ++k) {
      const T weight = region.columns.weights[bin.weights + k];
      const T* values = sums + (bin.first + static_cast<std::int64_t>(k) - begin);
      for (std::int64_t i = 0; i < rows; ++i) output[i * columns + j] += weight * values[i * extent];
    }
  }
}

template <class T>
[[gnu::always_inline]] inline void spread(const T* grad_output, const Region<T>& region, T* sum, std::int64_t width, T* grad_plane) {
  const auto begin = region.columns.begin, extent = region.columns.end - begin;
  for (const auto& row_bin : region.rows.bins) {
    std::fill_n(sum, extent, T(0));
    for (const auto& bin : region.columns.bins) {
      const T gradient = *grad_output++;
      T* values = sum + (bin.first - begin);
      const T* weights = region.columns.weights.data() + bin.weights;
      for (std::size_t i = 0; i < bin.count; ++i) values[i] += weights[i] * gradient;
    }
    for (std::size_t i = 0; i < row_bin.count; ++i) {
      const T weight = region.rows.weights[row_bin.weights + i];
      T* row = grad_plane + (row_bin.first + static_cast<std::int64_t>(i)) * width + begin;
      for (std::int64_t x = 0; x < extent; ++x) row[x] += weight * sum[x];
    }
  }
}

using Wide = std::int64_t;
DETFORGE_SIMD void pool_plane(const float* plane, Wide width, const Region<float>& region, float* sums, float* output) {
  pool(plane, width, region, sums, output);
}
DETFORGE_SIMD void pool_plane(const double* plane, Wide width, const Region<double>& region, double* sums, double* output) {
  pool(plane, width, region, sums, output);
}
DETFORGE_SIMD void spread_plane(const float* grad_output, const Region<float>& region, float* sum, Wide width, float* grad_plane) {
  spread(grad_output, region, sum, width, grad_plane);
}
DETFORGE_SIMD void spread_plane(const double* grad_output, const Region<double>& region, double* sum, Wide width, double* grad_plane) {
  spread(grad_output, region, sum, width, grad_plane);
}

/// Calls `work(region, plane of the feature maps, plane of the output, scratch)` for every region and channel. A few planes
/// at a time stay in the cache for all regions, and no two threads touch the same plane.
template <class T, class Work>
void for_each_plane(const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options, const Execution& execution,
                    const Work& work) {
  constexpr std::int64_t block = 4;
  const auto images = regions_of(shape, rois, options);
  const std::int64_t blocks = (shape.channels + block - 1) / block;
  parallel_for(static_cast<std::size_t>(shape.batch * blocks), execution.threads, [&](std::size_t task) {
    const auto image = static_cast<std::int64_t>(task) / blocks, first = static_cast<std::int64_t>(task) % blocks * block;
    std::pmr::vector<T> sums(static_cast<std::size_t>(options.output_height * shape.width), execution.memory);
    for (const Region<T>& region : images[static_cast<std::size_t>(image)]) {
      for (std::int64_t channel = first; channel < std::min(first + block, shape.channels); ++channel) {
        work(region, image * shape.channels + channel, static_cast<std::int64_t>(region.index) * shape.channels + channel, sums.data());
      }
    }
  });
}

}  // namespace

namespace roi_align_detail {

template <class T>
void pool_planes(std::span<const T> input, const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options,
                 std::span<T> output, const Execution& execution) {
  const std::int64_t bins = options.output_height * options.output_width;
  for_each_plane(shape, rois, options, execution, [&](const Region<T>& region, std::int64_t from, std::int64_t to, T* sums) {
    pool_plane(input.data() + from * shape.plane(), shape.width, region, sums, output.data() + to * bins);
  });
}

template <class T>
void spread_planes(std::span<const T> grad_output, const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options,
                   std::span<T> grad_input, const Execution& execution) {
  const std::int64_t bins = options.output_height * options.output_width;
  for_each_plane(shape, rois, options, execution, [&](const Region<T>& region, std::int64_t to, std::int64_t from, T* sums) {
    spread_plane(grad_output.data() + from * bins, region, sums, shape.width, grad_input.data() + to * shape.plane());
  });
}

}  // namespace roi_align_detail

template <class T>
void roi_align(std::span<const T> input, const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options,
               std::span<T> output, const Execution& execution) {
  const auto pool = shape.layout == FeatureLayout::Planes ? roi_align_detail::pool_planes<T> : roi_align_detail::pool_pixels<T>;
  pool(input, shape, rois, options, output, execution);
}

template <class T>
void roi_align_backward(std::span<const T> grad_output, const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options,
                        std::span<T> grad_input, const Execution& execution) {
  const auto spread = shape.layout == FeatureLayout::Planes ? roi_align_detail::spread_planes<T> : roi_align_detail::spread_pixels<T>;
  spread(grad_output, shape, rois, options, grad_input, execution);
}

template void roi_align(std::span<const float>, const FeatureShape&, std::span<const float>, const RoIAlignOptions&, std::span<float>,
                        const Execution&);
template void roi_align(std::span<const double>, const FeatureShape&, std::span<const double>, const RoIAlignOptions&, std::span<double>,
                        const Execution&);
template void roi_align_backward(std::span<const float>, const FeatureShape&, std::span<const float>, const RoIAlignOptions&,
                                 std::span<float>, const Execution&);
template void roi_align_backward(std::span<const double>, const FeatureShape&, std::span<const double>, const RoIAlignOptions&,
                                 std::span<double>, const Execution&);

}  // namespace detforge::kernels
