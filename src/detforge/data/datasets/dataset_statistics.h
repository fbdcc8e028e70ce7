#pragma once

#include <array>
#include <string>
#include <vector>

#include "detforge/data/datasets/dataset.h"

namespace detforge {

/// Least, 5 %, half, 95 % and greatest of some numbers; all 0 where there are none.
using Quantiles = std::array<double, 5>;

/// Sorts its copy. Between two numbers the nearest lower one counts, so that each was among them.
Quantiles quantiles(std::vector<double> numbers);

/// How many numbers lie in which range.
struct Histogram {
  std::vector<std::string> ranges;  ///< `16-32`
  std::vector<std::size_t> counts;
};

/// What a dataset holds.
struct DatasetStatistics {
  struct Class {
    std::string name;
    std::size_t objects = 0;
    std::size_t images = 0;  ///< with at least one of them
  };

  std::size_t images = 0;
  std::size_t empty_images = 0;  ///< without an object
  std::size_t objects = 0;
  std::size_t ignored = 0;
  std::vector<Class> classes;                    ///< by label
  std::size_t small = 0, medium = 0, large = 0;  ///< boxes, by COCO's borders of area, 32² and 96² px
  Quantiles image_width{}, image_height{};       ///< px
  Quantiles box_width{}, box_height{};           ///< px
  Quantiles objects_per_image{};
  Histogram box_sizes;      ///< by the square root of the area, px
  Histogram aspect_ratios;  ///< width to height
};

DatasetStatistics statistics_of(const Dataset& dataset);

}  // namespace detforge
