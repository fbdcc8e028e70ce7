#include "detforge/kernels/roi_align.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "detforge/base/parallel.h"
#include "detforge/base/simd.h"

/// Weights of bilinear samples are products of a row's and a column's, and so are the means of a grid of them: a bin is the
/// weighted sum of a few rows, of which a few columns are summed. That spares most of the work where bins hold many samples, and
/// the sum of rows runs along memory.
namespace detforge::kernels {
namespace {

/// Along one axis: the pixels that each bin reads and what they weigh.
template <class T>
struct Axis {
  struct Bin {
    std::int64_t first = 0;   // pixel
    std::size_t weights = 0;  // place of the first weight
    std::size_t count = 0;
  };
  std::vector<Bin> bins;
  std::vector<T> weights;
  std::int64_t begin = 0, end = 0;  // pixels read by any bin

  Axis(T start, T extent, std::int64_t bin_count, std::int64_t sampling_ratio, std::int64_t size) {
    const T bin_size = extent / static_cast<T>(bin_count);
    const std::int64_t samples = sampling_ratio > 0 ? sampling_ratio : static_cast<std::int64_t>(std::ceil(bin_size));
    begin = size;
    for (std::int64_t i = 0; i < bin_count; ++i) {
      Bin& bin = bins.emplace_back();
      bin.weights = weights.size();
      for (std::int64_t s = 0; s < samples; ++s) {
        const T at = start + static_cast<T>(i) * bin_size + (static_cast<T>(s) + T(0.5)) * bin_size / static_cast<T>(samples);
        if (at >= -1 && at <= static_cast<T>(size)) sample(bin, std::max(at, T(0)), T(1) / static_cast<T>(samples), size);
      }
      bin.count = weights.size() - bin.weights;
      if (bin.count == 0) continue;
      begin = std::min(begin, bin.first);
      end = std::max(end, bin.first + static_cast<std::int64_t>(bin.count));
    }
    begin = std::min(begin, end);
  }

  /// Reads a few pixels more, so that whole vectors are read.
  void widen(std::int64_t size) {
    constexpr std::int64_t numbers_of_a_vector = 16;
    const std::int64_t extent = std::min((end - begin + numbers_of_a_vector - 1) / numbers_of_a_vector * numbers_of_a_vector, size);
    begin = std::min(begin, size - extent);
    end = begin + extent;
  }

 private:
  void sample(Bin& bin, T at, T weight, std::int64_t size) {
    const auto low = std::min(static_cast<std::int64_t>(at), size - 1);
    const T beyond = low == size - 1 ? T(0) : at - static_cast<T>(low);
    if (weights.size() == bin.weights) bin.first = low;
    const std::size_t place = bin.weights + static_cast<std::size_t>(low - bin.first);
    weights.resize(std::max(weights.size(), place + (beyond > 0 ? 2 : 1)), T(0));
    weights[place] += weight * (1 - beyond);
    if (beyond > 0) weights[place + 1] += weight * beyond;
  }
};

template <class T>
struct Region {
  std::size_t index;  // in the output
  Axis<T> rows, columns;
};

/// The regions of each image of the batch.
template <class T>
std::vector<std::vector<Region<T>>> regions_of(const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options) {
  std::vector<std::vector<Region<T>>> images(static_cast<std::size_t>(shape.batch));
  const T offset = options.aligned ? T(0.5) : T(0);
  const T scale = static_cast<T>(options.spatial_scale);
  for (std::size_t k = 0; k < rois.size() / 5; ++k) {
    const auto roi = rois.subspan(5 * k, 5);
    const T left = roi[1] * scale - offset, top = roi[2] * scale - offset;
    T width = roi[3] * scale - offset - left, height = roi[4] * scale - offset - top;
    if (!options.aligned) {
      width = std::max(width, T(1));
      height = std::max(height, T(1));
    }
    images[static_cast<std::size_t>(roi[0])].push_back({k,
                                                        Axis<T>(top, height, options.output_height, options.sampling_ratio, shape.height),
                                                        Axis<T>(left, width, options.output_width, options.sampling_ratio, shape.width)});
  }
  return images;
}

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
void for_each_plane(const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options, std::size_t threads,
                    const Work& work) {
  constexpr std::int64_t block = 4;
  const auto images = regions_of(shape, rois, options);
  const std::int64_t blocks = (shape.channels + block - 1) / block;
  parallel_for(static_cast<std::size_t>(shape.batch * blocks), threads, [&](std::size_t task) {
    const auto image = static_cast<std::int64_t>(task) / blocks, first = static_cast<std::int64_t>(task) % blocks * block;
    std::vector<T> sums(static_cast<std::size_t>(options.output_height * shape.width));
    for (const Region<T>& region : images[static_cast<std::size_t>(image)]) {
      for (std::int64_t channel = first; channel < std::min(first + block, shape.channels); ++channel) {
        work(region, image * shape.channels + channel, static_cast<std::int64_t>(region.index) * shape.channels + channel, sums.data());
      }
    }
  });
}

}  // namespace

template <class T>
void roi_align(std::span<const T> input, const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options,
               std::span<T> output, std::size_t threads) {
  const std::int64_t bins = options.output_height * options.output_width;
  for_each_plane(shape, rois, options, threads, [&](const Region<T>& region, std::int64_t from, std::int64_t to, T* sum) {
    pool_plane(input.data() + from * shape.plane(), shape.width, region, sum, output.data() + to * bins);
  });
}

template <class T>
void roi_align_backward(std::span<const T> grad_output, const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options,
                        std::span<T> grad_input, std::size_t threads) {
  const std::int64_t bins = options.output_height * options.output_width;
  for_each_plane(shape, rois, options, threads, [&](const Region<T>& region, std::int64_t to, std::int64_t from, T* sum) {
    spread_plane(grad_output.data() + from * bins, region, sum, shape.width, grad_input.data() + to * shape.plane());
  });
}

template void roi_align(std::span<const float>, const FeatureShape&, std::span<const float>, const RoIAlignOptions&, std::span<float>,
                        std::size_t);
template void roi_align(std::span<const double>, const FeatureShape&, std::span<const double>, const RoIAlignOptions&, std::span<double>,
                        std::size_t);
template void roi_align_backward(std::span<const float>, const FeatureShape&, std::span<const float>, const RoIAlignOptions&,
                                 std::span<float>, std::size_t);
template void roi_align_backward(std::span<const double>, const FeatureShape&, std::span<const double>, const RoIAlignOptions&,
                                 std::span<double>, std::size_t);

}  // namespace detforge::kernels
