#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detforge/eval/analysis/columns.h"

namespace detforge {

struct Interval {
  double low = 0;
  double high = 0;
};

/// Two results of one dataset; differences are second minus first, NaN where there is no ground truth.
struct Comparison {
  double first = 0;  ///< mean AP over the classes
  double second = 0;
  Interval difference;                ///< 95 % of the resampled differences lie in it
  std::vector<double> first_classes;  ///< [classes]
  std::vector<double> second_classes;
  std::vector<double> first_images;  ///< [images]
  std::vector<double> second_images;
};

/// The interval comes from `resamples` draws of as many images with replacement (the bootstrap), seeded; both results see the same draws.
Comparison compare_results(std::span<const Detections> first, std::span<const Detections> second, std::span<const ImageTruth> truth,
                           std::size_t classes, std::size_t resamples, std::uint32_t seed, std::size_t threads);

}  // namespace detforge
