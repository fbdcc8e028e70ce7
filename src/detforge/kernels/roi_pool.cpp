#include "detforge/kernels/roi_pool.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "detforge/base/parallel.h"

namespace detforge::kernels {
namespace {

struct PixelSpan {
  std::int64_t begin, end;
};

/// The pixels of each bin along one axis.
template <class T>
std::vector<PixelSpan> bins_of(T first, T last, T scale, std::int64_t count, std::int64_t size) {
  const auto begin = static_cast<std::int64_t>(std::round(first * scale)), end = static_cast<std::int64_t>(std::round(last * scale));
  const T bin_size = static_cast<T>(std::max<std::int64_t>(end - begin + 1, 1)) / static_cast<T>(count);
  const auto inside = [&](T offset) { return std::clamp<std::int64_t>(begin + static_cast<std::int64_t>(offset), 0, size); };
  std::vector<PixelSpan> bins;
  for (std::int64_t i = 0; i < count; ++i) {
    bins.push_back({inside(std::floor(static_cast<T>(i) * bin_size)), inside(std::ceil(static_cast<T>(i + 1) * bin_size))});
  }
  return bins;
}

}  // namespace

template <class T>
void roi_pool(std::span<const T> input, const FeatureShape& shape, std::span<const T> rois, const RoIPoolOptions& options,
              std::span<T> output, std::span<std::int64_t> argmax, const Execution& execution) {
  const auto scale = static_cast<T>(options.spatial_scale);
  const auto bins = static_cast<std::size_t>(options.output_height * options.output_width);
  parallel_for(rois.size() / 5, execution.threads, [&](std::size_t k) {
    const auto roi = rois.subspan(5 * k, 5);
    const auto rows = bins_of(roi[2], roi[4], scale, options.output_height, shape.height);
    const auto columns = bins_of(roi[1], roi[3], scale, options.output_width, shape.width);
    std::size_t place = k * static_cast<std::size_t>(shape.channels) * bins;
    for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
      const T* plane = input.data() + (static_cast<std::int64_t>(roi[0]) * shape.channels + channel) * shape.plane();
      for (const PixelSpan& row : rows) {
        for (const PixelSpan& column : columns) {
          T largest = 0;
          std::int64_t at = -1;
          for (std::int64_t y = row.begin; y < row.end; ++y) {
            for (std::int64_t x = column.begin; x < column.end; ++x) {
              const T value = plane[y * shape.width + x];
              if (at >= 0 && !(value > largest)) continue;
              largest = value;
              at = y * shape.width + x;
            }
          }
          output[place] = largest;
          argmax[place++] = at;
        }
      }
    }
  });
}

template <class T>
void roi_pool_backward(std::span<const T> grad_output, const FeatureShape& shape, std::span<const T> rois, const RoIPoolOptions& options,
                       std::span<const std::int64_t> argmax, std::span<T> grad_input, const Execution& execution) {
  const std::int64_t bins = options.output_height * options.output_width;
  // No two threads add to the same channel.
  parallel_for(static_cast<std::size_t>(shape.channels), execution.threads, [&](std::size_t channel) {
    for (std::size_t k = 0; k < rois.size() / 5; ++k) {
      const auto image = static_cast<std::int64_t>(rois[5 * k]), own = static_cast<std::int64_t>(channel);
      T* plane = grad_input.data() + (image * shape.channels + own) * shape.plane();
      const std::size_t first = static_cast<std::size_t>((static_cast<std::int64_t>(k) * shape.channels + own) * bins);
      for (std::size_t i = first; i < first + static_cast<std::size_t>(bins); ++i) {
        if (argmax[i] >= 0) plane[argmax[i]] += grad_output[i];
      }
    }
  });
}

template void roi_pool(std::span<const float>, const FeatureShape&, std::span<const float>, const RoIPoolOptions&, std::span<float>,
                       std::span<std::int64_t>, const Execution&);
template void roi_pool(std::span<const double>, const FeatureShape&, std::span<const double>, const RoIPoolOptions&, std::span<double>,
                       std::span<std::int64_t>, const Execution&);
template void roi_pool_backward(std::span<const float>, const FeatureShape&, std::span<const float>, const RoIPoolOptions&,
                                std::span<const std::int64_t>, std::span<float>, const Execution&);
template void roi_pool_backward(std::span<const double>, const FeatureShape&, std::span<const double>, const RoIPoolOptions&,
                                std::span<const std::int64_t>, std::span<double>, const Execution&);

}  // namespace detforge::kernels
