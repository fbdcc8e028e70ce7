#include <array>

#include "detforge/base/parallel.h"
#include "detforge/base/simd.h"
#include "detforge/kernels/roi_align_layouts.h"

/// All loops run over the channels of a pixel, some of them at a time so that a region's sums stay in the first level of the cache.
namespace detforge::kernels::roi_align_detail {
namespace {

constexpr std::int64_t channels_at_once = 64;

/// Some channels of one image, and of one region's bins.
template <class T>
struct Part {
  T* image;             // the first channel of the first pixel
  std::int64_t width;   // of the map
  std::int64_t stride;  // from pixel to pixel
  std::int64_t channels;
};

template <class T>
[[gnu::always_inline]] inline void add_scaled(T* __restrict sum, const T* values, T weight, std::int64_t count) {
  for (std::int64_t c = 0; c < count; ++c) sum[c] += weight * values[c];
}

template <class T>
[[gnu::always_inline]] inline void pool(const Part<const T>& part, const Region<T>& region, T* sums, T* output) {
  const auto begin = region.columns.begin, extent = region.columns.end - begin;
  const auto bins = static_cast<std::int64_t>(region.rows.bins.size() * region.columns.bins.size());
  std::array<T, channels_at_once> total;
  for (const auto& row_bin : region.rows.bins) {
    std::fill_n(sums, extent * part.channels, T(0));
    for (std::size_t k = 0; k < row_bin.count; ++k) {
      const T weight = region.rows.weights[row_bin.weights + k];
      const T* pixel = part.image + ((row_bin.first + static_cast<std::int64_t>(k)) * part.width + begin) * part.stride;
      for (std::int64_t x = 0; x < extent; ++x) add_scaled(sums + x * part.channels, pixel + x * part.stride, weight, part.channels);
    }
    for (const auto& bin : region.columns.bins) {
      total.fill(0);
      for (std::size_t k = 0; k < bin.count; ++k) {
        const T* values = sums + (bin.first + static_cast<std::int64_t>(k) - begin) * part.channels;
        add_scaled(total.data(), values, region.columns.weights[bin.weights + k], part.channels);
      }
      for (std::int64_t c = 0; c < part.channels; ++c) output[c * bins] = total[static_cast<std::size_t>(c)];
      ++output;
    }
  }
}

template <class T>
[[gnu::always_inline]] inline void spread(const T* grad_output, const Region<T>& region, T* sums, const Part<T>& part) {
  const auto begin = region.columns.begin, extent = region.columns.end - begin;
  const auto bins = static_cast<std::int64_t>(region.rows.bins.size() * region.columns.bins.size());
  std::array<T, channels_at_once> gradient;
  for (const auto& row_bin : region.rows.bins) {
    std::fill_n(sums, extent * part.channels, T(0));
    for (const auto& bin : region.columns.bins) {
      for (std::int64_t c = 0; c < part.channels; ++c) gradient[static_cast<std::size_t>(c)] = grad_output[c * bins];
      ++grad_output;
      for (std::size_t k = 0; k < bin.count; ++k) {
        T* values = sums + (bin.first + static_cast<std::int64_t>(k) - begin) * part.channels;
        add_scaled(values, gradient.data(), region.columns.weights[bin.weights + k], part.channels);
      }
    }
    for (std::size_t k = 0; k < row_bin.count; ++k) {
      const T weight = region.rows.weights[row_bin.weights + k];
      T* pixel = part.image + ((row_bin.first + static_cast<std::int64_t>(k)) * part.width + begin) * part.stride;
      for (std::int64_t x = 0; x < extent; ++x) add_scaled(pixel + x * part.stride, sums + x * part.channels, weight, part.channels);
    }
  }
}

DETFORGE_SIMD void pool_part(const Part<const float>& part, const Region<float>& region, float* sums, float* output) {
  pool(part, region, sums, output);
}
DETFORGE_SIMD void pool_part(const Part<const double>& part, const Region<double>& region, double* sums, double* output) {
  pool(part, region, sums, output);
}
DETFORGE_SIMD void spread_part(const float* grad_output, const Region<float>& region, float* sums, const Part<float>& part) {
  spread(grad_output, region, sums, part);
}
DETFORGE_SIMD void spread_part(const double* grad_output, const Region<double>& region, double* sums, const Part<double>& part) {
  spread(grad_output, region, sums, part);
}

}  // namespace

template <class T>
void pool_pixels(std::span<const T> input, const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options,
                 std::span<T> output, const Execution& execution) {
  const auto images = regions_of(shape, rois, options);
  const std::int64_t bins = options.output_height * options.output_width;
  for (std::size_t image = 0; image < images.size(); ++image) {
    const T* pixels = input.data() + static_cast<std::int64_t>(image) * shape.channels * shape.plane();
    parallel_for(images[image].size(), execution.threads, [&](std::size_t i) {
      const Region<T>& region = images[image][i];
      std::pmr::vector<T> sums(static_cast<std::size_t>((region.columns.end - region.columns.begin) * channels_at_once), execution.memory);
      for (std::int64_t first = 0; first < shape.channels; first += channels_at_once) {
        const Part<const T> part{pixels + first, shape.width, shape.channels, std::min(channels_at_once, shape.channels - first)};
        pool_part(part, region, sums.data(), output.data() + (static_cast<std::int64_t>(region.index) * shape.channels + first) * bins);
      }
    });
  }
}

template <class T>
void spread_pixels(std::span<const T> grad_output, const FeatureShape& shape, std::span<const T> rois, const RoIAlignOptions& options,
                   std::span<T> grad_input, const Execution& execution) {
  const auto images = regions_of(shape, rois, options);
  const std::int64_t bins = options.output_height * options.output_width;
  const std::int64_t parts = (shape.channels + channels_at_once - 1) / channels_at_once;
  // No two threads add to the same channel.
  parallel_for(images.size() * static_cast<std::size_t>(parts), execution.threads, [&](std::size_t task) {
    const auto image = static_cast<std::int64_t>(task) / parts, first = static_cast<std::int64_t>(task) % parts * channels_at_once;
    const Part<T> part{grad_input.data() + image * shape.channels * shape.plane() + first, shape.width, shape.channels,
                       std::min(channels_at_once, shape.channels - first)};
    std::pmr::vector<T> sums(static_cast<std::size_t>(shape.width * channels_at_once), execution.memory);
    for (const Region<T>& region : images[static_cast<std::size_t>(image)]) {
      spread_part(grad_output.data() + (static_cast<std::int64_t>(region.index) * shape.channels + first) * bins, region, sums.data(),
                  part);
    }
  });
}

template void pool_pixels(std::span<const float>, const FeatureShape&, std::span<const float>, const RoIAlignOptions&, std::span<float>,
                          const Execution&);
template void pool_pixels(std::span<const double>, const FeatureShape&, std::span<const double>, const RoIAlignOptions&, std::span<double>,
                          const Execution&);
template void spread_pixels(std::span<const float>, const FeatureShape&, std::span<const float>, const RoIAlignOptions&, std::span<float>,
                            const Execution&);
template void spread_pixels(std::span<const double>, const FeatureShape&, std::span<const double>, const RoIAlignOptions&,
                            std::span<double>, const Execution&);

}  // namespace detforge::kernels::roi_align_detail
