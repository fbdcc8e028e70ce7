#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "detforge/kernels/roi_align.h"

/// Weights of bilinear samples are products of a row's and a column's, and so are the means of a grid of them: a bin is the
/// weighted sum of a few rows, of which a few columns are summed. That spares most of the work where bins hold many samples, and
/// the sum of rows runs along memory. Shared by the kernels of both layouts.
namespace detforge::kernels::roi_align_detail {

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

}  // namespace detforge::kernels::roi_align_detail
